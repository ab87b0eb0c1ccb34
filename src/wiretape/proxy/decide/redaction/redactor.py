"""The redactor of a session: what it has seen, which number stands for which value, and what it makes of a message."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec

from wiretape.proxy.decide.redaction import hook
from wiretape.proxy.decide.redaction.addresses import target_finds
from wiretape.proxy.decide.redaction.finds import Find, Secret, Spell, joined, segments
from wiretape.proxy.decide.redaction.headers import header_finds
from wiretape.proxy.decide.redaction.jsonfinds import json_finds
from wiretape.proxy.decide.redaction.memory import Memory
from wiretape.proxy.decide.redaction.placeholders import placeholder
from wiretape.proxy.decide.redaction.rules import NO_REDACT_RULES, RedactRules
from wiretape.proxy.decide.redaction.text import Scope
from wiretape.proxy.decide.redaction.vocabulary import folded, vocabulary
from wiretape.store.aitronos.secrets import SECRET_ANSWERS

if TYPE_CHECKING:
    from wiretape.store.interaction import Headers, Request, ResponseHead

_HEADERS: Final = 1024
_HEADER_BYTES: Final = 4096


class Redactor:
    """Replaces the secrets of one session. The same value gets the same placeholder.

    Attributes:
        count: the highest number handed out.
        memory: the values seen in secret places.
        fired: how often each of the user's rules did something, by its words (`RedactRules.names`).
    """

    def __init__(self, count: int = 0, rules: RedactRules = NO_REDACT_RULES, memory: Memory | None = None) -> None:
        """Begin above the number *count*.

        Raises:
            RedactionFailed: the rules name a function that is not there.
        """
        self.count = count
        self.memory = Memory() if memory is None else memory
        self.fired: Counter[str] = Counter()
        self._numbers: dict[bytes, tuple[str, int]] = {}
        self._version = -1
        self._written: dict[str, dict[tuple[bytes, bytes], tuple[bytes, bytes]]] = {}
        self.rules = rules

    @property
    def rules(self) -> RedactRules:
        """What the user adds to the API's secrets."""
        return self._rules

    @rules.setter
    def rules(self, rules: RedactRules) -> None:
        if rules.callable is not None and not hook.installed(rules.callable):
            raise hook.RedactionFailed(
                f"redaction's callable {rules.callable!r} is not loaded, so nothing is recorded; settings name it"
            )
        self._rules = rules
        self._counts = bool(rules.names())
        self._scope = Scope(vocabulary(rules), self.memory, fired=self.fired)
        self._version = -1

    def silent_rules(self) -> list[str]:
        """The user's rules that did nothing in all the time."""
        return [name for name in self._rules.names() if not self.fired[name]]

    def request(self, request: Request) -> tuple[Request, bool]:
        """*request*, its body aside, without its secrets, and whether there were any."""
        headers = self.headers(request.headers, self._scope, Numbered(self))
        target = self.target(request.target)
        if headers == request.headers and target == request.target:
            return request, False
        return msgspec.structs.replace(request, headers=headers, target=target), True

    def response(self, head: ResponseHead) -> tuple[ResponseHead, bool]:
        """*head* without its secrets, and whether there were any."""
        headers = self.headers(head.headers, self.scope(), Numbered(self, answer=True))
        written = msgspec.structs.replace(head, reason=self.reason(head), headers=headers)
        return written, written != head

    def reason(self, head: ResponseHead) -> str:
        """The reason in *head* without secrets."""
        notable = self._scope.notable(head.reason.encode("utf-8", "surrogatepass"))
        return self.clean(head.reason) if notable else head.reason

    def headers(self, headers: Headers, scope: Scope, spell: Spell) -> Headers:
        """*headers* without their secrets; credentials are seen to first, since others may repeat them."""
        known = self._known_headers(spell)
        try:
            written = tuple([known[pair] for pair in headers])
        except KeyError:
            written = self._new_headers(headers, scope, spell)
        spell.count += written != headers
        return written

    def _new_headers(self, headers: Headers, scope: Scope, spell: Spell) -> Headers:
        """The same where some were not met before."""
        version, known = self.memory.version, self._known_headers(spell)
        # What comes from outside is not remembered without end.
        if len(known) >= _HEADERS:
            known.clear()
        found = {pair: header_finds(*pair, scope) for pair in headers if pair not in known}
        if self.memory.version != version:
            found, known = {pair: header_finds(*pair, scope) for pair in headers}, self._known_headers(spell)
        new = {pair: _written(pair, finds, spell) for pair, finds in found.items()}
        written = tuple([new.get(pair) or known[pair] for pair in headers])
        # What the user's rules do is counted each time.
        if not self._counts:
            known.update([one for one in new.items() if len(one[0][1]) <= _HEADER_BYTES])
        return written

    def _known_headers(self, spell: Spell) -> dict[tuple[bytes, bytes], tuple[bytes, bytes]]:
        """The headers that are known by now, and how *spell* writes them: clients repeat theirs in every request."""
        if self._version != self.memory.version:
            self._version = self.memory.version
            self._written = {}
        return self._written.setdefault(spell.style, {})

    def target(self, target: str) -> str:
        """A request's path and query without their secrets."""
        text = target.encode("utf-8", "surrogatepass")
        finds = target_finds(text, self._scope)
        return joined(segments(text, finds, Numbered(self))).decode("utf-8", "surrogatepass") if finds else target

    def scope(self, *, asked: Request | None = None) -> Scope:
        """What is looked for; in the answer to *asked* also what only its endpoint shows."""
        extra = {} if asked is None else _extra(asked.method.upper(), asked.path)
        return Scope(self._scope.words, self.memory, extra=extra, fired=self.fired) if extra else self._scope

    def clean(self, text: str) -> str:
        """A text for people, such as a message or a miss, without secrets."""
        data = text.encode("utf-8", "surrogatepass")
        # It may quote JSON, or a piece of some.
        finds = json_finds(data, self._scope)
        return joined(segments(data, finds, Numbered(self))).decode("utf-8", "surrogatepass") if finds else text

    def number(self, value: bytes, kind: str) -> tuple[str, int]:
        """The class and the number that stand for *value*: those that it got first."""
        value = value.strip()
        known = self._numbers.get(value)
        if known is None:
            self.count += 1
            known = self._numbers[value] = kind, self.count
        return known


