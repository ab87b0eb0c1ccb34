"""What once got through, and does not any more: large parts of secrets count as much as the whole."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, unquote

import msgspec
import pytest

from wiretape.proxy.decide.redact import Redactor
from wiretape.proxy.decide.redaction.bodies import Body, redacted
from wiretape.proxy.decide.redaction.finds import joined
from wiretape.proxy.decide.redaction.redactor import Numbered
from wiretape.store.interaction import Request, ResponseHead

ODD = "aB3/dE+g h\"i&j=k?l#m;n%o\\p<q'r\x7fé9Z"


def clean(redactor: Redactor, body: bytes, kind: bytes = b"application/json") -> bytes:
    """A whole body as it is stored."""
    return redacted(body, kind, redactor.scope(), Numbered(redactor, answer=True))


@pytest.mark.parametrize(
    ("before", "behind"),
    [("/v1/files/s/", "/a%20name.txt"), ("/gw/v1/files/s/", "/x?y=1"), ("/v1/%66iles/s/", "/x")],
)
def test_what_is_encoded_ends_no_segment(before: str, behind: str) -> None:
    """A token with a slash or a blank in it is one segment, and is known in its other spellings from then on."""
    redactor = Redactor()
    assert redactor.target(before + quote(ODD, safe="") + behind) == f"{before}REDACTED-token-1{behind}"
    assert clean(redactor, json.dumps({"said": ODD}).encode()).startswith(b'{"said": "REDACTED-token-1-x')
    assert redactor.count == 1


@pytest.mark.parametrize("name", ["said", "download_url"])
def test_an_addresses_secret_is_known_as_it_is_meant(name: str) -> None:
    """In an address it is encoded; elsewhere it may not be."""
    redactor = Redactor()
    address = f"https://h/x?token={quote(ODD, safe='')}&y=1"
    assert b"/x?token=REDACTED-token-1-" in clean(redactor, json.dumps({name: address}).encode())
    written = clean(redactor, json.dumps({"said": ODD}).encode())
    assert written.startswith(b'{"said": "REDACTED-token-1-x')


def test_what_looks_like_a_key_is_known_in_base64() -> None:
    """Wherever it stood."""
    redactor = Redactor()
    key = b"sk-abcdefghijklmnopqrstuvwx"
    written = clean(redactor, b'{"say": "%s"}' % key + b'{"packed": "%s"}' % base64.b64encode(b"x" + key))
    assert b'{"packed": "eREDACTED-key-1-x' in written


def test_a_reason_holds_no_secret() -> None:
    """Servers put texts there."""
    redactor = Redactor()
    redactor.memory.learn(b"this-value-was-seen", "key")
    head = ResponseHead(status=401, reason="this-value-was-seen is no key", headers=())
    assert redactor.response(head) == (msgspec.structs.replace(head, reason="REDACTED-key-1 is no key"), True)


FORM = b"application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("form", "written"),
    [
        (b"password=hunter2", b"password=REDACTED-password-1"),
        (b"password=hunter2&x=1", b"password=REDACTED-password-1&x=1"),
        (b"x=1&pass%77ord=hunter2", b"x=1&pass%77ord=REDACTED-password-1"),
        (b"user[password]=hunter2&token[]=ab&a[b][api_key]=c&x[0]=d", None),
        (
            b"next=https%3A%2F%2Fh%2F%3Ftoken%3Dhunter2%26b%3D1",
            b"next=https%3A%2F%2Fh%2F%3Ftoken%3DREDACTED-token-1%26b%3D1",
        ),
        (b"to=%2Fv1%2Ffiles%2Fs%2Fsegment%2Fname", b"to=%2Fv1%2Ffiles%2Fs%2FREDACTED-token-1%2Fname"),
        (
            b"filter=%7B%22password%22%3A%22hunter2%22%2C%22a%22%3A1%7D",
            b"filter=%7B%22password%22%3A%22REDACTED-password-1%22%2C%22a%22%3A1%7D",
        ),
        (b"f=%7B%22password%22%3A1234%7D", b"f=%7B%22password%22%3A%22REDACTED-password-1%22%7D"),
        (b'f={"password":"hunter2"}', b'f={"password":"REDACTED-password-1"}'),
    ],
)
def test_forms_and_queries(form: bytes, written: bytes | None) -> None:
    """A secret first among the fields, in a field of fields, in an address or JSON within a field."""
    if written is None:
        written = b"user[password]=REDACTED-password-1&token[]=REDACTED-token-2&a[b][api_key]=REDACTED-key-3&x[0]=d"
    for kind in (FORM, b""):
        redactor = Redactor()
        assert redacted(form, kind, redactor.scope(), Numbered(redactor)) == written
    assert Redactor().target("/v1/x?" + form.decode()) == "/v1/x?" + written.decode()
    body = Body(FORM, Redactor().scope(), Numbered(Redactor()))
    assert joined(body.feed(form[:5]) + body.feed(form[5:]) + body.end()) == written


@pytest.mark.parametrize("form", [b"a=b&c=%20&d", b"q=%3F&tokens=5&max_tokens=%7B", b"x=%7B%22a%22%3A1%7D", b"%"])
def test_forms_without_secrets(form: bytes) -> None:
    """No byte changes."""
    assert clean(Redactor(), form, FORM) == form
    assert clean(Redactor(), form, b"") == form


@pytest.mark.parametrize("name", ["code", "state", "error_description"])
def test_an_oauth_answers_address_in_a_text(name: str) -> None:
    """A message may quote it, and so may a body; where it is no such address, these are plain words."""
    redactor = Redactor()
    text = f"GET https://h/v1/auth/google/callback?x=1&{name}=not-for-you&y=2 failed; https://h/a?{name}=fine"
    kind = {"error_description": "secret"}.get(name, name)
    expected = text.replace("not-for-you", f"REDACTED-{kind}-1")
    assert redactor.clean(text) == expected
    assert f"callback?x=1&{name}=REDACTED-".encode() in clean(redactor, json.dumps({"said": text}).encode())


KEY = "Zq8wRt5yUi2oPa7sDf"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcDEF"


@pytest.mark.parametrize("escape", ["\\n", "\\t", "\\r", "\\b", "\\f", "\\u000a", "\\u000D", "\\\\n"])
@pytest.mark.parametrize("value", [f"sk-{KEY}", f"oak_live_{KEY}", f"ak_{KEY * 3}", JWT])
def test_a_key_behind_an_escape(escape: str, value: str) -> None:
    """The letter of an escape is no part of the word behind it: in JSON, in events, in messages, in any text."""
    body = f'{{"t":"a{escape}{value} b"}}'
    for kind in (b"application/json", b"text/plain"):
        if kind == b"application/json" or "u" not in escape:
            assert value.encode() not in clean(Redactor(), body.encode(), kind)
    assert value.encode() not in clean(Redactor(), f"data: {body}\n\n".encode(), b"text/event-stream")
    assert value not in Redactor().clean(f"refused: {body}")


def test_a_key_behind_an_escape_in_a_long_text() -> None:
    """However the text is cut: what stands before a key is looked at with it."""
    text = b"x" * 65536 + b"\\nsk-" + KEY.encode() + b" end"
    for size in (1, 7, 16384, 32769, 65537, 65538, 65539):
        redactor = Redactor()
        body = Body(b"text/plain", redactor.scope(), Numbered(redactor))
        pieces = [text[:60000], *[text[at : at + size] for at in range(60000, len(text), size)]]
        written = joined([segment for piece in pieces for segment in body.feed(piece)] + body.end())
        assert KEY.encode() not in written, size


BOM = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (b"text/event-stream", BOM + b'data: {"password":"%s"}\n\n'),
        (b"text/plain", BOM + b'data: {"password":"%s"}\n\n'),
        (b"text/plain", BOM + b'{"password":"%s"}'),
        (b"application/octet-stream", BOM + b' \n{"password":"%s"}'),
        (b"", BOM + b'{"password":"%s"}'),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 5, 1000])
def test_behind_a_byte_order_mark(kind: bytes, body: bytes, size: int) -> None:
    """Streams and JSON may begin with one."""
    text = body % b"hunter2"
    redactor = Redactor()
    stream = Body(kind, redactor.scope(), Numbered(redactor))
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    written = joined([segment for piece in pieces for segment in stream.feed(piece)] + stream.end())
    assert written == body % b"REDACTED-password-1"


@pytest.mark.parametrize("name", ["user[password]", "password[]", "users[0][password]"])
def test_a_part_that_is_a_field_of_fields(name: str) -> None:
    """As in forms."""
    text = f'--X\r\nContent-Disposition: form-data; name="{name}"\r\n\r\nhunter2\r\n--X--\r\n'.encode()
    assert b"hunter2" not in clean(Redactor(), text, b"multipart/form-data; boundary=X")


@pytest.mark.parametrize(
    ("target", "written"),
    [
        ("/x#access_token={}", "/x#access_token=REDACTED-token-1"),
        ("/v1/auth/google/callback/?code={}", "/v1/auth/google/callback/?code=REDACTED-code-1"),
        ("/x?x-goog-signature={}", "/x?x-goog-signature=REDACTED-secret-1"),
        ("/x?X-Goog-Credential={}", "/x?X-Goog-Credential=REDACTED-credential-1"),
    ],
)
def test_addresses(target: str, written: str) -> None:
    """Behind a number sign, behind a slash too many, of a foreign storage: in a target and in any text."""
    assert Redactor().target(target.format(KEY)) == written
    assert KEY not in Redactor().clean(f"see https://h{target.format(KEY)} or not")
    assert KEY.encode() not in clean(Redactor(), json.dumps({"said": f"https://h{target.format(KEY)}"}).encode())
    redactor = Redactor()
    headers = redactor.headers(
        ((b"Location", f"https://h{target}".format(KEY).encode()),), redactor.scope(), Numbered(redactor)
    )
    assert KEY.encode() not in headers[0][1]


@pytest.mark.parametrize("name", ["redirect_uri", "redirectUri", "callback_url", "redirect_url"])
def test_an_address_that_ends_an_oauth_exchange(name: str) -> None:
    """By the name of its field."""
    assert KEY.encode() not in clean(Redactor(), json.dumps({name: f"https://h/x?a=1&code={KEY}"}).encode())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Authorization", "Custom {}"),
        ("Authorization", 'Token token="{}"'),
        ("Authorization", "Token token={}"),
        ("Authorization", 'Custom a="b", api_key="{}", c=d'),
        ("Authorization", "token={}"),
        ("X-API-Key", '"{}"'),
        ("X-API-Key", "Key {}"),
        ("Cookie", 'a="{}"; b=c'),
        ("Set-Cookie", 'a="{}"; Path=/'),
    ],
)
def test_a_bare_key_is_known(name: str, value: str) -> None:
    """Whatever stood around it where it was seen: another header may repeat it, and a body."""
    redactor = Redactor()
    headers = ((name.encode(), value.format(KEY).encode()), (b"X-Echo", f"it is {KEY}".encode()))
    written = redactor.headers(headers, redactor.scope(), Numbered(redactor))
    assert all(KEY.encode() not in text for _, text in written)
    assert KEY.encode() not in clean(redactor, json.dumps({"said": KEY}).encode())


def test_what_is_no_key_in_a_credential() -> None:
    """Addresses, realms and names of users recur everywhere."""
    redactor = Redactor()
    value = b'Digest username="somebody@example.com", realm="a realm of ours", uri="/v1/some/address", response="0"'
    redactor.headers(((b"Authorization", value),), redactor.scope(), Numbered(redactor))
    assert redactor.target("/v1/some/address") == "/v1/some/address"
    assert redactor.clean("a realm of ours") == "a realm of ours"


@pytest.mark.parametrize(
    "name",
    ["stripe-signature", "svix-signature", "x-refresh-token", "x-id-token", "x-client-secret", "x-webhook-secret"],
)
def test_headers_of_others(name: str) -> None:
    """Webhooks of other services, and gateways."""
    redactor = Redactor()
    pair = (name.title().encode(), b"t=1,v1=short")
    assert redactor.headers((pair,), redactor.scope(), Numbered(redactor))[0][1].startswith(b"REDACTED-")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("old_password", "password"),
        ("oldPassword", "password"),
        ("passwd", "password"),
        ("pwd", "password"),
        ("password_confirmation", "password"),
        ("otp", "code"),
        ("totp_code", "code"),
        ("bearer_token", "token"),
        ("bot_token", "token"),
        ("jwt", "token"),
        ("x_api_key", "key"),
        ("X-API-Key", "key"),
    ],
)
def test_fields_of_others(name: str, kind: str) -> None:
    """In JSON and in forms."""
    assert clean(Redactor(), json.dumps({name: "short"}).encode()) == f'{{"{name}": "REDACTED-{kind}-1"}}'.encode()
    assert clean(Redactor(), f"{name}=short".encode(), FORM).startswith(f"{name}=REDACTED-".encode())


USERS = ["https://user:{}@host/x", "ftp://user:{}@host", "postgres+psycopg://u%40x:{}@db:5432/x?y=1", "redis://:{}@h"]


@pytest.mark.parametrize("address", USERS)
@pytest.mark.parametrize("password", ["hunter2", "s3cr3t-with-@-in-it"])
def test_a_password_within_an_address(address: str, password: str) -> None:
    """Whatever the scheme, in every place that holds texts; the rest of the address stays."""
    text, written = address.format(password), address.format("REDACTED-password-1")
    redactor = Redactor()
    assert redactor.target(f"/x/{text}") == f"/x/{written}"
    assert redactor.target(f"/x?to={text}") == f"/x?to={written}"
    asked = redactor.target(f"/x/{quote(text, safe='')}"), redactor.target(f"/x?to={quote(text, safe='')}&z=1")
    assert not any(quote(password, safe="") in target or "REDACTED-password-1" not in target for target in asked)
    assert redactor.clean(f"see {text} or not") == f"see {written} or not"
    pairs = ((b"Location", text.encode()), (b"X-Other", f"<{text}>".encode()))
    headers = redactor.headers(pairs, redactor.scope(), Numbered(redactor))
    assert headers == ((b"Location", written.encode()), (b"X-Other", f"<{written}>".encode()))
    for kind, body in {
        b"application/json": json.dumps({"said": f"see {text}"}).encode(),
        b"application/problem+json": json.dumps({"said": text}).replace("/", "\\/").encode(),
        b"text/event-stream": f"data: {text}\n\n".encode(),
        b"text/plain": f"see {text}".encode(),
        FORM: f"to={quote(text, safe='')}".encode(),
    }.items():
        found = clean(redactor, body, kind)
        assert password.encode() not in found, kind
        assert quote(password, safe="").encode() not in found, kind
        assert b"REDACTED-password-1" in found, kind
        assert address.rpartition("{}")[2] in unquote(found.decode()).replace("\\/", "/"), kind


@pytest.mark.parametrize(
    "text",
    [
        "https://host:8080/@scope/name",
        "https://user@host/x",
        "https://user:@host/x",
        "at https://h:1 or mail a:b@host",
        "https://h/x?to=a:b@c",
        "https://user:REDACTED-password-1@host",
    ],
)
def test_addresses_without_a_password(text: str) -> None:
    """What stands before an `@` is none by itself."""
    assert Redactor().clean(text) == text
    assert clean(Redactor(), json.dumps({"said": text}).encode()) == json.dumps({"said": text}).encode()


@pytest.mark.parametrize("method", ["POST", "post", "Post"])
def test_a_method_in_any_case(method: str) -> None:
    """An endpoint that shows a key shows it to whoever spells the method otherwise, too."""
    asked = Request(method=method, scheme="https", host="h", port=443, target="/v1/flowplate/api-keys")
    redactor = Redactor()
    written = redacted(b'{"key":"short"}', b"", redactor.scope(asked=asked), Numbered(redactor))
    assert written == b'{"key":"REDACTED-key-1"}'


@pytest.mark.parametrize("value", [f'{KEY}"', f'"{KEY}', f'{KEY}"x', f'"{KEY}":'])
def test_a_value_with_a_quote_takes_no_strings_end_with_it(value: str) -> None:
    """JSON stays JSON, whatever password begins or ends with what stands in it."""
    redactor = Redactor()
    text = json.dumps({"password": value, KEY: [KEY, {KEY: f"{KEY}x"}]}, separators=(",", ":"))
    written = json.loads(clean(redactor, text.encode()))
    assert value not in str(written)
    assert len(written) == 2
