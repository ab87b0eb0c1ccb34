"""Writes the generated parts of the docs: the mode table, every command's help, the tables of a cassette.

With `--check` it writes nothing and exits 1 where a part is stale.
"""

from __future__ import annotations

import re
import sqlite3
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from typer.main import get_command

from wiretape.cli.main import app
from wiretape.proxy.decide.modes import RULES, Action, Found, Mode
from wiretape.store import schema

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent
_BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)

_FOUND = {
    Found.FOUND: "recorded",
    Found.SPENT: "recorded n times, asked n+1",
    Found.UNKNOWN: "never recorded",
}
_ACTION = {
    Action.ANSWER: "the next recorded answer",
    Action.SPEND: "a miss, or as `--when-spent` says",
    Action.KEEP: "goes live, is recorded",
    Action.PASS: "goes live",
    Action.REFUSE: "a miss",
}
_VCR = {Mode.RECORD: "all", Mode.REPLAY: "none", Mode.AUTO: "new_episodes", Mode.ONCE: "once", Mode.LIVE: "-"}


def modes() -> str:
    """The mode table."""
    lines = ["| mode | VCR's word | " + " | ".join(_FOUND.values()) + " |", "|---" * 5 + "|"]
    for mode in Mode:
        if mode is Mode.ONCE:
            cells = ["`replay` where the session is complete, else `record`", "", ""]
        else:
            cells = [_ACTION[RULES[mode][found]] for found in Found]
        lines.append(f"| `{mode}` | {_VCR[mode]} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def commands() -> str:
    """Every command's help, as it prints it."""
    group = get_command(app)
    texts = [_help(group, "wiretape")]
    texts += [_help(command, f"wiretape {name}") for name, command in getattr(group, "commands", {}).items()]
    return "\n".join(texts)


def _help(command: object, name: str) -> str:
    make_context = getattr(command, "make_context")  # noqa: B009 - typer's own click has no public types
    context = make_context(name, [], resilient_parsing=True, terminal_width=100, max_content_width=100)
    text: str = getattr(command, "get_help")(context)  # noqa: B009 - the same
    title = f"## {name}\n\n" if " " in name else ""
    return f"{title}```\n{text.rstrip()}\n```\n"


def tables() -> str:
    """The statements that make a cassette."""
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "x", isolation_level=None)
        schema.migrate(connection)
        rows = connection.execute(
            "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL"
            " AND name NOT LIKE 'said_%' AND name NOT LIKE '%sqlite%'"
        )
        text = ";\n\n".join(row[0] for row in rows)
        connection.close()
    return f"```sql\n{text};\n```\n"


PARTS: dict[str, Callable[[], str]] = {"modes": modes, "commands": commands, "tables": tables}


def main() -> int:
    """Write the parts, or check them."""
    check = "--check" in sys.argv
    stale: list[str] = []
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        before = path.read_text()
        after = _BLOCK.sub(lambda found: found[1] + PARTS[found[2]]() + found[3], before)
        if after != before:
            stale.append(path.name)
            if not check:
                path.write_text(after)
    if stale:
        print(("stale, run `make docs`: " if check else "written: ") + ", ".join(stale))
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
