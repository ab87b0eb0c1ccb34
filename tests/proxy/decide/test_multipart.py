"""Multipart: parts count, boundaries do not."""

from __future__ import annotations

import httpx
import pytest
import requests

from wiretape.proxy.decide.canonical import Canonical, canonical
from wiretape.proxy.decide.multipart import canonical_multipart, parts
from wiretape.store.interaction import Request


def lines(*found: str) -> bytes:
    """Lines as HTTP ends them."""
    return "\r\n".join(found).encode()


def upload(boundary: str, *, content: str = "hello", filename: str = "a.txt", kind: str = "text/plain") -> bytes:
    """A form with one field and one file."""
    return lines(
        f"--{boundary}",
        'Content-Disposition: form-data; name="purpose"',
        "",
        "vector_store",
        f"--{boundary}",
        f'Content-Disposition: form-data; name="file"; filename="{filename}"',
        f"Content-Type: {kind}",
        "",
        content,
        f"--{boundary}--",
        "",
    )


def form(body: bytes, content_type: str) -> Canonical:
    """The canonical form of an upload."""
    headers = ((b"content-type", content_type.encode()),)
    return canonical(
        Request(method="POST", scheme="https", host="h", port=443, target="/files", headers=headers, body=body), "api"
    )


def test_parts_are_read_back() -> None:
    """Each part has its headers, its size and its digest."""
    packed = canonical_multipart(upload("b"), b"multipart/form-data; boundary=b")
    assert packed
    purpose, file = parts(packed)
    assert (purpose.name, purpose.size, len(purpose.digest)) == ("purpose", 12, 16)
    assert file.headers == (
        (b"content-disposition", b'form-data; filename="a.txt"; name="file"'),
        (b"content-type", b"text/plain"),
    )


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data; boundary=52be9b8bbdd29258c57ac5ce0586fb45",
        'Multipart/Form-Data; charset=utf-8; Boundary = "52be9b8bbdd29258c57ac5ce0586fb45"',
        "multipart/form-data",
        "multipart/form-data; boundary=another",
        "application/json",
        "text/plain",
        "",
    ],
)
def test_the_boundary_does_not_count(content_type: str) -> None:
    """Neither by its value nor by whether the content type names it: one client sends uploads as application/json."""
    expected = form(upload("cd4d602b79ea5d9752059256c5a569e4"), "application/json")
    assert expected.body_kind == "multipart"
    assert form(upload("52be9b8bbdd29258c57ac5ce0586fb45"), content_type) == expected


@pytest.mark.parametrize(
    "respelled",
    [
        upload("b").replace(b"Content-Type:", b"content-type :".replace(b" ", b"")),
        upload("b").replace(b"Content-Type: text/plain", b"CONTENT-TYPE:   text/plain \t"),
        upload("b").replace(b'name="file"; filename="a.txt"', b'filename=a.txt;Name="file"'),
        upload("b").replace(b'form-data; name="purpose"', b"Form-Data ; name = purpose"),
        upload("b").replace(b"--b\r\n", b"--b \t\r\n"),
        upload("b").removesuffix(b"\r\n"),
    ],
)
def test_other_spellings_of_the_same_parts_are_the_same(respelled: bytes) -> None:
    """The case of header names, space around values, the order and quoting of a disposition's parameters."""
    assert form(respelled, "multipart/form-data; boundary=b") == form(upload("c"), "multipart/form-data; boundary=c")


@pytest.mark.parametrize(
    "other",
    [
        upload("b", content="hello "),
        upload("b", content="hello\r\n"),
        upload("b", filename="A.txt"),
        upload("b", kind="text/csv"),
        upload("b").replace(b'"purpose"', b'"reason"'),
        upload("b").replace(b"vector_store", b""),
        upload("b").replace(b"\r\nContent-Type: text/plain", b""),
        upload("b").replace(b'name="file"; filename="a.txt"', b'name="file"'),
        lines("--b", *upload("b").decode().split("\r\n")[5:]),
        lines(*upload("b").decode().split("\r\n")[4:9], *upload("b").decode().split("\r\n")[:4], "--b--"),
    ],
)
def test_other_parts_are_another_request(other: bytes) -> None:
    """Content, file name, part headers, the number of parts and their order count."""
    kind = "multipart/form-data; boundary=b"
    assert form(other, kind) != form(upload("b"), kind)


