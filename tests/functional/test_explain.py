"""`wiretape explain`: every way to name a request, what is said of it, and the exit code."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from wiretape.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Scribe
    from wiretape.store.interaction import Request

ADDRESS = "https://api.aitronos.com/v1/model/response"
CURL = f"""curl '{ADDRESS}' \\
  -H 'content-type: application/json' \\
  --data-raw $'{{"temperature":1.0,"inputs":"Gr\\u00fcezi"}}'"""


def turn(text: str) -> bytes:
    return json.dumps({"inputs": text, "temperature": 1}).encode()


def with_prompt(text: str) -> str:
    return CURL.replace("Gr\\u00fcezi", text)


class Explain:
    """The command, in this process."""

    def __init__(self, scribe: Scribe, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self.cassette = scribe.path
        self._capsys = capsys
        self._patch = patch

    def __call__(self, *arguments: object, stdin: str = "") -> tuple[int, str]:
        """The exit code, and what was printed: in a fault, to the standard error."""
        self._patch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        code = main(["explain", "-c", str(self.cassette), *map(str, arguments)])
        out, err = self._capsys.readouterr()
        return code, err if code > 1 else out

    def json(self, *arguments: object, stdin: str = "") -> Any:
        """The facts."""
        return json.loads(self(*arguments, "--json", stdin=stdin)[1])


@pytest.fixture
def explain(
    scribe: Scribe,
    make_request: Callable[..., Request],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Explain:
    """On two sessions."""
    asked = make_request("/v1/model/response", "POST", turn("Grüezi"))
    models = make_request("/v1/models?limit=5")
    scribe.session((asked, b'{"n": 1}'), (models, b"[]"), (asked, b'{"n": 2}'))
    scribe.session((make_request("/v1/model/response", "POST", turn("Hallo")), b"{}"), name="other one")
    monkeypatch.chdir(tmp_path)
    return Explain(scribe, capsys, monkeypatch)


def test_a_match(explain: Explain) -> None:
    """The form, the key, and all recordings in the order in which they answer."""
    code, told = explain(stdin=CURL)
    assert code == 0
    facts = explain.json("-", stdin=CURL)
    assert (
        told
        == f"""POST {ADDRESS}
  a curl command line in standard input

as it is matched
  host      the API; api.aitronos.com is one of its names
  method    POST
  path      /v1/model/response
  query     none
  headers   none count
  body      JSON, 36 B in this spelling:
            {{"inputs":"Grüezi","temperature":1}}
  key       {facts["key"]}

matches: recorded 2 times in session 'default', answered in this order
  default/1 POST /v1/model/response (200 json, 8 B)
  default/3 POST /v1/model/response (200 json, 8 B)
