"""Builders of interactions and cassettes with fixed times, for tests of whatever works with cassettes.

What they make is what a recording makes: it goes through the recorder, with its redaction and its keys, and through
the store. The same calls make the same cassette, at any time and on any machine.
"""

from __future__ import annotations

import datetime as dt
import http
import json
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode, urlsplit

import msgspec

from wiretape.addons.formats.exchange import Exchange, Plan, hosts_of
from wiretape.addons.formats.exchange import record as _record
from wiretape.proxy.decide.routing import at_api, parse_url
from wiretape.proxy.decide.rules import NO_RULES, Rules
from wiretape.store.aitronos.hosts import DEFAULT_UPSTREAM
from wiretape.store.interaction import Ended, Headers, Request, ResponseHead, timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

AT = "2026-01-02T03:04:05.000006Z"
"""When the first interaction of a session begins, unless something else is said; the others follow, a second apart."""

FIRST_BYTE_US = 1_000
"""When an answer's head comes, unless something else is said."""

EVERY_US = 10_000
"""How far the events of a stream are apart, unless something else is said."""


class Payload(msgspec.Struct, frozen=True):
    """A body, and what a client or a server says of it.

    Attributes:
        content_type: its type; empty: none is said.
        chunks: its pieces, each with when it comes, in microseconds since the request.
        streamed: its length is not known beforehand.
    """

    content_type: str
    chunks: tuple[tuple[int, bytes], ...]
    streamed: bool = False

    @property
    def data(self) -> bytes:
        """All of it."""
        return b"".join(data for _, data in self.chunks)