class Numbered(Spell):
    """Writes placeholders."""

    def __init__(self, redactor: Redactor, *, answer: bool = False) -> None:
        """Write those of *redactor*; in an *answer* they keep the length of what they stand for, and its shape."""
        super().__init__()
        self._redactor = redactor
        self._answer = answer
        self.style = "answer" if answer else "request"

    def text(self, find: Find) -> bytes:
        """The placeholder of *find*."""
        secret: Secret = find.secret
        if secret.rule is not None:
            self._redactor.fired[secret.rule] += 1
        if secret.by is not None:
            return secret.by
        kind, number = self._redactor.number(find.value, secret.kind)
        return placeholder(kind, number, find.value, find.end - find.start if self._answer else None)


def _written(pair: tuple[bytes, bytes], finds: list[Find], spell: Spell) -> tuple[bytes, bytes]:
    return (pair[0], joined(segments(pair[1], finds, spell))) if finds else pair


@lru_cache(maxsize=1024)
def _extra(method: str, path: str) -> dict[str, Secret]:
    found: dict[str, Secret] = {}
    for rule in SECRET_ANSWERS:
        if rule.method == method and _is_at(path, rule.template):
            found |= {folded(name): Secret(kind) for name, kind in rule.fields.items()}
    return found


def _is_at(path: str, template: str) -> bool:
    """Whether *path* is that of *template*; something may stand before it, as a base address has it."""
    parts, wanted = path.rstrip("/").split("/"), template.split("/")[1:]
    last = parts[-len(wanted) :]
    return len(last) == len(wanted) and all(
        one == other or other.startswith("{") for one, other in zip(last, wanted, strict=True)
    )