"""
    )
    assert [match["position"] for match in facts["matches"]] == [1, 3]
    assert (facts["form"]["body_kind"], facts["nearest"]) == ("json", [])


def test_no_match(explain: Explain) -> None:
    """The nearest recordings, the parts of their scores, and all that differs."""
    code, told = explain(stdin=with_prompt("Hallo"))
    assert code == 1
    assert "matches nothing in session 'default' (3 interactions)" in told
    first = told.partition("nearest: ")[2].splitlines()
    assert first[0] == "default/1 POST /v1/model/response (200 json, 8 B)"
    assert first[1].startswith("  score 0.914: path 0.35 of 0.35, ")
    assert first[1].endswith("query 0.10 of 0.10, headers 0.05 of 0.05, body 0.21 of 0.30")
    assert first[2] == '  $.inputs: recorded "Grüezi", asked "Hallo"'
    near = explain.json(stdin=with_prompt("Hallo"))["nearest"][0]
    assert near["differences"] == [{"where": "$.inputs", "recorded": '"Grüezi"', "asked": '"Hallo"'}]
    assert sum(near["parts"].values()) == pytest.approx(near["score"])


def test_all_differences_are_told(explain: Explain, scribe: Scribe, make_request: Callable[..., Request]) -> None:
    """Not only as many as a miss tells."""
    many = {f"k{n}": n for n in range(50)}
    scribe.session((make_request("/v1/x", "POST", json.dumps(many).encode()), b""), name="many")
    asked = json.dumps({name: value + 1 for name, value in many.items()})
    near = explain.json("--session", "many", stdin=f"curl -d '{asked}' https://api.aitronos.com/v1/x")["nearest"][0]
    assert len(near["differences"]) == 50


def test_a_file(explain: Explain, tmp_path: Path) -> None:
    """With a command line or an HTTP request; files that curl reads are found from here."""
    (tmp_path / "body.json").write_bytes(turn("Grüezi"))
    (tmp_path / "curl.txt").write_text(f"curl --data-binary @body.json {ADDRESS}\n")
    assert explain("curl.txt")[0] == 0
    head = b"POST /v1/model/response HTTP/1.1\r\nHost: api.aitronos.com\r\n\r\n"
    (tmp_path / "dump").write_bytes(head + turn("Grüezi"))
    code, told = explain("dump")
    assert code == 0
    assert "an HTTP request in dump" in told


def test_an_interaction(explain: Explain) -> None:
    """By id or position, in its own session or another."""
    for name in ("1", "default/1"):
        code, told = explain(name)
        assert code == 0
        assert "interaction 1, default/1 of " in told
        assert told.count("this one") == 1
    assert explain("other one/1")[0] == 0
    code, told = explain("other one/1", "--session", "default")
    assert code == 1
    assert '$.inputs: recorded "Grüezi", asked "Hallo"' in told


def test_two_interactions(explain: Explain) -> None:
    """Compared with each other, whatever else is recorded."""
    code, told = explain("other one/1", "default/3")
    assert (code, told.splitlines()[-1]) == (1, '  $.inputs: recorded "Grüezi", asked "Hallo"')
    code, told = explain("default/1", "default/3")
    assert (code, told.splitlines()[-1]) == (0, "  the same request: both have the same key")
    assert explain.json("default/2", "1")["differences"][0] == {"where": "method", "recorded": "POST", "asked": "GET"}


def test_another_cassette(explain: Explain, tmp_path: Path, make_request: Callable[..., Request]) -> None:
    """An interaction of one against the recordings of another."""
    from wiretape.store.recording import SessionWriter
    from wiretape.store.sessions import Description

    theirs = tmp_path / "theirs.cassette"
    new = Description(name="s", upstream="https://api.aitronos.com", started_at="2026-01-02", recorder="test")
    writer = SessionWriter.begin(theirs, new, "replace")
    interaction = writer.interaction(make_request("/v1/models?limit=5"), "api", "2026-01-02")
    interaction.request_done(None, redacted=False)
    interaction.finish("upstream_error", 1).result()
    writer.end("2026-01-02")
    code, told = explain("s/1", "--from", theirs)
    assert code == 0
    assert told.splitlines()[-1] == "  default/2 GET /v1/models (200 json, 2 B)"
    assert "this one" not in told


def test_base_urls_and_foreign_hosts(explain: Explain) -> None:
    """The proxy's own address stands for the API; other hosts are themselves, and how to record them is told."""
    code, told = explain(stdin="curl http://127.0.0.1:8787/~default/v1/models?limit=5")
    assert code == 0
    assert "127.0.0.1:8787 is taken for the proxy's own address" in told
    code, told = explain(stdin="curl http://other.example/v1/models?limit=5")
    assert code == 1
    assert "not the API; `wiretape record --intercept other.example …` records it" in told
    assert "host: recorded api, asked other.example" in told
    assert explain("--alias", "other.example", stdin="curl http://other.example/v1/models?limit=5")[0] == 0
    assert "an API of its own" in explain("--intercept", "a.example:81", stdin="curl http://a.example:81/")[1]


def test_bodies_of_every_kind(explain: Explain) -> None:
    """Forms by their fields, multipart by its parts, bytes as they are."""
    told = explain(stdin=f"curl -d 'b=2&a=x%20y' {ADDRESS}")[1]
    assert '  body      a = "x y"\n            b = "2"\n' in told
    told = explain(stdin=f"curl -F 'f=hello;type=text/plain' {ADDRESS}")[1]
    assert '  body      multipart of 1 part, in this order:\n            "f": 5 B, BLAKE2b ' in told
    assert "              content-type: text/plain\n" in told
    told = explain(stdin=f"curl -H 'content-type: text/plain' -d 'just text' {ADDRESS}")[1]
    assert "  body      9 B, matched byte by byte:\n            just text\n" in told