def as_json(value: Any) -> Payload:
    """A JSON body, written compactly and in UTF-8."""
    return _whole("application/json", json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def as_form(fields: Mapping[str, str] | Sequence[tuple[str, str]]) -> Payload:
    """An urlencoded form."""
    return _whole("application/x-www-form-urlencoded", urlencode(fields).encode())


def as_bytes(data: bytes, content_type: str = "application/octet-stream") -> Payload:
    """Bytes of any type."""
    return _whole(content_type, data)


def as_sse(*events: Any, every_us: int = EVERY_US, first_us: int = FIRST_BYTE_US) -> Payload:
    """Server-sent events, a chunk each.

    Args:
        *events: text for an event's data as it is, such as `[DONE]`; a pair of the event's name and its data; anything
            else as JSON.
        every_us: how far they are apart.
        first_us: when the first one comes.
    """
    frames = [(first_us + every_us * number, _event(event)) for number, event in enumerate(events)]
    return as_chunks(*frames, content_type="text/event-stream; charset=utf-8")


def as_chunks(*chunks: tuple[int, bytes], content_type: str = "application/octet-stream") -> Payload:
    """A stream, cut and timed as given: pairs of when a chunk comes (microseconds since the request) and its bytes."""
    return Payload(content_type, chunks, streamed=True)


def exchange(  # noqa: PLR0913 - a setting each
    method: str,
    url: str,
    *,
    request: Payload | bytes | str | dict[str, Any] | list[Any] | None = None,
    request_headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
    status: int | None = 200,
    response: Payload | bytes | str | dict[str, Any] | list[Any] | None = None,
    headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
    http_version: str = "HTTP/1.1",
    first_byte_us: int | None = None,
    ended: Ended | None = "complete",
    ended_us: int | None = None,
    started_at: str = "",
    problem: str | None = None,
) -> Exchange:
    """One request and its answer, not yet in a cassette.

    Bodies are mappings and lists (as JSON), text, bytes, or what `as_json`, `as_form`, `as_bytes`, `as_sse` and
    `as_chunks` make. They bring `Content-Type` and `Content-Length`, or `Transfer-Encoding` for a stream, unless
    *headers* say something else.

    Args:
        method: of the request.
        url: in full, or a path at the API's own address.
        request: its body.
        request_headers: its headers besides those.
        status: of the answer; None where none comes.
        response: its body.
        headers: its headers besides those.
        http_version: `HTTP/1.1`, `HTTP/2.0`, …
        first_byte_us: when the answer's head comes; None: with its first chunk, but not before `FIRST_BYTE_US`.
        ended: how it comes to its end; None where nobody sees one.
        ended_us: when; None: with the last chunk.
        started_at: when the request comes, ISO-8601 UTC; empty: a second after the one before.
        problem: why it ends badly.

    Raises:
        ValueError: the url is no http or https address, or a chunk comes before the one before it.
    """
    body, answer = _payload(request), _payload(response)
    times = [at_us for at_us, _ in answer.chunks]
    if times != sorted(times):
        raise ValueError(f"chunks must come one after the other, not at {times}")
    first = first_byte_us if first_byte_us is not None else max(min(times, default=0), FIRST_BYTE_US)
    return Exchange(
        request=_request(method, url, http_version, _fields(request_headers, body, bare=not body.chunks), body.data),
        head=None if status is None else _head(status, http_version, _fields(headers, answer, bare=_bodyless(status))),
        chunks=tuple((max(at_us, first), data) for at_us, data in answer.chunks),
        first_byte_us=first,
        ended=ended,
        ended_us=ended_us,
        started_at=started_at,
        problem=problem,
    )


def a_cassette(
    path: Path,
    sessions: Mapping[str, Sequence[Exchange]],
    *,
    upstream: str = DEFAULT_UPSTREAM,
    at: str = AT,
    rules: Rules = NO_RULES,
    problems: Mapping[str, str] | None = None,
) -> Path:
    """Make a cassette, or put sessions into one that is there; a session of the same name is replaced.

    Args:
        path: the file.
        sessions: by name, each with its exchanges in their order; at least one.
        upstream: where the API is. Other hosts are APIs of their own.
        at: when each session begins.
        rules: what match keys leave out and add.
        problems: why sessions are incomplete, by their names; they are complete without.

    Returns:
        *path*.

    Raises:
        ValueError: a session has no exchanges, or *at* is no time.
        WiretapeError: the cassette cannot be written.
    """
    timed = {name: list(_timed(name, exchanges, at)) for name, exchanges in sessions.items()}
    for name, exchanges in timed.items():
        plan = Plan(
            session=name,
            hosts=hosts_of(exchanges, upstream),
            rules=rules,
            source=", builders",
            problem=(problems or {}).get(name),
        )
        _record(path, plan, exchanges)
    return path


def _timed(name: str, exchanges: Sequence[Exchange], at: str) -> Iterable[Exchange]:
    if not exchanges:
        raise ValueError(f"session {name!r} needs an exchange at least")
    moment = dt.datetime.fromisoformat(at).astimezone(dt.UTC)
    for number, given in enumerate(exchanges):
        began = moment + dt.timedelta(seconds=number)
        yield msgspec.structs.replace(given, started_at=given.started_at or timestamp(began))


def _whole(content_type: str, data: bytes) -> Payload:
    return Payload(content_type, ((0, data),) if data else ())


def _payload(body: object) -> Payload:
    match body:
        case None:
            return Payload("", ())
        case Payload():
            return body
        case bytes():
            return as_bytes(body)
        case str():
            return _whole("text/plain; charset=utf-8", body.encode())
        case _:
            return as_json(body)


def _event(event: object) -> bytes:
    name, data = cast("tuple[object, object]", event) if isinstance(event, tuple) else (None, event)
    told = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    lines = [f"event: {name}"] if name is not None else []
    return "\n".join([*lines, *(f"data: {line}" for line in told.split("\n")), "", ""]).encode()


def _request(method: str, url: str, http_version: str, headers: Headers, body: bytes) -> Request:
    whole = at_api(url)
    try:
        origin, target = parse_url(whole)
    except ValueError as error:
        raise ValueError(f"{error}, nor a path") from None
    return Request(
        method=method,
        scheme=origin.scheme,
        host=origin.host,
        port=origin.port,
        target=target,
        http_version=http_version,
        headers=((b"Host", urlsplit(whole).netloc.rpartition("@")[2].encode()), *headers),
        body=body,
    )


def _head(status: int, http_version: str, headers: Headers) -> ResponseHead:
    try:
        reason = http.HTTPStatus(status).phrase
    except ValueError:
        reason = ""
    return ResponseHead(status=status, reason=reason, http_version=http_version, headers=headers)


def _fields(given: Mapping[str, str] | Sequence[tuple[str, str]], body: Payload, *, bare: bool) -> Headers:
    pairs = given if isinstance(given, (list, tuple)) else dict(given).items()
    fields = [(name.encode(), value.encode()) for name, value in pairs]
    there = {name.lower() for name, _ in fields}
    usual = [(b"Content-Type", body.content_type.encode())] if body.content_type else []
    if not bare and not {b"content-length", b"transfer-encoding"} & there:
        length = (b"Content-Length", str(len(body.data)).encode())
        usual.append((b"Transfer-Encoding", b"chunked") if body.streamed else length)
    return (*(pair for pair in usual if pair[0].lower() not in there), *fields)


def _bodyless(status: int) -> bool:
    return status in (204, 304) or status < http.HTTPStatus.OK
