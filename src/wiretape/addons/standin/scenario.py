"""What a request asked of its answer: the choices, and how they are read from a request."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wiretape.addons.standin.jsontext import strings
from wiretape.addons.standin.words import VALUE, WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wiretape.addons.standin.received import Received

_IN_PROMPT = re.compile(r"\[\[([A-Za-z0-9=._-]+)\]\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """The awkwardness of one answer. The words that set these fields are in `words.WORDS`."""

    generation: str = ""
    style: str = ""
    unkeyed: bool = False
    ids: str = ""
    heartbeat: str = ""
    eol: str = "lf"
    unterminated: bool = False
    error_in_band: bool = False
    tool: bool = False
    reasoning: bool = False
    refusal: bool = False
    surrogate: bool = False
    mega: int = 0
    tiny: int = 0
    gzip: bool = False
    framing: str = ""
    chunks: str = ""
    cut: str = ""
    after: int | None = None
    stall_ms: int = 0
    wait_ms: int = 0
    delay_ms: float | None = None
    status: int = 0
    times: int = 0
    retry_after: str = ""
    errors: str = ""
    elapsed: int = 1


class UnknownWord(ValueError):
    """A scenario word that does not exist, or a value that its word does not take.

    It is refused, not ignored: a misspelt word would let a test pass that tested nothing.
    """


def scenario_of(request: Received, body: Any) -> Scenario:
    """The scenario that a request asks for: by words in its texts, over them by its headers.

    Raises:
        UnknownWord: when it asks for something that does not exist.
    """
    changes: dict[str, Any] = {}
    for word in [*_prompt_words(request, body), *_header_words(request)]:
        changes.update(_fields(word))
    delay = request.header("X-Standin-Frame-Delay-Ms")
    if delay:
        changes["delay_ms"] = _delay(delay)
    return dataclasses.replace(Scenario(), **changes) if changes else _PLAIN


_PLAIN = Scenario()


def _delay(text: str) -> float:
    try:
        return max(0.0, float(text))
    except ValueError:
        raise UnknownWord(f"X-Standin-Frame-Delay-Ms takes a number, not {text!r}") from None


def _header_words(request: Received) -> Iterator[str]:
    for name, value in request.headers:
        if name.lower() == "x-standin":
            yield from (word.strip() for word in value.split(";") if word.strip())


def _prompt_words(request: Received, body: Any) -> Iterable[str]:
    texts = [part.start.decode("utf-8", "replace") for part in request.parts if part.filename is None]
    if b"[[" in request.body:
        texts += strings(body)
    return [word for text in texts for word in _IN_PROMPT.findall(text)]


def _fields(text: str) -> dict[str, Any]:
    """What one word, such as `cut=length`, sets."""
    name, has_value, value = text.partition("=")
    word = WORDS.get(name)
    if word is None:
        raise UnknownWord(f"no scenario word {name!r}; there are: {', '.join(WORDS)}")
    if not has_value:
        value = word.bare
    parsed = word.parse(value)
    if parsed is None:
        raise UnknownWord(f"scenario word {name!r} takes {word.takes or 'no value'}, not {value!r}")
    return {key: parsed if setting is VALUE else setting for key, setting in word.sets.items()}
