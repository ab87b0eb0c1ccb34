"""What a miss says to do about it: the recording to look at, the option that is missing, the rule that would help."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from wiretape.proxy.decide.modes import Mode, WhenSpent
from wiretape.proxy.decide.player import Refuse
from wiretape.proxy.run import Run
from wiretape.proxy.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Scribe
    from wiretape.proxy.decide.misses import Miss
    from wiretape.proxy.playback import Playback
    from wiretape.proxy.serve.clock import Clock
    from wiretape.store.interaction import Request

AT = "2026-01-02T03:04:05.000006Z"


@pytest.fixture
def playback(scribe: Scribe, still: Clock, make_request: Callable[..., Request]) -> Iterator[Playback]:
    """Of a session with a name that a shell would take apart."""
    call = make_request("/v1/x", "POST", b'{"metadata": {"trace": "a"}, "q": 1}')
    scribe.session((call, b"1"), (make_request("/v1/models"), b"2"), (call, b"3"), name="my session")
    writer = scribe.begin("my session", "append")
    other = writer.interaction(msgspec.structs.replace(make_request("/o"), host="other.example"), "other.example", AT)
    other.request_done("k1:0", redacted=False)
    other.finish("upstream_error", 1, problem="it was gone").result()
    writer.end(AT)
    settings = Settings(cassette=scribe.path, mode=Mode.REPLAY, session="my session", when_spent=WhenSpent.MISS)
    run = Run.open(settings, still)
    yield run.playback
    run.close()


def missed(playback: Playback, request: Request) -> Miss:
    refusal = playback.ask(request, "api")
    assert isinstance(refusal, Refuse)
    return playback.missed(request, "api", refusal)


def test_a_real_difference(playback: Playback, scribe: Scribe, make_request: Callable[..., Request]) -> None:
    """The nearest recording can be shown as the command says; no rule is offered."""
    miss = missed(playback, make_request("/v1/x", "POST", b'{"metadata": {"trace": "a"}, "q": 2}'))
    assert miss.look == f"wiretape show 'my session/1' -c {scribe.path}"
    assert miss.leave_out is None
    assert miss.mend.startswith(f"wiretape auto -c {scribe.path} --session 'my session' -- YOUR COMMAND")
    assert "nearest recording: my session/1 POST /v1/x (and my session/3, recorded alike)" in "\n".join(miss.lines())


def test_a_difference_by_chance(playback: Playback, scribe: Scribe, make_request: Callable[..., Request]) -> None:
    """The rule that leaves it out is offered."""
    miss = missed(playback, make_request("/v1/x", "POST", b'{"metadata": {"trace": "b"}, "q": 1}'))
    assert miss.leave_out == f"wiretape rekey 'my session' -c {scribe.path} --ignore '$.metadata.trace'"


def test_asked_too_often(playback: Playback, make_request: Callable[..., Request]) -> None:
    """Its recordings are named; nothing is compared."""
    playback.ask(make_request(), "api")
    miss = missed(playback, make_request())
    assert miss.detail == "recorded once in session 'my session' (my session/2), answered once already"
    assert miss.mend.endswith("# records what is missing, or replay it with --when-spent repeat")
    assert (list(miss.nearest), miss.look) == ([], None)


@pytest.mark.parametrize(
    ("host", "port", "detail", "mend"),
    [
        ("other.example", 81, "other.example:81 is not the API", "--intercept other.example:81 -- YOUR COMMAND"),
        ("third.example", 80, "third.example is not the API", "--intercept third.example -- YOUR COMMAND"),
    ],
)
def test_another_host(
    playback: Playback, make_request: Callable[..., Request], host: str, port: int, detail: str, mend: str
) -> None:
    """The command that records it too is named."""
    miss = playback.foreign(msgspec.structs.replace(make_request(), host=host, port=port))
    assert detail in miss.detail
    assert mend in miss.mend
    assert playback.foreign(msgspec.structs.replace(make_request(), host=host, port=port)).detail == miss.detail


def test_a_neighbour_that_was_not_answered(playback: Playback, make_request: Callable[..., Request]) -> None:
    """It says so first."""
    miss = missed(playback, make_request("/o"))
    near = next(near for near in miss.nearest if near.interaction == "my session/4")
    assert near.differences[0] == "recorded without an answer: it was gone"
