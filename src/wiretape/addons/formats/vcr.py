# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# (what a file holds is known only when it is read)
"""Cassettes of VCR.py of any version, YAML or JSON, and those of its kin in Ruby (VCR) and for requests (Betamax).

Since 1.0 a file is `{version: 1, interactions: [{request, response}, …]}`; before, it was the bare list, with whole
header lines and addresses in parts. The first versions for httpx wrote answers as `status_code` and decoded `content`.
VCR and Betamax write `http_interactions`, each with `recorded_at`.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import http
import json
import re
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from wiretape.addons.formats import vcr_values, vcr_yaml
from wiretape.addons.formats.exchange import Exchange
from wiretape.addons.formats.truth import true_headers
from wiretape.addons.formats.vcr_values import Odd, kind, text
from wiretape.addons.formats.vcr_yaml import Foreign
from wiretape.proxy.decide.routing import parse_url
from wiretape.store.errors import UsageError
from wiretape.store.interaction import Request, ResponseHead, header, timestamp

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

TITLE: str = "a VCR cassette"

_BEGINNING = re.compile(
    rb"""interactions["']?\s*:|^\s*-\s+["']?re(?:quest|sponse)["']?\s*:|^\s*\[\s*\{\s*"re(?:quest|sponse)"\s*:""",
    re.MULTILINE,
)
_SENDING = ("POST", "PUT", "PATCH")
_LENGTHS = (b"content-length", b"transfer-encoding")
# What an address may hold as it stands.
_KEPT = "!#$%&'()*+,/:;=?@[]~"


def recognises(start: bytes) -> bool:
    """Whether a file that begins with *start* is one of these."""
    return _BEGINNING.search(start) is not None


def read(path: Path, at: str, leave_out: Collection[int]) -> tuple[list[Exchange], list[str]]:
    """Read all of a file; see `reading.Format.read`.

    Raises:
        UsageError: it is no VCR cassette, or an entry is off; says what and where.
        OSError: it cannot be read.
    """
    exchanges: list[Exchange] = []
    notes: list[str] = []
    entries = _entries(_loaded(path), path)
    if absent := [number for number in leave_out if not 1 <= number <= len(entries)]:
        raise UsageError(f"{path} has no entry {absent[0]} to leave out; it has {len(entries)}")
    for number, entry in enumerate(entries, 1):
        if number in leave_out:
            continue
        try:
            exchange, note = _exchange(entry, at)
        except Odd as odd:
            raise UsageError(f"{path}, entry {number}: {odd}") from None
        at = exchange.started_at
        exchanges.append(exchange)
        if note:
            notes.append(f"{path}, entry {number}: {note}")
    return exchanges, notes


def _loaded(path: Path) -> object:
    try:
        written = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no VCR cassette: it is not text (byte {error.start})") from None
    if not written.lstrip().startswith(("{", "[")):
        return vcr_yaml.load(written, path)
    try:
        return json.loads(written)
    except (ValueError, RecursionError) as error:
        # YAML may begin like JSON, in its other style.
        if path.suffix == ".json":
            raise UsageError(f"{path}: no readable JSON: {error}") from None
        return vcr_yaml.load(written, path)


def _entries(loaded: object, path: Path) -> list[object]:
    match loaded:
        case list():
            return cast("list[object]", loaded)
        case {"interactions": list() as entries} | {"http_interactions": list() as entries}:
            return cast("list[object]", entries)
        case {"interactions": None} | {"http_interactions": None}:
            return []
        case {"interactions": other} | {"http_interactions": other}:
            raise UsageError(f"{path} is no VCR cassette: its interactions are {kind(other)}, not a list")
        case _:
            raise UsageError(f"{path} is no VCR cassette: it has no list of interactions")


def _exchange(entry: object, at: str) -> tuple[Exchange, str | None]:
    asked, answered = _part(entry, "request"), _part(entry, "response")
    request, note = _request(asked)
    status, reason = _status(answered)
    body = _body(answered)
    headers = vcr_values.headers(answered.get("headers"), "response")
    head = ResponseHead(
        status=status,
        reason=reason,
        http_version=_version(answered.get("http_version")),
        headers=true_headers(headers, body, method=request.method, status=status),
    )
    told = cast("dict[str, object]", entry).get("recorded_at")
    exchange = Exchange(
        request=request,
        head=head,
        chunks=((0, body),) if body else (),
        started_at=_moment(told) or _moment(header(headers, b"date")) or at,
    )
    return exchange, f"the request's body {note}" if note else None


def _part(entry: object, name: str) -> dict[str, Any]:
    if not isinstance(entry, dict):
        raise Odd(f"it is {kind(entry)}, not a mapping of request and response")
    part = cast("dict[str, object]", entry).get(name)
    if isinstance(part, Foreign) and part.tag.endswith("vcr.request.Request"):
        part = part.content
    if not isinstance(part, dict):
        raise Odd(f"its {name} is {kind(part)}")
    return cast("dict[str, Any]", part)


def _request(asked: dict[str, Any]) -> tuple[Request, str | None]:
    method = text(asked.get("method"), "the method").upper()
    url = _url(asked)
    try:
        origin, target = parse_url(url)
    except ValueError as error:
        raise Odd(str(error)) from None
    if not re.fullmatch(r"[A-Z0-9!#$%&'*+.^_`|~-]+", method):
        raise Odd(f"{method!r} is no method")
    headers = vcr_values.headers(asked.get("headers"), "request")
    body, note = vcr_values.asked(asked.get("body"), headers)
    if not body and method in _SENDING and not any(name.lower() in _LENGTHS for name, _ in headers):
        note = "is missing; VCR.py before 8.1 did not keep what aiohttp sent as json=, and nothing would match it"
    request = Request(
        method=method,
        scheme=origin.scheme,
        host=origin.host,
        port=origin.port,
        target=quote(target, safe=_KEPT),
        headers=headers,
        body=body,
    )
    return request, note


def _url(asked: dict[str, Any]) -> str:
    for name in ("uri", "url"):
        if asked.get(name) is not None:
            return text(asked[name], f"the {name}")
    if "host" not in asked:
        raise Odd("its request has no uri")
    scheme, host, path = (text(asked.get(name), f"the {name}") for name in ("protocol", "host", "path"))
    port = asked.get("port")
    return f"{scheme}://{host}{'' if port is None else f':{port}'}{path}"


def _status(answered: dict[str, Any]) -> tuple[int, str]:
    status, message = answered.get("status", answered.get("status_code")), None
    if isinstance(status, dict):
        parts = cast("dict[str, object]", status)
        status, message = parts.get("code"), parts.get("message")
    code = text(status, "the status")
    if not re.fullmatch(r"[1-9][0-9]{2}", code):
        raise Odd(f"{code!r} is no status")
    if message is None:
        return int(code), _phrase(int(code))
    return int(code), re.sub(r"[\r\n]+", " ", text(message, "the status's message"))


def _phrase(status: int) -> str:
    """The usual words: some versions did not keep those that were said."""
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return ""


def _body(answered: dict[str, Any]) -> bytes:
    return vcr_values.body(answered.get("body", answered.get("content")), "response")


def _version(value: object) -> str:
    match value:
        case "HTTP/2" | "HTTP/2.0" | "2" | "2.0" | 2 | 2.0:
            return "HTTP/2.0"
        case "HTTP/1.0" | "1.0" | 1.0 | 10:
            return "HTTP/1.0"
        case _:
            return "HTTP/1.1"


def _moment(value: object) -> str | None:
    """A time as it stands in a cassette of ours, from ISO-8601 or from the form of a `Date` header."""
    written = value.decode("latin-1") if isinstance(value, bytes) else value
    if not isinstance(written, str):
        return None
    try:
        moment = dt.datetime.fromisoformat(written)
    except ValueError:
        try:
            moment = email.utils.parsedate_to_datetime(written)
        except (ValueError, IndexError):
            return None
    try:
        moment = moment.replace(tzinfo=moment.tzinfo or dt.UTC).astimezone(dt.UTC)
    except OverflowError:
        return None
    return timestamp(moment)