def test_what_rules_leave_out(explain: Explain, scribe: Scribe) -> None:
    """Each place with what was there, and headers that count."""
    from wiretape.store.recording import SessionWriter
    from wiretape.store.sessions import Description

    rules = '{"ignored_paths": ["$.temperature"], "ignored_query": ["since"], "headers": ["x-tenant"]}'
    new = Description(
        name="ruled", upstream="https://api.aitronos.com", started_at="2026-01-02", recorder="test", rules=rules
    )
    SessionWriter.begin(scribe.path, new, "replace").end("2026-01-02")
    line = CURL.replace("response'", "response?since=5&x=1' -H 'X-Tenant: 7'")
    told = explain("--session", "ruled", stdin=line)[1]
    assert '  query     x = "1"\n  headers   x-tenant = "7"\n' in told
    assert '  by rule   query since, which was "5"\n  by rule   header x-tenant counts\n' in told
    assert "  by rule   $.temperature, which was 1\n" in told
    assert "matches nothing in session 'ruled' (0 interactions)" in told


@pytest.mark.parametrize(
    ("arguments", "stdin", "problem"),
    [
        ((), "hello", "standard input begins with 'hello'; give a curl command line, or an HTTP request"),
        ((), "", "standard input is empty; give a curl command line"),
        ((), "curl -X", "curl's option -X needs a value"),
        ((), "GET / HTTP/1.1\nbroken\n", "standard input: line 2 is no header such as `Name: value`: 'broken'"),
        ((), "curl -d @- https://x", "takes standard input for its data"),
        ((), "curl -d @missing https://x", "cannot read missing: No such file"),
        (("missing",), "", "'missing' is neither a file, an interaction nor an address"),
        (("99",), "", "no interaction '99' in"),
        (("default/1", "default/9"), "", "no interaction 'default/9' in"),
        (("--session", "none"), "curl https://x", "no session 'none' in"),
        (("--from", "missing.cassette", "default/1"), "", "no cassette at missing.cassette"),
        (("--from", "missing.cassette"), "curl https://x", "--from goes with an interaction"),
    ],
)
def test_what_cannot_be_read_is_said(explain: Explain, arguments: tuple[str, ...], stdin: str, problem: str) -> None:
    """In one line, with what it is about; the exit code is 2."""
    code, told = explain(*arguments, stdin=stdin)
    assert (code, told.count("\n")) == (2, 1)
    assert problem in told


@pytest.mark.parametrize(
    ("named", "url"),
    [
        ("https://api.aitronos.com/v1/models?limit=5", "https://api.aitronos.com/v1/models?limit=5"),
        ("HTTPS://freddy-api.aitronos.com/v1/models?limit=5", "https://freddy-api.aitronos.com/v1/models?limit=5"),
        ("/v1/models?limit=5", "https://api.aitronos.com/v1/models?limit=5"),
        ("http://127.0.0.1:8787/v1/models?limit=5", "http://127.0.0.1:8787/v1/models?limit=5"),
        ("http://localhost:1/~:the-password/v1/models?limit=5", "http://localhost:1/v1/models?limit=5"),
    ],
)
def test_an_address_alone(explain: Explain, named: str, url: str) -> None:
    """What stands in an app's log is a GET of it."""
    code, told = explain(named)
    assert code == 0, told
    assert told.splitlines()[:2] == [f"GET {url}", "  a GET of the address"]
    assert "default/2 GET /v1/models (200 json" in told


def test_an_address_that_ends_like_an_interaction(explain: Explain) -> None:
    """A number at the end makes it no interaction, and odd letters are sent as browsers send them."""
    code, told = explain("/v1/models/4")
    assert code == 1
    assert "GET https://api.aitronos.com/v1/models/4\n" in told
    assert explain.json("https://x.ch/ä b/7")["request"]["url"] == "https://x.ch/%C3%A4%20b/7"


def test_an_address_gives_way_to_what_there_is(
    explain: Explain, scribe: Scribe, make_request: Callable[..., Request], tmp_path: Path
) -> None:
    """A file by its whole path, and a session that bears an address's name."""
    (tmp_path / "4").write_text(CURL)
    assert explain(tmp_path / "4")[1].startswith(f"POST {ADDRESS}\n")
    scribe.session((make_request("/v1/other"), b"{}"), name="https://x.ch")
    assert explain("https://x.ch/1")[1].startswith("GET https://api.aitronos.com/v1/other\n")


def test_an_address_that_is_none(explain: Explain) -> None:
    """What is wrong with it is said."""
    code, told = explain("https://x:port/")
    assert code == 2
    assert told.startswith("wiretape: 'https://x:port/' is no address: ")
    code, told = explain("api.aitronos.com/v1/models")
    assert code == 2
    assert "neither a file, an interaction nor an address" in told
