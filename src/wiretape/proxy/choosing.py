"""What counts for a run: what was asked for now, else what the settings file says, else the usual."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from wiretape.proxy.configuration import SettingsFile, read_settings_file
from wiretape.proxy.decide.jsonpath import compile_path
from wiretape.proxy.decide.modes import Mode, WhenSpent
from wiretape.proxy.decide.pace import INSTANT, parse_pace
from wiretape.proxy.decide.places import compile_place, header_name
from wiretape.proxy.decide.redaction import hook
from wiretape.proxy.decide.rules import Rules
from wiretape.proxy.decide.userhook import install
from wiretape.proxy.settings import Listen, Settings, parse_hosts, parse_listen, parse_session
from wiretape.proxy.userfunctions import load
from wiretape.proxy.usual import DEFAULT_LISTEN, DEFAULT_SESSION, cassette_path
from wiretape.store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a person asked for in so many words; None and nothing where they did not.

    Attributes:
        cassette: the cassette.
        session: the session's name.
        upstream: where requests for the API go.
        alias: more names of the API.
        intercept: other hosts to record.
        listen: where the proxy listens, `HOST:PORT`.
        pace: how fast answers are told.
        when_spent: what a request gets that was asked more often than recorded.
        strict: a recorded interaction that nobody asked for fails a replay.
        append: record into an existing session.
        ready_file: where the proxy's addresses are written.
        command: whether a command runs against the proxy.
        ignore: JSON paths that do not count.
        ignore_query: query parameters that do not count.
        match_header: headers that count.
        echo: places whose values the recorded answer repeats.
    """

    cassette: Path | None = None
    session: str | None = None
    upstream: str | None = None
    alias: Iterable[str] = ()
    intercept: Iterable[str] = ()
    listen: str | None = None
    pace: str | None = None
    when_spent: WhenSpent | None = None
    strict: bool | None = None
    append: bool = False
    ready_file: Path | None = None
    command: bool = False
    ignore: Iterable[str] = ()
    ignore_query: Iterable[str] = ()
    match_header: Iterable[str] = ()
    echo: Iterable[str] = ()


def settings_file(environment: Mapping[str, str]) -> SettingsFile:
    """The settings file that counts here.

    Raises:
        UsageError: something in it is wrong.
    """
    return read_settings_file(environment, Path.cwd())


def chosen(mode: Mode, asked: Asked, file: SettingsFile, environment: Mapping[str, str]) -> Settings:
    """The settings of a run; the canonicaliser that the file names is loaded.

    Raises:
        UsageError: something asked for, or in the file, is wrong.
    """
    values = file.values
    upstream = asked.upstream or values.upstream
    strict = bool(values.strict if asked.strict is None else asked.strict)
    judged = asked.command or strict
    pace = asked.pace or values.pace
    return Settings(
        cassette=cassette_path(asked.cassette, environment, file),
        session=_session(mode, asked, file),
        mode=mode,
        hosts=parse_hosts(upstream, tuple(asked.alias) or values.alias, tuple(asked.intercept) or values.intercept),
        upstream_named=upstream is not None,
        listen=_listen(asked, file),
        when_spent=asked.when_spent or values.when_spent or (WhenSpent.MISS if judged else WhenSpent.REPEAT),
        append=asked.append,
        strict=strict,
        pace=parse_pace(pace) if pace else INSTANT,
        rules=chosen_rules(asked, file),
        ready_file=asked.ready_file,
        hosts_named=(
            *(word for alias in asked.alias for word in ("--alias", alias)),
            *(word for host in asked.intercept for word in ("--intercept", host)),
        ),
    )


def chosen_rules(asked: Asked, file: SettingsFile) -> Rules:
    """The rules of matching and redaction; the functions that the file names are loaded.

    Raises:
        UsageError: one that was asked for is malformed, or a function cannot be loaded.
    """
    matching, redact = file.values.matching, file.values.redact
    if redact.callable is not None and file.path is not None:
        with file.blamed("redact.callable"):
            hook.install(redact.callable, load(redact.callable, file.path.parent))
    if matching.canonicaliser is not None and file.path is not None:
        with file.blamed("matching.canonicaliser"):
            install(matching.canonicaliser, load(matching.canonicaliser, file.path.parent))
    return Rules(
        ignored_paths=_parsed("--ignore", asked.ignore, compile_path) or matching.ignore,
        ignored_query=tuple(asked.ignore_query) or matching.ignore_query,
        headers=tuple(map(header_name, _parsed("--match-header", asked.match_header, header_name) or matching.headers)),
        echo=_parsed("--echo", asked.echo, compile_place) or matching.echo,
        canonicaliser=matching.canonicaliser,
        redact=redact,
    )


def _parsed(option: str, texts: Iterable[str], parse: Callable[[str], object]) -> tuple[str, ...]:
    texts = tuple(texts)
    for text in texts:
        try:
            parse(text)
        except ValueError as error:
            raise UsageError(f"{option}: {error}") from None
    return texts


def _session(mode: Mode, asked: Asked, file: SettingsFile) -> str:
    if asked.session is not None or file.values.session is None:
        return parse_session(DEFAULT_SESSION if asked.session is None else asked.session, mode)
    with file.blamed("session"):
        return parse_session(file.values.session, mode)


def _listen(asked: Asked, file: SettingsFile) -> Listen:
    text = asked.listen or file.values.listen
    if text is None and asked.command:
        return Listen(port=0)
    return parse_listen(text or DEFAULT_LISTEN)
