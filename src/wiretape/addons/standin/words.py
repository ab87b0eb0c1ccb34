"""The table of scenarios: every word a request may say, what it takes, what it does to the answer.

A request says them in the header `X-Standin: cut=length;after=100`, or in any text of its JSON body or any
plain field of its form as `[[cut=length]] [[after=100]]`, so that clients which cannot set headers can too.
`GET /~standin/scenarios` answers this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wiretape.addons.standin.failures import FAILURES

if TYPE_CHECKING:
    from collections.abc import Mapping

VALUE: Final = object()
"""Stands in a word's settings for the value that came with it."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word of the table.

    Attributes:
        takes: the values it takes, as `a|b|c`, where `N` is any whole number; empty if none.
        bare: the value it has when it comes without one.
        sets: the scenario's fields and what they become.
        means: what the answer is like then.
    """

    takes: str
    bare: str
    sets: Mapping[str, object]
    means: str

    def parse(self, text: str) -> Any:
        """The value as the scenario wants it, None where the word does not take it."""
        allowed = self.takes.split("|") if self.takes else [""]
        if "N" in allowed and text.isdigit():
            return text if len(allowed) > 1 else int(text)
        return text if text in allowed and text != "N" else None


def _status_word(status: int, code: str) -> Word:
    once = status == 429  # noqa: PLR2004 - the status that is named in the table
    often = "refused once, then answered" if once else "always refused"
    sets = {"status": status, "times": VALUE}
    means = f"{code}: {often}; =N: the first N identical requests only; =0: always"
    return Word("N", "1" if once else "0", sets, means)


WORDS: Final[Mapping[str, Word]] = {
    # What is said.
    "gen": Word(
        "G2a|G2b|G3|G4", "", {"generation": VALUE}, "generation of the JSON answer and, with it, of the stream"
    ),
    "style": Word("A|B|C|D", "", {"style": VALUE}, "style of the stream: bare objects, named events, both, data only"),
    "unkeyed": Word("", "", {"unkeyed": True}, "style C without the event's name in its payload"),
    "tool": Word("", "", {"tool": True}, "a tool call, also where the request names no tools"),
    "reasoning": Word("", "", {"reasoning": True}, "reasoning, also where the request asks for none"),
    "refusal": Word("", "", {"refusal": True}, "the model refuses"),
    "surrogate": Word("", "", {"surrogate": True}, "a lone surrogate escape in the text"),
    "mega": Word("N", "1048576", {"mega": VALUE}, "one delta of N bytes"),
    "tiny": Word("N", "10000", {"tiny": VALUE, "delay_ms": 0.0}, "N tiny deltas without delay"),
    "error-in-band": Word("", "", {"error_in_band": True}, "the stream fails half-way, in band, with status 200"),
    "heartbeat": Word("event|comment|both", "event", {"heartbeat": VALUE}, "keep-alives after the first delta"),
    # How a stream is framed.
    "ids": Word("on|off", "on", {"ids": VALUE}, "id lines; by default only style D has them"),
    "eol": Word("lf|crlf|cr", "", {"eol": VALUE}, "line ends of the stream's frames"),
    "crlf": Word("", "", {"eol": "crlf"}, "the same as eol=crlf"),
    "unterminated": Word("", "", {"unterminated": True}, "the last frame lacks its empty line"),
    # How the body crosses the wire.
    "framing": Word("chunked|length|close", "", {"framing": VALUE}, "how the body's end is told"),
    "chunks": Word(
        "split|one|N", "", {"chunks": VALUE}, "chunks torn inside a UTF-8 sequence, all in one, or of N bytes"
    ),
    "split": Word("", "", {"chunks": "split"}, "the same as chunks=split"),
    "gzip": Word("", "", {"gzip": True}, "gzip, JSON or stream, if the request accepts it"),
    "delay": Word("N", "", {"delay_ms": VALUE}, "milliseconds between pieces, as header X-Standin-Frame-Delay-Ms"),
    "wait": Word("N", "200", {"wait_ms": VALUE}, "milliseconds before the first byte"),
    "stall": Word(
        "N", "60000", {"stall_ms": VALUE}, "silence of N milliseconds after some pieces, or until the client goes"
    ),
    "cut": Word(
        "auto|length|inside|head|reset",
        "auto",
        {"cut": VALUE},
        "the connection closes early: without the last chunk, short of the promised length, inside a chunk, "
        "before any byte, or by a reset",
    ),
    "after": Word("N", "", {"after": VALUE}, "where cut and stall strike: pieces of a stream, bytes of a body"),
    # Refusals.
    **{str(status): _status_word(status, failure.code) for status, failure in FAILURES.items()},
    "retry-after": Word("date|N", "", {"retry_after": VALUE}, "Retry-After of a 429 or 503, in seconds or as a date"),
    "errors": Word("envelope|detail|string|message|html|empty", "", {"errors": VALUE}, "dialect of error bodies"),
    "elapsed": Word(
        "N", "", {"elapsed": VALUE}, "seconds that a cancelled turn claims to have run; from 5 on it is kept"
    ),
}


def table() -> list[dict[str, str]]:
    """The table as rows, for people and for the endpoint that shows it."""
    return [{"word": name, "takes": word.takes, "bare": word.bare, "means": word.means} for name, word in WORDS.items()]
