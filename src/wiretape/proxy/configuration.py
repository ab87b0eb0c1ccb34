"""The settings file: `wiretape.toml`, or `[tool.wiretape]` in `pyproject.toml`; found, read, and its faults named.

The first one from the working folder upwards counts, up to the root of the repository or else of the file system;
`$WIRETAPE_SETTINGS` names another one. Options of the command line win over it.
"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import msgspec

from wiretape.proxy.decide.jsonpath import compile_path
from wiretape.proxy.decide.modes import WhenSpent
from wiretape.proxy.decide.pace import parse_pace
from wiretape.proxy.decide.places import compile_place, header_name
from wiretape.proxy.decide.redaction.rules import NO_REDACT_RULES, RedactRules, Where
from wiretape.proxy.decide.routing import parse_host, parse_upstream
from wiretape.proxy.decide.userhook import check_name
from wiretape.proxy.scan.allowing import compile_allowed
from wiretape.proxy.settings import parse_listen
from wiretape.proxy.usual import DEFAULT_CASSETTE
from wiretape.store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

type EngineWord = Literal["auto", "direct", "mitmproxy"]

VARIABLE = "WIRETAPE_SETTINGS"
OWN_NAME = "wiretape.toml"
SHARED_NAME = "pyproject.toml"
_SHARED_ROOT = "$.tool.wiretape"
_PLACED = re.compile(r"(.*) - at `(\$.*)`", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_OPTION = re.compile(r"^--[a-z-]+ ")


class Matching(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The table `[matching]`: what makes two requests the same; see `Rules`.

    Attributes:
        ignore: JSON paths that do not count.
        ignore_query: query parameters that do not count.
        headers: headers that count.
        echo: places whose values the recorded answer repeats.
        canonicaliser: a function of the user's, as `package.module:function`.
    """

    ignore: tuple[str, ...] = ()
    ignore_query: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    echo: tuple[str, ...] = ()
    canonicaliser: str | None = None


class Scan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The table `[scan]`: what `wiretape scan` passes over.

    Attributes:
        allow: regular expressions of whole values that are no secrets.
    """

    allow: tuple[str, ...] = ()


class Configuration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a settings file says; None and nothing where it does not.

    Attributes:
        cassette: the cassette, from the file's folder.
        session: the session's name.
        upstream: where requests for the API go.
        alias: more names of the API.
        intercept: other hosts to record.
        listen: where the proxy listens, `HOST:PORT`.
        engine: what serves a replay.
        pace: how fast answers are told.
        when_spent: what a request gets that was asked more often than recorded.
        strict: a recorded interaction that nobody asked for fails a replay.
        recorder: the command that is wiretape with mitmproxy, for pytest, where that is another environment's.
        matching: what makes two requests the same.
        redact: what is kept from the disk besides the usual, and what is let onto it.
        scan: what `wiretape scan` passes over.
    """

    cassette: str | None = None
    session: str | None = None
    upstream: str | None = None
    alias: tuple[str, ...] = ()
    intercept: tuple[str, ...] = ()
    listen: str | None = None
    engine: EngineWord | None = None
    pace: str | None = None
    when_spent: WhenSpent | None = None
    strict: bool | None = None
    recorder: str | None = None
    matching: Matching = Matching()
    redact: RedactRules = NO_REDACT_RULES
    scan: Scan = Scan()


class _Tool(msgspec.Struct, frozen=True):
    wiretape: Configuration | None = None


class _Shared(msgspec.Struct, frozen=True):
    """`pyproject.toml`, as far as it is ours."""

    tool: _Tool = _Tool()


_TABLES: Mapping[str, type[msgspec.Struct]] = {
    "$": Configuration,
    "$.matching": Matching,
    "$.redact": RedactRules,
    "$.redact.add": Where,
    "$.redact.exempt": Where,
    "$.scan": Scan,
}
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "$.engine": get_args(EngineWord.__value__),
    "$.when_spent": tuple(choice.value for choice in WhenSpent),
}


class SettingsFile(msgspec.Struct, frozen=True):
    """A settings file, or none.

    Attributes:
        path: where it lies; None where there is none.
        values: what it says.
        name: what it is called in messages.
        root: the JSON path of our table in it.
    """

    path: Path | None = None
    values: Configuration = Configuration()
    name: str = ""
    root: str = "$"

    @property
    def cassette(self) -> Path:
        """The cassette that it names, else the usual one."""
        if self.path is None or self.values.cassette is None:
            return Path(DEFAULT_CASSETTE)
        named = Path(self.values.cassette).expanduser()
        # A file that lies where we are needs no folder before what it names, and messages are shorter without.
        return named if self.name == self.path.name else self.path.parent / named

    @contextlib.contextmanager
    def blamed(self, key: str) -> Generator[None]:
        """Have what is wrong with the value of *key* say where it stands.

        Raises:
            UsageError: instead of a UsageError or ValueError.
        """
        try:
            yield
        except (UsageError, ValueError) as error:
            raise UsageError(f"{self.name}: {self.root}.{key}: {without_option(error)}") from None


