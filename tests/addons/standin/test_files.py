"""Files: uploads that arrive intact, downloads of any size, ranges."""

from __future__ import annotations

import hashlib
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from wiretape.addons.standin import downloads
from wiretape.addons.standin.multipart import PartReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.addons.standin.conftest import Raw
    from wiretape.addons.standin import StandIn

_ORG = "/v1/organizations/org_1"
_CONTENT = bytes(range(256)) * 300 + b"\r\n--no boundary\r\n--"


def test_upload_echo(client: httpx.Client) -> None:
    """Name, size and digest of each file part come back."""
    files = [("files", ("ä.bin", _CONTENT, "application/x-odd")), ("files", ("b.txt", b"", "text/plain"))]
    answer = client.post(f"{_ORG}/files/upload", files=files).json()
    first, second = answer["files"]
    assert first["original_filename"] == "ä.bin"
    assert first["file_size"] == len(_CONTENT)
    assert first["sha256"] == hashlib.sha256(_CONTENT).hexdigest()
    assert first["mime_type"] == "application/x-odd"
    assert second["file_size"] == 0
    assert answer["total_uploaded"] == 2
    assert client.get(f"{_ORG}/files/{first['id']}").json()["file_size"] == len(_CONTENT)
    assert client.delete(f"{_ORG}/files/{first['id']}").status_code == 204
    assert client.get(f"{_ORG}/files/{first['id']}").json()["error"]["code"] == "FILE_NOT_FOUND"


def test_multipart_without_a_boundary_in_its_header(client: httpx.Client) -> None:
    """An old client sends multipart as JSON and names its boundary nowhere; the body itself tells it."""
    body = (
        b'--cd4d\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nvector_store\r\n'
        b'--cd4d\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n'
        b"Content-Type: text/plain\r\n\r\nhello\r\n--cd4d--\r\n"
    )
    answer = client.post(f"{_ORG}/files", content=body, headers={"Content-Type": "application/json"}).json()
    assert (answer["name"], answer["size"], answer["purpose"]) == ("a.txt", 5, "vector_store")


def test_upload_in_pieces_of_any_size() -> None:
    """The reader finds the same parts however the body is cut."""
    body = b'--x\r\ncontent-disposition: form-data; name="f"; filename="n"\r\n\r\na\r\n--y\r\n--\r\n--x--\r\n'
    for size in range(1, len(body) + 1):
        reader = PartReader(b"x")
        for at in range(0, len(body), size):
            reader.feed(body[at : at + size])
        assert [(part.name, part.filename, part.start) for part in reader.parts] == [("f", "n", b"a\r\n--y\r\n--")]


def test_big_upload(client: httpx.Client, standin: StandIn) -> None:
    """An upload of any size is counted and digested; only its beginning is kept."""
    piece = bytes(1024 * 1024)

    def body() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="big"\r\n\r\n'
        for _ in range(20):
            yield piece
        yield b"\r\n--x--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    (file,) = client.post(f"{_ORG}/files/upload", content=body(), headers=headers).json()["files"]
    assert file["file_size"] == 20 * 1024 * 1024
    assert file["sha256"] == hashlib.sha256(piece * 20).hexdigest()
    assert len(standin.requests[0].body) == 16 * 1024 * 1024 < standin.requests[0].size


def test_upload_without_a_file(client: httpx.Client) -> None:
    """A form without a file is refused."""
    assert client.post(f"{_ORG}/files/upload", content=b"{}").status_code == 422


def test_signed_download(client: httpx.Client) -> None:
    """The content's address is absolute, and what lies there holds every byte value; without a token it is denied."""
    address = client.get(f"{_ORG}/files/file_1/content").json()["download_url"]
    assert address.startswith(str(client.base_url).rstrip("/"))
    answer = client.get(address)
    assert set(answer.content) == set(range(256))
    assert answer.headers["cache-control"] == "private, max-age=3600"
    assert client.get(f"{_ORG}/files/file_1/download").status_code == 403
    assert set(client.get("/v1/files/s/secret/a.bin").content) == set(range(256))


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [("bytes=0-99", 0, 100), ("bytes=4090-4105", 4090, 4106), ("bytes=5000-", 5000, 5120), ("bytes=-7", 5113, 5120)],
)
def test_ranges(client: httpx.Client, asked: str, start: int, stop: int) -> None:
    """A range gets its part of this answer's content."""
    answer = client.get("/v1/files/s/secret/a.bin", headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/5120"
    n = int(answer.headers["x-request-id"].removeprefix("req_"))
    assert answer.content == b"".join(downloads.content(n, 0, 5120))[start:stop]


@pytest.mark.parametrize("asked", ["bytes=5120-", "bytes=9-3", "bytes=-0"])
def test_range_outside(client: httpx.Client, asked: str) -> None:
    """A range outside the content gets a 416 that tells the size."""
    answer = client.get("/v1/files/s/secret/a.bin", headers={"Range": asked})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == "bytes */5120"


def test_big_download_starts_at_once(raw: Raw) -> None:
    """The first bytes of a terabyte can be read: it is made as it is sent."""
    with raw.connect() as connection:
        target = f"{_ORG}/files/big/download?bytes={2**40}"
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        received = connection.recv(65536)
    assert b"Content-Length: 1099511627776\r\n" in received


def test_big_download_takes_no_memory(client: httpx.Client) -> None:
    """A download of 32 MiB is whole and never in memory as a whole."""
    size = 32 * 1024 * 1024
    digest = hashlib.sha256()
    tracemalloc.start()
    with client.stream("GET", f"{_ORG}/files/big/download", params={"bytes": size}) as answer:
        for piece in answer.iter_raw():
            digest.update(piece)
        n = int(answer.headers["x-request-id"].removeprefix("req_"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < size / 8
    assert digest.hexdigest() == hashlib.sha256(downloads.page(n) * (size // 4096)).hexdigest()
