"""Places in a request whose values an answer repeats, as a user names them."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from wiretape.proxy.decide.jsonpath import Path, compile_path

# What may stand in the name of a header.
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

type Part = Literal["json", "query", "header"]


class Place(NamedTuple):
    """One place, ready for use.

    Attributes:
        part: where in the request it is.
        name: the parameter's name, or the header's in lower case; empty for JSON.
        path: the way to it in a JSON body; empty for the others.
    """

    part: Part
    name: str = ""
    path: Path = ()


def header_name(text: str) -> str:
    """The header that *text* names, in lower case.

    Raises:
        ValueError: it is no name of a header.
    """
    if not _TOKEN.fullmatch(text):
        raise ValueError(f"{text!r} is no name of a header; give one like Accept-Language")
    return text.lower()


def compile_place(text: str) -> Place:
    """The place that *text* names: `$.metadata.request_id`, `query NAME` or `header NAME`.

    Raises:
        ValueError: it is none of these; the message names it and says why.
    """
    if text.startswith("$"):
        return Place("json", path=compile_path(text))
    part, _, name = text.partition(" ")
    name = name.strip()
    if name and part == "query":
        return Place("query", name)
    if name and part == "header":
        return Place("header", name.lower())
    raise ValueError(f"{text!r} is no place; give a JSON path like $.metadata.id, or `query NAME`, or `header NAME`")