def without_option(error: Exception) -> str:
    """What a parser says that reads an option, too, for whoever gave no option."""
    return _OPTION.sub("", str(error))


def read_settings_file(environment: Mapping[str, str], folder: Path) -> SettingsFile:
    """The settings file that counts in *folder*; one that says nothing where there is none.

    Raises:
        UsageError: it cannot be read, or something in it is wrong: the message names the file and the place.
    """
    named = environment.get(VARIABLE)
    if named:
        path = folder / Path(named).expanduser()
        found = _read(path, named)
        if found is None:
            raise UsageError(f"${VARIABLE} names {named}, which has no [tool.wiretape]")
        return found
    here = folder.absolute()
    for parent in (here, *here.parents):
        for name in (OWN_NAME, SHARED_NAME):
            path = parent / name
            if path.is_file() and (found := _read(path, name if parent == here else str(path))) is not None:
                return found
        if (parent / ".git").exists():
            break
    return SettingsFile()


def _read(path: Path, name: str) -> SettingsFile | None:
    """The settings of a file; None for a `pyproject.toml` that is not about us."""
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} cannot be read: {error}") from None
    shared = path.name == SHARED_NAME
    # Most of these files say nothing of us, and need not be parsed to see that.
    if shared and "wiretape" not in text:
        return None
    table = _parsed(text, name)
    root = _SHARED_ROOT if shared else "$"
    try:
        values = msgspec.convert(table, _Shared).tool.wiretape if shared else msgspec.convert(table, Configuration)
    except msgspec.ValidationError as error:
        raise UsageError(f"{name}: {_worded(str(error).replace(_SHARED_ROOT, '$'), root)}") from None
    if values is None:
        return None
    found = SettingsFile(path, values, name, root)
    _check(found)
    return found


def _parsed(text: str, name: str) -> object:
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{name} is no TOML: {error}") from None


def _worded(message: str, root: str) -> str:
    """What msgspec found wrong, with its place first: `$.matching.ignore[1]: expected str, got int`."""
    placed = _PLACED.fullmatch(message)
    what, where = (placed[1], placed[2]) if placed else (message, "$")
    unknown = _UNKNOWN.fullmatch(what)
    if unknown:
        what = f"there is no such key; {_advice(unknown[1], where)}"
        where = f"{where}.{unknown[1]}"
    elif where in _CHOICES and what.startswith("Invalid"):
        what = f"{what.partition('value ')[2]} is none of {', '.join(_CHOICES[where])}"
    else:
        what = what[:1].lower() + what[1:].replace("`", "").replace(" | null", "").replace("object", "table")
    return f"{root}{where[1:]}: {what}"


def _advice(key: str, where: str) -> str:
    import difflib

    known = [field.name for field in msgspec.structs.fields(_TABLES[where])] if where in _TABLES else []
    near = difflib.get_close_matches(key.replace("-", "_"), known, 1)
    if not near:
        near = [f"{table[2:]}.{key}" for table, kind in _TABLES.items() if table != where and hasattr(kind, key)]
    if near:
        return f"do you mean {near[0].removeprefix('.')}?"
    return f"there are {', '.join(known)}" if known else "leave it out"


def _check(file: SettingsFile) -> None:
    """See whether the file's words are well-formed."""
    for key, value, parse in _words(file.values):
        if value is not None:
            with file.blamed(key):
                parse(value)


def _words(values: Configuration) -> Iterator[tuple[str, str | None, Callable[[str], object]]]:
    """What has a form of its own, by its key, and what reads it."""
    matching = values.matching
    yield "upstream", values.upstream, parse_upstream
    yield "listen", values.listen, parse_listen
    yield "pace", values.pace, parse_pace
    yield "matching.canonicaliser", matching.canonicaliser, check_name
    several: tuple[tuple[str, tuple[str, ...], Callable[[str], object]], ...] = (
        ("alias", values.alias, parse_host),
        ("intercept", values.intercept, parse_host),
        ("matching.ignore", matching.ignore, compile_path),
        ("matching.headers", matching.headers, header_name),
        ("matching.echo", matching.echo, compile_place),
        ("scan.allow", values.scan.allow, compile_allowed),
    )
    for key, listed, parse in several:
        yield from ((f"{key}[{number}]", value, parse) for number, value in enumerate(listed))
