"""The house rules that a program can see: imports run downhill, heavy ones wait, the wheel holds the rooms."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "wiretape"
ROOMS = ("store", "proxy", "addons", "cli")  # uphill
FILES = sorted(SOURCE.rglob("*.py"))

ONLY_IN = {
    "sqlite3": ("store",),
    "sqlite_utils": ("store",),
    "mitmproxy": ("addons",),
    "pytest": ("addons",),
    "yaml": ("addons",),
    "typer": ("cli",),
    "rich": ("cli",),
}
IMPURE = {"socket", "asyncio", "time", "random", "os", "secrets", "subprocess", "threading", "pathlib"}


@functools.cache
def imports(path: Path, *, typing_too: bool = True) -> set[str]:
    """Every module that a file imports, wherever in it."""
    tree = ast.parse(path.read_text())
    skipped: set[ast.AST] = set()
    if not typing_too:
        for node in ast.walk(tree):
            if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
                skipped.update(child for statement in node.body for child in ast.walk(statement))
    found: set[str] = set()
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports inside the package are absolute"
            found.add(node.module or "")
    return found


def room(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0]


class TestFiles:
    def test_imports_run_downhill(self) -> None:
        """Cli → addons → proxy → store, never back, and no room by its top-level name."""
        for path in FILES:
            if room(path) not in ROOMS:
                continue
            height = ROOMS.index(room(path))
            for name in imports(path):
                top, *rest = name.split(".")
                assert top not in ROOMS, f"{path} imports {name}: rooms are imported as wiretape.{name}"
                if top == "wiretape" and rest and rest[0] in ROOMS:
                    assert ROOMS.index(rest[0]) <= height, f"{path} imports {name}, which is uphill"

    def test_libraries_stay_in_their_rooms(self) -> None:
        """SQLite in store, mitmproxy and pytest in addons, typer and rich in cli."""
        for path in FILES:
            for name in imports(path):
                allowed = ONLY_IN.get(name.split(".")[0])
                assert allowed is None or room(path) in allowed, f"{path} imports {name}"

    def test_decisions_are_pure(self) -> None:
        """proxy/decide sees no socket, clock, randomness or file."""
        for path in FILES:
            if "decide" in path.parts:
                tops = {name.split(".")[0] for name in imports(path, typing_too=False)}
                assert not tops & IMPURE, f"{path} imports {tops & IMPURE}"

    def test_each_says_what_it_is_for(self) -> None:
        """Each file has a docstring, one idea, and fewer than 300 lines."""
        for path in FILES:
            text = path.read_text()
            assert ast.get_docstring(ast.parse(text)), f"{path} has no docstring"
            assert len(text.splitlines()) <= 300, f"{path} is too long for one idea"


def test_only_one_folder_knows_the_api() -> None:
    """The API's hosts are named nowhere but in store/aitronos (and in what imitates the API)."""
    for path in FILES:
        if "aitronos.com" in path.read_text():
            assert "aitronos" in path.parts or room(path) == "addons", path


@pytest.mark.parametrize("name", ROOMS)
def test_the_links_lead_to_the_rooms(name: str) -> None:
    """The four rooms stand at the top level, as links."""
    link = ROOT / name
    assert link.is_symlink()
    assert link.resolve() == SOURCE / name


def test_the_wheel_holds_the_rooms_and_nothing_generic(tmp_path: Path) -> None:
    """No `store` or `proxy` of ours lands in anybody's site-packages."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"wiretape"}
    assert {"wiretape/py.typed", *(f"wiretape/{r}/__init__.py" for r in ROOMS)} <= set(names)
    packed = {f"wiretape/{path.relative_to(SOURCE)}" for path in SOURCE.rglob("*") if path.suffix in (".py", ".tsv")}
    assert packed <= set(names)


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("wiretape.cli.main", {"mitmproxy", "sqlite_utils", "rich.console", "cryptography", "asyncio", "sqlite3"}),
        ("wiretape.cli.main", {"wiretape.store.cassette", "wiretape.store.merging", "wiretape.proxy.configuration"}),
        ("wiretape.proxy.playback", {"mitmproxy", "sqlite_utils", "rich", "typer", "cryptography"}),
        # What addons of mitmproxy need that no recording does.
        ("wiretape.addons.mitm.host", {"mitmproxy.addons", "flask", "ldap3"}),
        # What only a recording needs.
        ("wiretape.proxy.serve.wholerun", {"wiretape.store.opening", "wiretape.store.recording", "sqlite_utils"}),
    ],
)
def test_heavy_imports_wait_until_needed(module: str, heavy: set[str]) -> None:
    """A quick command does not pay for what it does not use."""
    code = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert not heavy & set(loaded)
