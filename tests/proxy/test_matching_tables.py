"""What replay answers and what it does not, from the address to the verdict: a recording, and who comes asking."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
import pytest

from wiretape.proxy.decide.modes import Mode
from wiretape.proxy.decide.player import Answer
from wiretape.proxy.run import Run
from wiretape.proxy.settings import Settings, parse_hosts
from wiretape.store.interaction import Request, ResponseHead

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Scribe
    from wiretape.proxy.serve.clock import Clock

URL = "https://api.aitronos.com"
ASK = "/v1/model/response"
BODY = {
    "inputs": [{"role": "user", "content": "Grüezi 👋"}],
    "temperature": 1,
    "stop": [],
    "tags": ["a", "b"],
    "n": None,
}
JSON = ("Content-Type: application/json",)
FORM = ("Content-Type: application/x-www-form-urlencoded",)


def upload(boundary: str, *, content: str = "hello", name: str = "a.txt", first: str = "purpose") -> str:
    parts = {
        "purpose": '\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nvector_store\r\n',
        "file": f'\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        f"Content-Type: text/plain\r\n\r\n{content}\r\n",
    }
    order = [first, *(set(parts) - {first})]
    return "".join(f"--{boundary}{parts[each]}" for each in order) + f"--{boundary}--\r\n"


def multipart(boundary: str) -> tuple[str]:
    return (f"Content-Type: multipart/form-data; boundary={boundary}",)


def request(method: str, url: str, headers: tuple[str, ...] = (), body: object = "") -> Request:
    """A request as a client meant it; a body that is no text is sent as JSON."""
    scheme, _, rest = url.partition("://")
    authority, slash, target = rest.partition("/")
    host, _, port = authority.partition(":")
    raw = body if isinstance(body, str) else json.dumps(body)
    return Request(
        method=method,
        scheme=scheme,
        host=host,
        port=int(port or (443 if scheme == "https" else 80)),
        target=slash + target,
        headers=tuple(
            (name.encode(), value.strip().encode()) for name, _, value in (h.partition(":") for h in headers)
        ),
        body=raw.encode(),
    )


RECORDED = {
    "a turn": request("POST", URL + ASK, JSON, json.dumps(BODY, separators=(",", ":"), ensure_ascii=False)),
    "a list": request("GET", URL + "/v1/models?limit=5&order=asc&tag=a&tag=b"),
    "a file": request("GET", URL + "/v1/files/Gr%C3%BCezi%20~a%2Fb"),
    "an upload": request("POST", URL + "/v1/files", multipart("one"), upload("one")),
    "a form": request("POST", URL + "/v1/login", FORM, "user=u+v&pass=%C3%BC"),
    "a bodiless call": request("POST", URL + "/v1/cancel"),
    "another API": request("GET", "http://other.example:81/x"),
}

SAME = {
    "key order": ("a turn", request("POST", URL + ASK, JSON, dict(reversed(BODY.items())))),
    "spacing": ("a turn", request("POST", URL + ASK, JSON, json.dumps(BODY, indent=4))),
    "escapes": ("a turn", request("POST", URL + ASK, JSON, json.dumps(BODY).replace("user", "us\\u0065r"))),
    "1.0 for 1": ("a turn", request("POST", URL + ASK, JSON, {**BODY, "temperature": 1.0})),
    "1e0 for 1": ("a turn", request("POST", URL + ASK, JSON, json.dumps(BODY).replace(": 1,", ": 1e0,"))),
    "JSON under no content type": ("a turn", request("POST", URL + ASK, (), BODY)),
    "JSON under a wrong one": ("a turn", request("POST", URL + ASK, FORM, BODY)),
    "other headers": ("a turn", request("POST", URL + ASK, ("X-Api-Key: other", "User-Agent: me", *JSON), BODY)),
    "an old name": ("a turn", request("POST", "https://freddy-api.aitronos.com" + ASK, JSON, BODY)),
    "the upstream": ("a turn", request("POST", "http://127.0.0.1:9/base" + ASK, JSON, BODY)),
    "an alias": ("a turn", request("POST", "http://alias.example" + ASK, JSON, BODY)),
    "an alias, with its port": ("a turn", request("POST", "https://ALIAS.example:8443" + ASK, JSON, BODY)),
    "query order": ("a list", request("GET", URL + "/v1/models?tag=b&order=asc&tag=a&limit=5")),
    "query spelling": ("a list", request("GET", URL + "/v1/models?%6Cimit=%35&order=asc&&tag=a&tag=b&")),
    "path spelling": ("a file", request("GET", URL + "/v1/files/Gr%c3%bcezi%20%7E%61%2fb")),
    "raw path": ("a file", request("GET", URL + "/v1/files/Grüezi ~a%2Fb")),
    "boundary": ("an upload", request("POST", URL + "/v1/files", multipart("2-other"), upload("2-other"))),
    "mislabelled multipart": ("an upload", request("POST", URL + "/v1/files", JSON, upload("two"))),
    "multipart under no content type": ("an upload", request("POST", URL + "/v1/files", (), upload("two"))),
    "form order and spelling": ("a form", request("POST", URL + "/v1/login", FORM, "pass=%c3%bc&us%65r=u%20v")),
    "no body under a content type": ("a bodiless call", request("POST", URL + "/v1/cancel", JSON)),
    "another API": ("another API", request("GET", "http://Other.example:81/x?")),
}

OTHER = {
    "null for absent": request("POST", URL + ASK, JSON, {**BODY, "metadata": None}),
    "absent for null": request("POST", URL + ASK, JSON, {k: v for k, v in BODY.items() if k != "n"}),
    "empty for null": request("POST", URL + ASK, JSON, {**BODY, "n": ""}),
    "absent for empty": request("POST", URL + ASK, JSON, {k: v for k, v in BODY.items() if k != "stop"}),
    "object for array": request("POST", URL + ASK, JSON, {**BODY, "stop": {}}),
    "array order": request("POST", URL + ASK, JSON, {**BODY, "tags": ["b", "a"]}),
    "one more element": request("POST", URL + ASK, JSON, {**BODY, "tags": ["a", "b", "b"]}),
    "string for number": request("POST", URL + ASK, JSON, {**BODY, "temperature": "1"}),
    "true for 1": request("POST", URL + ASK, JSON, {**BODY, "temperature": True}),
    "almost 1": request("POST", URL + ASK, JSON, {**BODY, "temperature": 1.0000000000000002}),
    "one extra key": request("POST", URL + ASK, JSON, {**BODY, "stream": False}),
    "other case": request("POST", URL + ASK, JSON, {**BODY, "inputs": [{"role": "user", "content": "grüezi 👋"}]}),
    "decomposed letter": request("POST", URL + ASK, JSON, json.dumps(BODY).replace("\\u00fc", "u\\u0308")),
    "no body": request("POST", URL + ASK, JSON),
    "other method": request("PUT", URL + ASK, JSON, BODY),
    "slash at the end": request("POST", URL + ASK + "/", JSON, BODY),
    "foreign host": request("POST", "https://example.org" + ASK, JSON, BODY),
    "alias without its port": request("GET", "http://other.example/x"),
    "the API's path elsewhere": request("GET", "http://other.example:81/v1/models?limit=5&order=asc&tag=a&tag=b"),
    "a query less": request("GET", URL + "/v1/models?limit=5&order=asc&tag=a"),
    "a query more": request("GET", URL + "/v1/models?limit=5&order=asc&tag=a&tag=b&tag=b"),
    "query case": request("GET", URL + "/v1/models?Limit=5&order=asc&tag=a&tag=b"),
    "plus in a path": request("GET", URL + "/v1/files/Gr%C3%BCezi+~a%2Fb"),
    "slash for its escape": request("GET", URL + "/v1/files/Gr%C3%BCezi%20~a/b"),
    "other file content": request("POST", URL + "/v1/files", multipart("a"), upload("a", content="hello ")),
    "other file name": request("POST", URL + "/v1/files", multipart("a"), upload("a", name="b.txt")),
    "order of parts": request("POST", URL + "/v1/files", multipart("a"), upload("a", first="file")),
    "form value": request("POST", URL + "/v1/login", FORM, "user=u%2Bv&pass=%C3%BC"),
    "a form as JSON": request("POST", URL + "/v1/login", JSON, {"user": "u v", "pass": "ü"}),
    "empty object for no body": request("POST", URL + "/v1/cancel", JSON, {}),
}


@pytest.fixture
def run(scribe: Scribe, still: Clock) -> Iterator[Run]:
    """A recording, made and replayed as a proxy does it."""
    settings = Settings(
        cassette=scribe.path,
        mode=Mode.RECORD,
        hosts=parse_hosts("http://127.0.0.1:9/base", ["alias.example"], ["other.example:81"]),
    )
    recording = Run.open(settings, still)
    assert recording.recorder is not None
    for recorded in RECORDED.values():
        identity = settings.hosts.identity(recorded.host, recorded.port)
        assert identity is not None
        take = recording.recorder.begin(recorded, identity, still.iso(), settings.hosts.inward_of(recorded))
        take.request_data(recorded.body)
        take.request_end()
        take.response_head(ResponseHead(status=200, reason="OK"), 1)
        take.end("complete", 2).result()
    recording.close()
    run = Run.open(msgspec.structs.replace(settings, mode=Mode.REPLAY), still)
    yield run
    run.close()


def answered(run: Run, asked: Request) -> str | None:
    """Which recording answers; None for none."""
    identity = run.settings.hosts.identity(asked.host, asked.port)
    if identity is None:
        return None
    asked = msgspec.structs.replace(asked, target=run.settings.hosts.inward_of(asked))
    verdict = run.playback.ask(asked, identity)
    return list(RECORDED)[verdict.interaction_id - 1] if isinstance(verdict, Answer) else None


def test_what_is_spelled_otherwise_is_answered(run: Run) -> None:
    """By the very recording that says the same."""
    assert {name: answered(run, asked) for name, (_, asked) in SAME.items()} == {
        name: recorded for name, (recorded, _) in SAME.items()
    }


def test_what_says_something_else_is_not(run: Run) -> None:
    """However little else it is."""
    assert {name: answered(run, asked) for name, asked in OTHER.items()} == dict.fromkeys(OTHER)
