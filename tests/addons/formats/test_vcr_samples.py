"""Files that older versions of VCR.py, and Betamax, really wrote: each answer is served whole and reads as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from wiretape.addons.standin.downloads import content
from wiretape.store.cassette import Cassette

if TYPE_CHECKING:
    from tests.addons.formats.conftest import Imports
    from wiretape.store.interaction import Request

SAMPLES = Path(__file__).parents[2] / "data" / "vcr"
COUNTS = {
    "urllib2-0.1.0.yaml": 4,
    "urllib2-0.7.0.yaml": 4,
    "urllib2-0.7.0.json": 3,
    "urllib2-1.13.0.yaml": 4,
    "tornado-1.13.0.yaml": 2,
    "httpx-4.1.1.yaml": 4,
    "httpx-8.0.0.yaml": 4,
    "aiohttp-4.1.1.yaml": 5,
    "aiohttp-9.4.2.yaml": 5,
    "requests-4.1.1.yaml": 4,
    "requests-decoded-9.4.2.yaml": 4,
    "betamax-0.9.0.json": 2,
}


def test_every_sample_is_tried() -> None:
    """No file lies there for nothing."""
    assert {path.name for path in SAMPLES.iterdir()} == {*COUNTS, "README.md"}


def requests_of(imports: Imports, session: str) -> list[Request]:
    """What was asked, bodies included."""
    with Cassette.open(imports.path) as cassette:
        return [cassette.request(interaction.id) for interaction in cassette.interactions(session)]


@pytest.mark.parametrize("name", COUNTS)
def test_a_sample_is_replayed(name: str, imports: Imports) -> None:
    """Every request of the file gets its own answer, in its order; the stand-in numbered them."""
    code, said = imports(SAMPLES / name, "--session", "s")
    assert code == 0, said
    asked = requests_of(imports, "s")
    assert len(asked) == COUNTS[name]
    with imports.replay("s") as url, httpx.Client(base_url=url, trust_env=False) as client:
        numbers: list[int] = []
        for request in asked:
            kept = [(key, value) for key, value in request.headers if key.lower() in (b"content-type", b"accept")]
            answer = client.request(request.method, request.target, headers=kept, content=request.body)
            number = int(answer.headers["x-request-id"].removeprefix("req_"))
            numbers.append(number)
            check(request.path, answer, number)
    assert numbers == sorted(set(numbers))


def check(path: str, answer: httpx.Response, number: int) -> None:
    """The body is the one that the stand-in made for *number*."""
    match path:
        case "/v1/models":
            assert answer.json()["models"][0]["description"] == f"As of answer {number}"
        case "/v1/model/response":
            assert answer.json()["response"][0]["text"] == f"Grüezi 👋, this is **answer {number}**."
        case "/v1/model/response/stream":
            frames = answer.text.split("\n\n")
            first = json.loads(frames[0].partition("data: ")[2])
            assert first["message"] == f"Preparing response {number}"
            assert "Grüezi 👋" in answer.text
            assert answer.headers["transfer-encoding"] == "chunked"
        case "/v1/nothing":
            assert answer.status_code == 404
            assert answer.json()["error"]["system_message"].endswith(f"(answer {number})")
        case "/v1/health":
            assert answer.status_code == 307
            assert answer.headers["location"].endswith("/v1/health/")
        case "/v1/health/":
            assert answer.json()["request_id"] == f"req_{number:06}"
        case "/v1/messages/run-create":
            assert answer.json()["runKey"] == f"run_{number:06}"
        case "/v1/organizations/org_1/files/upload":
            assert answer.json()["files"][0]["file_size"] == 256
        case _:
            # The token in the address is a secret.
            assert path in ("/v1/files/s/tok/x.bin", "/v1/files/s/REDACTED-token-2/x.bin")
            assert answer.content == b"".join(content(number, 0, 300))


@pytest.mark.parametrize("name", COUNTS)
def test_the_key_does_not_reach_the_cassette(name: str, imports: Imports) -> None:
    """An import passes redaction like a recording."""
    assert b"not-a-real-key" in (SAMPLES / name).read_bytes()
    imports(SAMPLES / name)
    assert b"not-a-real-key" not in imports.path.read_bytes()


def test_bodies_that_were_objects_are_what_was_sent(imports: Imports) -> None:
    """A file and an iterator that requests was given to send."""
    imports(SAMPLES / "requests-4.1.1.yaml", "--session", "s")
    bodies = [request.body for request in requests_of(imports, "s")]
    assert bodies[2] == b'{"model":"m","inputs":[{"role":"user","content":"x"}]}'
    assert bodies[3] == b'{"model":"m","inputs":[{"role":"user","content":"y"}]}'


def test_values_are_taken_for_json_and_said_to_be(imports: Imports) -> None:
    """Newer versions keep what aiohttp was given, and do not say whether it was sent as JSON."""
    code, said = imports(SAMPLES / "aiohttp-9.4.2.yaml", "--session", "s")
    assert code == 0
    assert "entry 1: the request's body is values, not bytes: taken for JSON" in said
    first = requests_of(imports, "s")[0]
    assert json.loads(first.body)["inputs"][0]["content"] == "Grüß Gott"


def test_a_body_that_was_never_kept_is_said(imports: Imports) -> None:
    """Older versions lost it."""
    _, said = imports(SAMPLES / "aiohttp-4.1.1.yaml", "--session", "s")
    assert "entry 1: the request's body is missing" in said


def test_times_are_those_of_the_file(imports: Imports) -> None:
    """`recorded_at`, or the answer's `Date`."""
    imports(SAMPLES / "betamax-0.9.0.json", "--session", "recorded_at")
    imports(SAMPLES / "urllib2-0.1.0.yaml", "--session", "date")
    assert imports.interactions("recorded_at")[0].started_at == "2026-11-22T08:57:38.000000Z"
    assert imports.interactions("date")[0].started_at == "2026-11-22T08:57:34.000000Z"
