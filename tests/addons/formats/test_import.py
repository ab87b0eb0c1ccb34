"""The command: which sessions come of which files, whose requests they are, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from wiretape.store.cassette import Cassette

if TYPE_CHECKING:
    from tests.addons.formats.conftest import Imports


def vcr(*urls: str, body: str = "hello") -> str:
    """A cassette in JSON, of GETs."""
    entries: list[dict[str, Any]] = [
        {
            "request": {
                "method": "GET",
                "uri": url,
                "body": None,
                "headers": {"Authorization": ["Bearer 0123456789abcdef"]},
            },
            "response": {
                "status": {"code": 200, "message": "OK"},
                "headers": {},
                "body": {"string": f"{body} {number}"},
            },
        }
        for number, url in enumerate(urls, 1)
    ]
    return json.dumps({"version": 1, "interactions": entries})


def test_the_session_bears_the_files_name(imports: Imports) -> None:
    """And holds its entries in their order."""
    file = imports.file("test_chat.json", vcr("https://api.aitronos.com/v1/b", "https://api.aitronos.com/v1/a"))
    code, said = imports(file)
    assert (code, said) == (
        0,
        f"wiretape: session 'test_chat' of {imports.path} holds 2 interactions, from https://api.aitronos.com\n",
    )
    assert [(i.position, i.path) for i in imports.interactions("test_chat")] == [(1, "/v1/b"), (2, "/v1/a")]


def test_it_says_where_it_came_from(imports: Imports) -> None:
    """The session is complete, and its key rules are those of any other."""
    imports(imports.file("x.json", vcr("https://api.aitronos.com/v1/a")), "--session", "named")
    with Cassette.open(imports.path) as cassette:
        (session,) = cassette.sessions()
    assert (session.name, session.state) == ("named", "complete")


def test_a_name_that_is_taken_is_refused(imports: Imports) -> None:
    """What is there was paid for."""
    file = imports.file("x.json", vcr("https://api.aitronos.com/v1/a"))
    imports(file)
    code, said = imports(file)
    assert code == 2
    assert "has a session 'x' already; give another --session, or --replace" in said
    imports.file("x.json", vcr("https://api.aitronos.com/v1/b"))
    assert imports(file, "--replace")[0] == 0
    assert [i.path for i in imports.interactions("x")] == ["/v1/b"]


def test_each_file_comes_in_whole_or_not_at_all(imports: Imports) -> None:
    """The bad ones are named, the good ones are there, the run fails."""
    good = imports.file("good.json", vcr("https://api.aitronos.com/v1/a"))
    bad = imports.file("bad.json", vcr("https://api.aitronos.com/v1/a", "nonsense"))
    code, said = imports(good, bad, "missing.json")
    assert code == 2
    assert "bad.json, entry 2: 'nonsense' is no http or https address" in said
    assert "missing.json: No such file or directory" in said
    assert said.endswith("wiretape: 2 of 3 files were not imported, for the reasons above\n")
    with Cassette.open(imports.path) as cassette:
        assert [session.name for session in cassette.sessions()] == ["good"]


def test_a_bad_file_alone_leaves_no_cassette(imports: Imports) -> None:
    """Nothing imported, nothing made."""
    code, said = imports(imports.file("bad.json", vcr("nonsense")))
    assert code == 2
    assert said.startswith("wiretape: ")
    assert said.count("\n") == 1
    assert not imports.path.exists()


def test_two_files_of_one_name_are_refused(imports: Imports) -> None:
    """The second would be the first's end."""
    code, said = imports(Path("a/x.yaml"), Path("b/x.yaml"))
    assert code == 2
    assert "two files would become session 'x'" in said


def test_options_for_one_file(imports: Imports) -> None:
    """They would mean nothing, or harm, with several."""
    assert "--session is for one file" in imports("a.yaml", "b.yaml", "--session", "x")[1]
    assert "--skip is for one file" in imports("a.yaml", "b.yaml", "--skip", "1")[1]


def test_an_entry_may_be_skipped(imports: Imports) -> None:
    """By its number, which the complaint names."""
    file = imports.file("x.json", vcr("https://api.aitronos.com/v1/a", "nonsense"))
    assert imports(file, "--skip", "2")[0] == 0
    assert [i.path for i in imports.interactions("x")] == ["/v1/a"]


class TestWhoseRequestsTheyAre:
    def test_any_host_of_the_api_is_the_api(self, imports: Imports) -> None:
        """Others are APIs of their own, and the command says how to replay them."""
        urls = (
            "https://files.test/x",
            "https://files.test/y",
            "https://api.freddy.aitronos.com/v1/a",
            "http://b.test:81/",
        )
        code, said = imports(imports.file("x.json", vcr(*urls)))
        assert code == 0
        assert [i.identity for i in imports.interactions("x")] == ["files.test", "files.test", "api", "b.test:81"]
        assert "replay it with --intercept b.test:81 --intercept files.test\n" in said

    def test_without_the_api_it_is_where_most_went(self, imports: Imports) -> None:
        """So that a base-URL client replays without further ado."""
        imports(imports.file("x.json", vcr("http://a.test/1", "http://b.test:81/2", "http://b.test:81/3")))
        assert [i.identity for i in imports.interactions("x")] == ["a.test", "api", "api"]
        with imports.replay("x", unused=1) as url, httpx.Client(base_url=url, trust_env=False) as client:
            assert client.get("/3").text == "hello 3"
            assert client.get("/2").text == "hello 2"

    def test_as_the_user_says(self, imports: Imports) -> None:
        """An upstream with a path stands before every path; an alias is one more name."""
        file = imports.file("x.json", vcr("http://a.test/api/1", "http://b.test/2"))
        imports(file, "--upstream", "http://a.test/api", "--alias", "b.test")
        assert [i.identity for i in imports.interactions("x")] == ["api", "api"]
        with imports.replay("x") as url, httpx.Client(base_url=url, trust_env=False) as client:
            assert client.get("/1").text == "hello 1"
            assert client.get("/2").text == "hello 2"

    def test_as_the_settings_file_says(self, imports: Imports) -> None:
        """It names the upstream of this project, and what does not count."""
        imports.file("wiretape.toml", 'upstream = "http://a.test"\n[matching]\nignore_query = ["t"]\n')
        imports(imports.file("x.json", vcr("http://a.test/1?t=5", "http://b.test/2", "http://b.test/2")))
        assert [i.identity for i in imports.interactions("x")] == ["api", "b.test", "b.test"]
        with imports.replay("x", unused=2) as url, httpx.Client(base_url=url, trust_env=False) as client:
            assert client.get("/1?t=6").text == "hello 1"

    def test_a_malformed_upstream(self, imports: Imports) -> None:
        """One line, as everywhere."""
        code, said = imports(imports.file("x.json", vcr("http://a.test/1")), "--upstream", "nonsense")
        assert (code, said.count("\n")) == (2, 1)
        assert "--upstream 'nonsense' is no address" in said
