"""Writes docs/api-catalogue.md from the structs: every shape the API has sent, field by field, with its source.

python scripts/catalogue.py            write the file
python scripts/catalogue.py --check    exit 1 where the file is not what would be written
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import re
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from msgspec import inspect as shapes

from wiretape.store.aitronos import events, hosts, recognise, routes, vocabulary
from wiretape.store.aitronos.wire import Wire

if TYPE_CHECKING:
    from types import ModuleType

TARGET = Path(__file__).parent.parent / "docs" / "api-catalogue.md"
PACKAGE = "wiretape.store.aitronos"

HEAD = """\
# The API, shape by shape

Written by `scripts/catalogue.py` from the structs in `src/wiretape/store/aitronos`; do not edit by hand.

None of this was seen on the live service. Sources are two pages of the documentation ("seed 1", "seed 2"), other pages
and guides, the SDKs 5.0.0, 0.8.178 and 4.5.7, aitronos-freddy 0.1.2 (AF), the Swift package, the CLI. A field marked
*inferred* was seen nowhere and is looked for by analogy. Unknown fields and values are read over and reported.

*needed* fields tell a shape from others; all else may be absent, which is not the same as null.
"""


class Section(NamedTuple):
    """One module of structs, and the generations it speaks for unless a struct says otherwise."""

    module: str
    generation: str
    others: dict[str, str]


SECTIONS = (
    Section("g1", "G0, G1", {}),
    Section("g2a", "G2a", {}),
    Section("g2b", "G2b", {}),
    Section(
        "g3", "G3", {"Common": "G3, G4", "Tools": "G3, G4", "UsedTool": "G3, G4", "Rule": "G3, G4", "Answer": "G3"}
    ),
    Section(
        "g4", "G4", {"Cancelled": "G3, G4", "ModeInfo": "G3, G4", "OutputModes": "G3, G4", "ReasoningLevels": "G3, G4"}
    ),
    Section("blocks", "G3, G4", {}),
    Section("usage", "G2b, G3, G4", {"NeuronUsage": "G2a"}),
    Section("events", "G2b (style B), G3 (C), G4 (D)", {}),
    Section("errors", "all", {}),
    Section("requests", "G2a, G2b, G3, G4", {"PartialContext": "G4", "PartialCall": "G4"}),
    Section("create", "G2a, G2b, G3, G4", {"RunRequest": "G0, G1", "RunMessage": "G0, G1", "PromptRequest": "all"}),
)

# How docstrings name a source, in brackets or as a part of a sentence of its own.
_SOURCE = re.compile(
    r"(?:as in )?(?:seed [12]|AF|API page|newer FastAPI|types of the SDKs|SDK [\w.]+(?: [\d.]+)?(?: and [\d.]+)?"
    r"|Swift package(?: only)?|older Python sources|(?:one|old) guides?|old (?:cancel )?pages?"
    r"|(?:newest )?(?:pages?|guides?) (?:on|of) [\w ]+)(?:, .*)?"
)


def main(words: list[str]) -> int:
    """Writes or checks; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="exit 1 where the file is stale")
    text = catalogue()
    if not parser.parse_args(words).check:
        TARGET.parent.mkdir(exist_ok=True)
        TARGET.write_text(text, encoding="utf-8")
        return 0
    if TARGET.exists() and TARGET.read_text(encoding="utf-8") == text:
        return 0
    print(f"{TARGET} is stale; `python scripts/catalogue.py` writes it anew.", file=sys.stderr)
    return 1


def catalogue() -> str:
    """The whole page."""
    parts = [HEAD, _recognition(), _words()]
    parts += [_section(section) for section in SECTIONS]
    parts += [_events(), _routes()]
    return "\n".join(parts)


def structs_of(module: ModuleType) -> list[type[Wire]]:
    """The structs that *module* itself defines, in their order."""
    found = [one for one in vars(module).values() if inspect.isclass(one) and issubclass(one, Wire)]
    return [one for one in found if one.__module__ == module.__name__ and not one.__name__.startswith("_")]


def told_fields(struct: type[Wire]) -> dict[str, str]:
    """Field → what the docstring of the struct, or of one it derives from, says of it."""
    told: dict[str, str] = {}
    for base in reversed(struct.__mro__):
        _, _, attributes = inspect.cleandoc(base.__dict__.get("__doc__") or "").partition("\nAttributes:\n")
        name = ""
        for line in attributes.splitlines():
            start = re.match(r"    (\w+): (.*)", line)
            if start:
                name, told[start[1]] = start[1], start[2]
            elif name and line.startswith("        "):
                told[name] += " " + line.strip()
    return told


def source_of(struct: type[Wire], told: str) -> str:
    """Where a field is known from: its own words, else its struct's, else its module's."""
    if "inferred" in told or "by analogy" in told:
        return "inferred"
    heading = (struct.__doc__ or "").partition("\n")[0]
    for text in (told, heading):
        pieces = [*re.findall(r"\(([^()]*)\)", text), *re.split(r"[;,] ", text)]
        for piece in pieces:
            if _SOURCE.fullmatch(piece.rstrip(".")):
                return str(piece).rstrip(".")
    return "inferred" if "(inferred)" in heading else _module_sources(sys.modules[struct.__module__])


