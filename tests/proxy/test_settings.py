"""Where the proxy listens, and what it asks for there."""

from __future__ import annotations

from pathlib import Path

import pytest

from wiretape.proxy.decide.admission import Password
from wiretape.proxy.decide.modes import Mode
from wiretape.proxy.run import Run
from wiretape.proxy.runs import Runs
from wiretape.proxy.serve.clock import Clock
from wiretape.proxy.serve.foreground import listening_at
from wiretape.proxy.serve.threaded import ThreadedReplay
from wiretape.proxy.serve.wholerun import serve_run
from wiretape.proxy.settings import Listen, Settings, check_listen, parse_listen, parse_password
from wiretape.store.errors import UsageError

WORD = "abc.DEF_ghi~"


def settings(listen: Listen, password: Password | None = None) -> Settings:
    return Settings(cassette=Path("none.cassette"), mode=Mode.REPLAY, listen=listen, password=password)


@pytest.mark.parametrize(
    ("text", "listen", "alone"),
    [
        ("127.0.0.1:0", Listen("127.0.0.1", 0), True),
        ("8080", Listen("127.0.0.1", 8080), True),
        ("localhost:1", Listen("localhost", 1), True),
        ("[::1]:1", Listen("::1", 1), True),
        ("127.8.9.1:1", Listen("127.8.9.1", 1), True),
        ("0.0.0.0:1", Listen("0.0.0.0", 1), False),
        ("[::]:1", Listen("::", 1), False),
        ("192.168.1.5:1", Listen("192.168.1.5", 1), False),
        ("recorder:1", Listen("recorder", 1), False),
        ("localhost.example.org:1", Listen("localhost.example.org", 1), False),
    ],
)
def test_who_can_reach_it(text: str, listen: Listen, alone: bool) -> None:  # noqa: FBT001 - a table
    """Loopback needs no password; whatever else, known or not, does."""
    assert parse_listen(text) == listen
    assert listen.is_loopback is alone
    check_listen(settings(listen, Password(WORD)))
    if alone:
        check_listen(settings(listen))
        return
    with pytest.raises(UsageError, match=r"give a --password \(or \$WIRETAPE_PASSWORD\), or listen on loopback only"):
        check_listen(settings(listen))


@pytest.mark.parametrize("text", ["", "0.0.0.0", "0.0.0.0:65536", "host:", "host:x"])
def test_what_is_no_address(text: str) -> None:
    """Said as it was written."""
    with pytest.raises(UsageError, match=r"--listen '.*' is no address; give HOST:PORT"):
        parse_listen(text)


def test_nothing_serves_others_without_a_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a command nor a program; nothing was opened or made by then."""
    monkeypatch.setenv("WIRETAPE_HOME", str(tmp_path))
    open_to_all = settings(Listen("0.0.0.0", 0))
    with pytest.raises(UsageError, match="--password"):
        serve_run(open_to_all, print, (), lambda _: pytest.fail("an engine was chosen"))
    with pytest.raises(UsageError, match="--password"):
        ThreadedReplay(Runs(Run(open_to_all, Clock(), Mode.REPLAY))).start()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("option", "variable", "found"),
    [
        (None, None, None),
        (None, "", None),
        (None, WORD, Password(WORD)),
        (WORD, None, Password(WORD)),
        (WORD, "another word", Password(WORD)),
        ("0123456789ab!$&'()*+,;=-", None, Password("0123456789ab!$&'()*+,;=-")),
    ],
)
def test_passwords(option: str | None, variable: str | None, found: Password | None) -> None:
    """The option wins over the variable; an empty variable is none."""
    environment = {} if variable is None else {"WIRETAPE_PASSWORD": variable}
    assert parse_password(option, environment) == found


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("", "is too short; give 12 characters or more"),
        ("elevenchars", "is too short"),
        ("x" * 201, "is too long to stand in every request; give 200 characters or fewer"),
        ("of/twelve/chars", "cannot stand in an address as it is"),
        ("of:twelve:chars", "cannot stand in an address as it is"),
        ("of twelve chars", "cannot stand in an address as it is"),
        ("of@twelve@chars", "cannot stand in an address as it is"),
        ("of%20twelve%20chars", "cannot stand in an address as it is"),
        ("zwölf Zeichen", "cannot stand in an address as it is"),
        ("twelve-chars\n", "cannot stand in an address as it is"),
    ],
)
def test_passwords_that_will_not_do(word: str, says: str) -> None:
    """Where it stands, and what would; never the word itself."""
    for option, environment, name in ((word, {}, "--password"), (None, {"WIRETAPE_PASSWORD": word}, "$WIRETAPE_PASS")):
        if option is None and not word:
            continue
        with pytest.raises(UsageError, match=says) as caught:
            parse_password(option, environment)
        assert str(caught.value).startswith(name)
        assert not word or word not in str(caught.value)


def test_a_password_is_not_shown_with_the_settings() -> None:
    """A traceback may show them."""
    assert WORD not in repr(settings(Listen(), Password(WORD)))


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8"),
        ("::1", "http://[::1]:8"),
        ("0.0.0.0", "http://127.0.0.1:8"),
        ("::", "http://[::1]:8"),
        ("192.168.1.5", "http://192.168.1.5:8"),
    ],
)
def test_where_clients_of_this_machine_find_it(host: str, url: str) -> None:
    """Nobody can ask at all addresses."""
    assert listening_at(host, 8) == url