def test_a_retry_that_lost_its_form_fields_is_another_request() -> None:
    """The SDK's second attempt sends the file alone, since the fields were consumed by the first."""

    def attempt(boundary: str, *fields: str) -> Canonical:
        texts = [
            line
            for name in fields
            for line in (f"--{boundary}", f'Content-Disposition: form-data; name="{name}"', "", "{}")
        ]
        file = [
            f"--{boundary}",
            'Content-Disposition: form-data; name="file"; filename="a.txt"',
            "Content-Type: text/plain",
            "",
            "hello",
            f"--{boundary}--",
            "",
        ]
        return form(lines(*texts, *file), f"multipart/form-data; boundary={boundary}")

    first = attempt("aaaa", "schema", "organization_id")
    assert attempt("bbbb") != first
    assert attempt("bbbb") == attempt("cccc")
    assert attempt("dddd", "schema", "organization_id") == first


@pytest.mark.parametrize(
    "malformed",
    [
        upload("b").replace(b"--b--", b"--b"),
        upload("b").replace(b"\r\n", b"\n"),
        b"preamble\r\n" + upload("b"),
        upload("b") + b"epilogue",
        upload("b") + upload("b"),
        upload("b").replace(b"hello", b"hello\r\n--bother"),
        upload("b").replace(b"Content-Type: text/plain", b"no colon"),
        upload("b").replace(b"Content-Type: text/plain", b" folded: text/plain"),
        upload("b").replace(b"Content-Type: text/plain", b": nameless"),
        b"--b--",
        b"--",
        b"--\r\n----",
        b"--b\r\n",
    ],
)
def test_malformed_multipart_counts_by_its_bytes(malformed: bytes) -> None:
    """Best effort, never fatal."""
    found = form(malformed, "multipart/form-data")
    assert (found.body_kind, found.body) == ("bytes", malformed)


def test_odd_but_well_formed_parts() -> None:
    """No parts, a part without headers, one without content, dashes in the boundary, bytes that are no text."""
    declared = b"multipart/mixed; boundary=b"
    assert canonical_multipart(b"--b--\r\n", declared)
    packed = canonical_multipart(b"--b\r\n\r\n\xff\x00\r\n--b\r\na: \xff\r\n\r\n--b\r\n\r\n\r\n--b--", declared)
    assert packed
    assert [(part.headers, part.size, part.name) for part in parts(packed)] == [
        ((), 2, None),
        (((b"a", b"\xff"),), 0, None),
        ((), 0, None),
    ]
    assert form(upload("----WebKitFormBoundary7MA4YWxk"), "text/plain") == form(upload("b"), "text/plain")


def test_clients_draw_a_new_boundary_each_time() -> None:
    """Two builds of one upload by httpx, and by requests, have different bytes and one form."""

    def by_httpx() -> Canonical:
        built = httpx.Request(
            "POST", "http://h/f", data={"purpose": "x"}, files={"file": ("ü.txt", b"hi", "text/plain")}
        )
        return form(built.read(), built.headers["content-type"])

    def by_requests() -> Canonical:
        built = requests.Request(
            "POST", "http://h/f", data={"purpose": "x"}, files={"file": ("a.txt", b"hi", "text/plain")}
        ).prepare()
        assert isinstance(built.body, bytes)
        return form(built.body, built.headers["content-type"])

    assert by_httpx().body_kind == by_requests().body_kind == "multipart"
    assert by_httpx() == by_httpx()
    assert by_requests() == by_requests()
