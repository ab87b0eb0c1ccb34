"""Secrets in a request's target and in urlencoded forms, by the names of their parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes

from wiretape.proxy.decide.redaction.escapes import from_percent
from wiretape.proxy.decide.redaction.finds import Find, Secret
from wiretape.proxy.decide.redaction.jsonfinds import place_finds
from wiretape.proxy.decide.redaction.text import Scope, address_finds, all_finds, text_finds, united, user_finds
from wiretape.proxy.decide.redaction.vocabulary import folded
from wiretape.store.aitronos.secrets import CALLBACK_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

# What would end a segment of a path, or an address, if it were not encoded; and the sign of what is.
_ENDS: Final = frozenset(b"/?#&;%\"'<>\\ \t\r\n\v\f")


def target_finds(target: bytes, scope: Scope) -> list[Find]:
    """All secrets in a path with its query, in order; what is learnt on the way is remembered."""
    path, mark, query = target.partition(b"?")
    if not mark and target.find(b"%") < 0 and not scope.notable(target):
        return []
    callback = path.rstrip(b"/").endswith(CALLBACK_SUFFIX.encode())
    places = [find.moved(len(path) + 1) for find in _pairs(query, scope, callback=callback)]
    places += _in_path(path, scope)
    return _all(target, places, scope)


def form_finds(body: bytes, scope: Scope) -> list[Find]:
    """All secrets in an urlencoded form, in order; what is learnt on the way is remembered."""
    return _all(body, list(_pairs(body, scope, callback=False)), scope)


def field_secret(name: str, scope: Scope) -> Secret | None:
    """What makes a form field of that *name* secret; None where nothing does."""
    name = folded(_last(name))
    return scope.extra.get(name) or scope.words.fields.get(name)


def _all(text: bytes, places: list[Find], scope: Scope) -> list[Find]:
    return united(text, scope, all_finds(text, scope, places), list(_encoded(text, scope)))


def _pairs(text: bytes, scope: Scope, *, callback: bool) -> Iterator[Find]:
    words = scope.words
    at = 0
    for piece in text.split(b"&"):
        written, equals, value = piece.partition(b"=")
        if equals and value:
            name = _last(_meant(written).decode("utf-8", "replace"))
            secret = words.query.get(name.lower()) or field_secret(name, scope)
            secret = secret or (words.callback.get(name.lower()) if callback else None)
            if secret is None:
                yield from _inside(value, at + len(written) + 1, scope)
            elif scope.counts(meant := _meant(value), secret):
                yield Find(at + len(written) + 1, at + len(piece), meant, secret)
        at += len(piece) + 1


def _last(name: str) -> str:
    """Of the name of a field of fields, such as `user[password]` or `tokens[]`, what names the value."""
    if not name.endswith("]"):
        return name
    named = [part for part in name.replace("]", "").split("[") if part and not part.isdigit()]
    return named[-1] if named else name


def _inside(written: bytes, at: int, scope: Scope) -> Iterator[Find]:
    """The secrets of a value that is an address or a JSON text itself."""
    if b"%" not in written and b"{" not in written:
        return
    meant = from_percent(written)
    is_json = meant.text.lstrip()[:1] in {b"{", b"["}
    for find in place_finds(meant.text, scope) if is_json else address_finds(meant.text, scope):
        quote = b"%22" if find.quote else b""
        yield find._replace(start=at + meant.at(find.start), end=at + meant.at(find.end), quote=quote)


def _meant(written: bytes) -> bytes:
    return unquote_to_bytes(written.replace(b"+", b" "))


def _in_path(path: bytes, scope: Scope) -> Iterator[Find]:
    """Secret segments of a path, however it is encoded; what is encoded ends no segment."""
    meant = from_percent(path, keep=_ENDS)
    for find in address_finds(meant.text, scope):
        yield find._replace(start=meant.at(find.start), end=meant.at(find.end))


def _encoded(text: bytes, scope: Scope) -> Iterator[Find]:
    """Values in an encoding of the client's own: it may encode what needs none."""
    if text.find(b"%") >= 0 or text.find(b"+") >= 0:
        meant = from_percent(text)
        values = [find for find in text_finds(meant.text, scope) if not find.place]
        for find in (*values, *user_finds(meant.text, scope)):
            yield find._replace(start=meant.at(find.start), end=meant.at(find.end))
