"""A curl command line as the request that curl would send: what browsers, documentation and colleagues pass around."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote_from_bytes, unquote_to_bytes

import msgspec

from wiretape.addons.formats import curlform, curloptions
from wiretape.addons.formats.shellwords import words
from wiretape.proxy.decide.routing import parse_url
from wiretape.store.errors import UsageError
from wiretape.store.interaction import USUAL_PORTS, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wiretape.addons.formats.curlform import Field

type ReadFile = Callable[[str], bytes]
"""Reads a file that the command line names, as curl would; raises UsageError."""

_FORM_TYPE = b"application/x-www-form-urlencoded"
_DATA: Final = {"data", "data-ascii", "data-binary", "data-raw", "data-urlencode", "json"}
# What may stand in an address; anything else is sent percent-encoded, as browsers write it anyway.
_UNSAFE = re.compile(rb"[^\x21-\x7e]")


def is_curl(text: bytes) -> bool:
    """Whether *text* begins like a curl command line."""
    return re.match(rb"\s*(?:[$%>]\s+)?(?:\w+=\S*\s+)*(?:\S*/)?curl(?:\.exe)?(?:\s|\\\r?\n|\Z)", text) is not None


def read_curl(text: bytes, read_file: ReadFile) -> Request:
    """The request that a curl command line sends.

    Args:
        text: the command line, of one line or several, quoted for a POSIX shell.
        read_file: reads what `@FILE` names.

    Raises:
        UsageError: it is no curl command line, or one that is not understood; the message says what of it.
    """
    found = words(text)
    while found and not re.fullmatch(rb"(?:\S*/)?curl(?:\.exe)?", found[0]):
        found.pop(0)
    call = _Call(read_file)
    for name, value in _options(found[1:]):
        call.take(name, value)
    return call.request()


def _options(found: list[bytes]) -> Iterator[tuple[str, bytes]]:
    """The options with their values; an address without an option has the name `url`."""
    waiting = list(reversed(found))
    while waiting:
        word = waiting.pop()
        if not word.startswith(b"-") or word == b"-":
            yield "url", word
        elif word == b"--":
            continue
        elif word.startswith(b"--"):
            name = word[2:].decode("utf-8", "replace")
            yield name, _value(name, f"--{name}", waiting)
        else:
            yield from _short(word[1:].decode("utf-8", "surrogateescape"), waiting)


def _short(letters: str, waiting: list[bytes]) -> Iterator[tuple[str, bytes]]:
    """Several one-letter options in a word; what is behind the first one with a value is the value."""
    for place, letter in enumerate(letters):
        name = curloptions.SHORT.get(letter)
        if name is None:
            raise UsageError(f"curl's option -{letter} is not known here; leave it out")
        rest = letters[place + 1 :].encode("utf-8", "surrogateescape")
        if _has_value(name) and rest and name not in curloptions.REFUSED:
            yield name, rest
            return
        yield name, _value(name, f"-{letter}", waiting)


def _has_value(name: str) -> bool:
    return name in curloptions.MEANT or name in curloptions.UNMEANT


def _value(name: str, written: str, waiting: list[bytes]) -> bytes:
    if name in curloptions.REFUSED:
        raise UsageError(f"curl's option {written} is not followed here: {curloptions.REFUSED[name]}")
    if _has_value(name):
        if not waiting:
            raise UsageError(f"curl's option {written} needs a value, and the command line ends")
        return waiting.pop()
    known = curloptions.SWITCHES | curloptions.IGNORED
    if name not in known and name.removeprefix("no-") not in known:
        raise UsageError(f"curl's option {written} is not known here; leave it out")
    return b""


class _Call:
    """What the options say, gathered."""

    def __init__(self, read_file: ReadFile) -> None:
        self._read_file = read_file
        self._said: dict[str, bytes] = {}
        self._urls: list[bytes] = []
        self._headers: list[bytes] = []
        self._cookies: list[bytes] = []
        self._data: list[bytes] = []
        self._queries: list[bytes] = []
        self._fields: list[Field] = []
        self._json = False

    def take(self, name: str, value: bytes) -> None:
        """One option."""
        if name in _DATA:
            self._take_data(name, value)
        elif name in {"form", "form-string"}:
            self._fields.append(curlform.field(value, self._read_file, literal=name == "form-string"))
        elif name == "url":
            self._urls.append(value)
        elif name == "header":
            self._headers += self._read(value[1:]).splitlines() if value.startswith(b"@") else [value]
        elif name == "cookie":
            # Without an equals sign it names a file of cookies, which are no part of what is matched.
            self._cookies += [value] if b"=" in value else []
        elif name == "url-query":
            self._queries.append(value[1:] if value.startswith(b"+") else self._urlencoded(value))
        elif name in curloptions.MEANT or name in curloptions.SWITCHES:
            self._said[name] = value

    def request(self) -> Request:
        """The request that all of it makes.

        Raises:
            UsageError: there is no address, or more than one.
        """
        if self._data and self._fields:
            raise UsageError("curl sends either -d or -F, not both")
        if len(self._urls) != 1:
            several = "more than one address; explain one request at a time" if self._urls else "no address"
            raise UsageError(f"the curl command line has {several}")
        body, kind = self._body()
        request = _addressed(self._urls[0], as_is="path-as-is" in self._said)
        if self._queries or ("get" in self._said and self._data):
            more = [*self._queries, *(self._data if "get" in self._said else [])]
            mark = "&" if "?" in request.target else "?"
            request = msgspec.structs.replace(request, target=request.target + mark + _text(b"&".join(more)))
        if "request-target" in self._said:
            request = msgspec.structs.replace(request, target=_text(self._said["request-target"]))
        method = self._said.get("request", self._method(bool(body) or bool(kind)).encode())
        headers = tuple(self._all_headers(request, kind))
        return msgspec.structs.replace(request, method=_text(method), headers=headers, body=body)

    def _method(self, has_body: bool) -> str:  # noqa: FBT001 - the only one
        if "head" in self._said:
            return "HEAD"
        if "upload-file" in self._said:
            return "PUT"
        return "POST" if has_body else "GET"

    def _body(self) -> tuple[bytes, bytes]:
        """The body, and the content type that curl gives it unless told otherwise."""
        if "upload-file" in self._said:
            return self._read(self._said["upload-file"]), b""
        if self._fields:
            return curlform.multipart(self._fields)
        if not self._data or "get" in self._said:
            return b"", b""
        if self._json:
            return b"".join(self._data), b"application/json"
        return b"&".join(self._data), _FORM_TYPE

    def _take_data(self, name: str, value: bytes) -> None:
        self._json = self._json or name == "json"
        if name == "data-urlencode":
            self._data.append(self._urlencoded(value))
        elif name == "data-raw" or not value.startswith(b"@"):
            self._data.append(value)
        else:
            content = self._read(value[1:])
            # As curl does, for files that end with a newline.
            self._data.append(content.translate(None, b"\r\n\0") if name in {"data", "data-ascii"} else content)

    def _urlencoded(self, value: bytes) -> bytes:
        name, mark, content = _partitioned(value)
        content = self._read(content) if mark == b"@" else content
        encoded = quote_from_bytes(content, safe="").encode().replace(b"%20", b"+")
        return name + b"=" + encoded if name else encoded

    def _all_headers(self, request: Request, kind: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Those that curl sends by itself, and those that were asked for, which replace them."""
        asked: list[tuple[bytes, bytes | None]] = []
        for line in filter(None, self._headers):
            name, colon, value = line.partition(b":")
            if colon:
                asked.append((name.strip(), value.strip() or None))
            elif line.endswith(b";"):
                asked.append((line[:-1].strip(), b""))
            else:
                raise UsageError(f"curl's header {line.decode('utf-8', 'replace')!r} has no colon")
        named = {name.lower() for name, _ in asked}
        yield from ((n, v) for n, v in self._own_headers(request, kind) if n.lower() not in named)
        yield from ((name, value) for name, value in asked if value is not None)

    def _own_headers(self, request: Request, kind: bytes) -> Iterator[tuple[bytes, bytes]]:
        usual = request.port == USUAL_PORTS[request.scheme]
        yield b"Host", (request.host if usual else f"{request.host}:{request.port}").encode()
        if "user" in self._said:
            yield b"Authorization", b"Basic " + base64.b64encode(self._said["user"])
        if "oauth2-bearer" in self._said:
            yield b"Authorization", b"Bearer " + self._said["oauth2-bearer"]
        yield b"User-Agent", self._said.get("user-agent", b"curl")
        yield b"Accept", b"application/json" if self._json else b"*/*"
        if "compressed" in self._said:
            yield b"Accept-Encoding", b"deflate, gzip, br, zstd"
        if "range" in self._said:
            yield b"Range", b"bytes=" + self._said["range"]
        if "referer" in self._said:
            yield b"Referer", self._said["referer"].removesuffix(b";auto")
        if self._cookies:
            yield b"Cookie", b"; ".join(self._cookies)
        if kind:
            yield b"Content-Type", kind

    def _read(self, name: bytes) -> bytes:
        return self._read_file(name.decode("utf-8", "surrogateescape"))