def _module_sources(module: ModuleType) -> str:
    text = " ".join((module.__doc__ or "").split())
    found = re.search(r"Source: ([^.]*)\.", text) or re.search(r"\((pages on [^)]*)\)", text)
    return str(found[1]) if found else ""


def _section(section: Section) -> str:
    module = importlib.import_module(f"{PACKAGE}.{section.module}")
    about, _, contradictions = inspect.cleandoc(module.__doc__ or "").partition("\nContradictions:\n")
    lines = [f"## `{section.module}`: {about.splitlines()[0].rstrip('.')}", ""]
    lines += [*about.splitlines()[2:], ""] if len(about.splitlines()) > 1 else []
    if contradictions:
        lines += ["Known contradictions:", "", *_items(contradictions), ""]
    for struct in structs_of(module):
        lines += _struct(struct, section.others.get(struct.__name__, section.generation))
    return "\n".join(lines)


def _items(text: str) -> list[str]:
    """The sentences of a docstring's section; one that begins a line begins an item."""
    items: list[str] = []
    for line in inspect.cleandoc(text).splitlines():
        ended = not items or items[-1].endswith(".")
        items = [*items, line] if ended else [*items[:-1], f"{items[-1]} {line.strip()}"]
    return [f"* {item}" for item in items if item.strip()]


def _struct(struct: type[Wire], generation: str) -> list[str]:
    told = told_fields(struct)
    about = inspect.cleandoc(struct.__doc__ or "").partition("\nAttributes:\n")[0].strip()
    lines = [f"### {_module(struct)}.{struct.__name__} ({generation})", "", about, ""]
    lines += ["| field | type | meaning | source |", "|---|---|---|---|"]
    info = shapes.type_info(struct)
    assert isinstance(info, shapes.StructType)
    for field in info.fields:
        meaning = told.get(field.name, "")
        kind = _type(field.type) + (" *needed*" if field.required else "")
        lines.append(f"| `{field.encode_name}` | {_cell(kind)} | {_cell(meaning)} | {source_of(struct, meaning)} |")
    return [*lines, ""]


def _module(struct: type) -> str:
    return struct.__module__.rpartition(".")[2]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


_PLAIN: dict[type[shapes.Type], str] = {
    shapes.StrType: "string",
    shapes.IntType: "integer",
    shapes.FloatType: "number",
    shapes.BoolType: "boolean",
    shapes.NoneType: "null",
    shapes.AnyType: "anything",
    shapes.RawType: "anything",
}


def _type(info: shapes.Type) -> str:
    match info:
        case shapes.UnionType():
            return " or ".join(dict.fromkeys(_type(one) for one in info.types))
        case shapes.ListType():
            return f"array of {_type(info.item_type)}"
        case shapes.DictType():
            return f"map of {_type(info.value_type)}"
        case shapes.StructType():
            return f"{_module(info.cls)}.{info.cls.__name__}"
        case shapes.Metadata():
            extra = cast("dict[str, frozenset[str]]", info.extra or {})  # pyright: ignore[reportUnknownMemberType]
            values = extra.get("known", frozenset())
            return f"{_type(info.type)} (known: {', '.join(sorted(values))})"
        case _:
            return _PLAIN[type(info)]


def _recognition() -> str:
    lines = ["## How an answer is recognised", "", "The first row that fits, at the endpoints named.", ""]
    lines += ["| generation | shape | told by | operations |", "|---|---|---|---|"]
    for shape in recognise.SHAPES:
        mark = shape.mark.pattern.decode() or "the endpoint"
        cells = (shape.generation or "any", _named(shape.type), f"`{_cell(mark)}`", ", ".join(sorted(shape.operations)))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _named(type_: Any) -> str:
    return "anything" if type_ is object else _type(shapes.type_info(type_))


def _words() -> str:
    lines = ["## One word for many", "", "Spellings of a stop for tools, all read as `tool_calls`: "]
    lines[-1] += ", ".join(f"`{sent}`" for sent in vocabulary.STOP_REASONS) + "."
    lines += [
        "",
        "Hosts that are one and the same API: " + ", ".join(f"`{host}`" for host in sorted(hosts.API_HOSTS)) + ".",
    ]
    return "\n".join([*lines, ""])


def _events() -> str:
    lines = [
        "## Events of response streams",
        "",
        "| event | struct | first sent by | ends the stream |",
        "|---|---|---|---|",
    ]
    for name, struct in events.EVENTS.items():
        ends = "yes" if name in events.ENDS else ""
        lines.append(f"| `{name}` | events.{struct.__name__} | {events.GENERATION_OF.get(name, 'all')} | {ends} |")
    return "\n".join([*lines, ""])


def _routes() -> str:
    rows = routes.operations()
    count = Counter(row.family for row in rows)
    lines = ["## Endpoints", "", f"{len(rows)} operations in {len(count)} families, in `operations.tsv`.", ""]
    lines += ["| family | operations | named by |", "|---|---|---|"]
    for family in sorted(count):
        sources = sorted({row.source for row in rows if row.family == family})
        lines.append(f"| {family} | {count[family]} | {', '.join(sources)} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