def _partitioned(value: bytes) -> tuple[bytes, bytes, bytes]:
    """A value of `--data-urlencode`: name, the first `=` or `@` or nothing, content."""
    found = re.search(rb"[=@]", value)
    if found is None:
        return b"", b"", value
    return value[: found.start()], found[0], value[found.end() :]


def _text(value: bytes) -> str:
    return _UNSAFE.sub(lambda found: b"%%%02X" % ord(found[0]), value).decode("ascii")


def _addressed(url: bytes, *, as_is: bool) -> Request:
    """A GET of *url*."""
    text = _text(url.strip())
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text):
        text = f"http://{text}"
    try:
        origin, target = parse_url(text)
    except ValueError as error:
        raise UsageError(f"curl's address {error}") from None
    path, mark, query = target.partition("?")
    target = target if as_is else _without_dots(path) + mark + query
    host = unquote_to_bytes(origin.host).decode("utf-8", "replace")
    return Request(method="GET", scheme=origin.scheme, host=host, port=origin.port, target=target)


def _without_dots(path: str) -> str:
    """*path* without `.` and `..`, which curl resolves before it sends."""
    if "/." not in path:
        return path
    kept: list[str] = []
    *others, last = path.split("/")
    for segment in [*others[1:], last]:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if last in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)
