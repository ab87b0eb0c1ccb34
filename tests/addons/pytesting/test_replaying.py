"""What the fixture gives, which session of which cassette it is, and what marks and settings change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.addons.pytesting.conftest import Project


def test_each_test_has_a_session_of_its_own(project: Project, get: Any) -> None:
    """Named by the node id without the file: functions, methods, parameters apart."""
    project.cassette(
        test_one=[get("/v1/a", 1)],
        test_two=[get("/v1/a", 2)],
        TestC__test_m=[get("/v1/a", 3)],
        **{"test_p[x/y:z~]".replace("~", "%7E"): [get("/v1/a", 4)], "test_p[2]": [get("/v1/a", 5)]},
    )
    project.write(
        "test_it.py",
        """
        import pytest
        from asking import ask
        def test_one(wiretape): assert ask(wiretape.url + "/v1/a") == (200, {"n": 1})
        def test_two(wiretape): assert ask(wiretape.url + "/v1/a") == (200, {"n": 2})
        class TestC:
            def test_m(self, wiretape): assert ask(wiretape.url + "/v1/a") == (200, {"n": 3})
        @pytest.mark.parametrize("p, n", [("x", 4), ("y", 5)], ids=["x/y:z~", "2"])
        def test_p(wiretape, p, n): assert ask(wiretape.url + "/v1/a") == (200, {"n": n})
        def test_that_asks_nothing(wiretape): assert wiretape.misses == []
        """,
    )
    done = project.pytest()
    assert (done.code, done.counts) == (0, {"passed": 6}), done.out
    assert done.report["totals"] == {"tests": 5, "replayed": 5, "recorded": 0, "passed": 0, "misses": 0, "unused": 0}
    assert done.ours == "replayed 5, in 5 tests\n"


def test_all_that_the_fixture_gives(project: Project, get: Any) -> None:
    """Addresses, the environment for processes, the CA, the interactions, the SDK's client, transports."""
    project.cassette(test_all=[get("/v1/a", n) for n in range(1, 6)], test_sdk=[get("/v1/models", 7)])
    project.write(
        "test_it.py",
        """
        import os, subprocess, sys, httpx
        from asking import ask
        CHILD = "import os, asking; print(asking.ask(os.environ['WIRETAPE_URL'] + '/v1/a')[1]['n'])"
        def test_all(wiretape):
            assert not wiretape.recording
            assert wiretape.env["HTTPS_PROXY"] == wiretape.proxy and wiretape.env["WIRETAPE_URL"] == wiretape.url
            assert "WIRETAPE_URL" not in os.environ
            assert [i.path for i in wiretape.interactions] == ["/v1/a"] * 5
            assert b"BEGIN CERTIFICATE" in wiretape.ca_bundle.read_bytes()
            done = wiretape.run([sys.executable, "-c", CHILD], stdout=subprocess.PIPE, text=True, check=True)
            assert done.stdout == "1\\n"
            with httpx.Client(proxy=wiretape.proxy, verify=str(wiretape.ca_bundle)) as client:
                assert client.get("https://api.aitronos.com/v1/a").json() == {"n": 2}
            with httpx.Client(transport=wiretape.transport()) as client:
                assert client.get("https://api.aitronos.com/v1/a").json() == {"n": 3}
            assert wiretape.environ()["WIRETAPE_URL"] == os.environ["WIRETAPE_URL"] == wiretape.url
            with httpx.Client() as client:  # finds its proxy and its CA in the environment
                assert client.get("https://api.aitronos.com/v1/a").json() == {"n": 4}
            assert ask(wiretape.url + "/v1/a")[1] == {"n": 5}
        def test_sdk(wiretape):
            assert "WIRETAPE_URL" not in os.environ
            sdk = wiretape.aitronos()
            assert sdk._client_wrapper.get_base_url() == wiretape.url
            assert sdk._client_wrapper.httpx_client.request("v1/models", method="GET").json() == {"n": 7}
        """,
    )
    # The SDK's own imports warn.
    done = project.pytest("-W", "default")
    assert (done.code, done.counts["passed"]) == (0, 2), done.out


@pytest.mark.parametrize(
    ("layout", "cassettes"),
    [
        ("module", {"sub/cassettes/test_it.cassette": "TestC__test_m"}),
        ("suite", {"cassettes/suite.cassette": "sub/test_it.py__TestC__test_m"}),
        ("test", {"sub/cassettes/test_it/TestC.test_m.cassette": "TestC__test_m"}),
    ],
)
def test_where_cassettes_lie(project: Project, get: Any, layout: str, cassettes: dict[str, str]) -> None:
    """Beside the tests, one for each module, test, or the suite."""
    project.ini(wiretape_cassettes=layout)
    for path, name in cassettes.items():
        project.cassette(path, **{name: [get("/v1/a")]})
    project.write(
        "sub/test_it.py",
        """
        from asking import ask
        class TestC:
            def test_m(self, wiretape): assert ask(wiretape.url + "/v1/a")[0] == 200
        """,
    )
    done = project.pytest()
    assert done.code == 0, done.out


def test_marks(project: Project, get: Any) -> None:
    """Session, cassette, when_spent, ignore; the nearest mark counts."""
    project.cassette("elsewhere.cassette", common=[get("/v1/a", 1), get("/v1/a", 2)])
    project.write(
        "test_it.py",
        """
        import pytest
        from asking import ask
        pytestmark = pytest.mark.wiretape(cassette="elsewhere.cassette", session="common")
        def test_spent(wiretape):
            ask(wiretape.url + "/v1/a")
        @pytest.mark.wiretape(when_spent="cycle", mode="replay")
        def test_cycle(wiretape):
            assert [ask(wiretape.url + "/v1/a")[1]["n"] for _ in range(4)] == [1, 2, 1, 2]
        @pytest.mark.wiretape(when_spent="repeat")
        class TestRepeat:
            def test_it(self, wiretape):
                assert [ask(wiretape.url + "/v1/a")[1]["n"] for _ in range(4)] == [1, 2, 2, 2]
            @pytest.mark.wiretape(strict=True)
            def test_strict(self, wiretape):
                ask(wiretape.url + "/v1/a")
        """,
    )
    done = project.pytest()
    assert done.counts == {"passed": 4, "error": 1}, done.out
    told = "wiretape: 1 recorded interaction not asked for, and the test is strict\n  in session 'common' of elsewhere"
    assert told in done.out


@pytest.mark.parametrize(
    ("mark", "told"),
    [
        ("sesion='x'", "knows no argument 'sesion'; do you mean session?"),
        ("'x'", "takes its arguments by name, not 'x'"),
        ("mode='none'", "(mode='none'): it takes one of once, replay, record, auto, live"),
        ("ignore='$.a'", "(ignore='$.a'): it takes a list of JSON paths"),
        ("ignore=['a b']", "(ignore=['a b']): it takes a list of JSON paths"),
        ("pace='fast'", "(pace='fast'): it takes 'instant', 'recorded', or a factor like '4x'"),
        ("strict=1", "(strict=1): it takes True or False"),
        ("when_spent='never'", "(when_spent='never'): it takes one of miss, repeat, cycle"),
    ],
)
def test_a_wrong_mark_is_an_error_that_names_it(project: Project, mark: str, told: str) -> None:
    """Nobody finds out by a test that quietly does something else."""
    project.write("test_it.py", f"import pytest\n@pytest.mark.wiretape({mark})\ndef test_it(wiretape): wiretape.url\n")
    done = project.pytest("--strict-markers")
    assert done.counts == {"error": 1}, done.out
    assert told in done.out
    assert "test_it.py:3" not in done.out, "no traceback for a word that is off"


@pytest.mark.parametrize(
    ("ini", "told"),
    [
        ({"wiretape_mode": "none"}, "wiretape_mode = 'none' is none of once, replay, record, auto, live"),
        ({"wiretape_cassettes": "file"}, "wiretape_cassettes = 'file' is none of module, suite, test"),
    ],
)
def test_a_wrong_setting_is_an_error_that_names_it(project: Project, ini: dict[str, str], told: str) -> None:
    """And ends the run, as pytest's own do."""
    project.ini(**ini)
    project.write("test_it.py", "def test_it(): pass\n")
    done = project.pytest()
    assert done.code == 4
    assert told in done.out


def test_the_settings_file_counts(project: Project, post: Any) -> None:
    """`wiretape.toml` in the root, as for the command line; what is wrong in it is named."""
    project.write("wiretape.toml", 'when_spent = "repeat"\n')
    project.cassette(test_it=[post("/v1/a", {"x": 1}, 1)])
    project.write(
        "test_it.py",
        """
        from asking import ask
        def test_it(wiretape):
            assert [ask(wiretape.url + "/v1/a", "POST", {"x": 1})[0] for _ in range(3)] == [200] * 3
        """,
    )
    assert project.pytest().code == 0
    project.write("wiretape.toml", 'when_spent = "repeat"\nstrict = true\n')
    project.cassette(test_it=[post("/v1/a", {"x": 1}, 1), post("/v1/b", {})])
    assert project.pytest().counts == {"passed": 1, "error": 1}
    project.write("wiretape.toml", 'when_spend = "repeat"\n')
    done = project.pytest()
    assert done.counts == {"failed": 1}
    assert "wiretape.toml: $.when_spend: there is no such key; do you mean when_spent?" in done.out


def test_one_session_for_several_tests(project: Project, get: Any) -> None:
    """Of a class, a module, a whole run; the tests go on where those before them stopped."""
    project.cassette(TestC=[get("/v1/a", 1), get("/v1/a", 2)], module=[get("/v1/m", 1), get("/v1/m", 2)])
    project.cassette("cassettes/suite.cassette", suite=[get("/v1/s", 1), get("/v1/s", 2)])
    project.write(
        "test_it.py",
        """
        from asking import ask
        class TestC:
            def test_1(self, wiretape_class, wiretape_module, wiretape_session):
                assert ask(wiretape_class.url + "/v1/a")[1] == {"n": 1}
                assert ask(wiretape_module.url + "/v1/m")[1] == {"n": 1}
                assert ask(wiretape_session.url + "/v1/s")[1] == {"n": 1}
            def test_2(self, wiretape_class):
                assert ask(wiretape_class.url + "/v1/a")[1] == {"n": 2}
        def test_3(wiretape_module, wiretape_session):
            assert ask(wiretape_module.url + "/v1/m")[1] == {"n": 2}
            assert ask(wiretape_session.url + "/v1/s")[1] == {"n": 2}
        """,
    )
    done = project.pytest()
    assert (done.code, done.report["totals"]["replayed"]) == (0, 6), done.out
    assert set(done.report["tests"]) == {"test_it.py::TestC", "test_it.py", ""}


def test_a_mark_alone_leads_the_process(project: Project, get: Any) -> None:
    """Code that finds its address in the environment needs no fixture, before fixtures of the test are made."""
    project.cassette(test_led=[get("/v1/a")], test_asked=[get("/v1/a")], test_used=[get("/v1/a")])
    project.write(
        "test_it.py",
        """
        import os, pytest
        from asking import ask
        BEFORE = dict(os.environ)
        @pytest.fixture
        def client(): return os.environ.get("WIRETAPE_URL")
        @pytest.mark.wiretape
        def test_led(client): assert ask(client + "/v1/a")[0] == 200
        def test_after(client): assert client is None and os.environ["HOME"] == BEFORE["HOME"]
        @pytest.mark.wiretape(environ=True)
        def test_asked(wiretape): assert os.environ["WIRETAPE_URL"] == wiretape.url; ask(wiretape.url + "/v1/a")
        @pytest.mark.usefixtures("wiretape")
        def test_used(): assert ask(os.environ["WIRETAPE_URL"] + "/v1/a")[0] == 200
        @pytest.mark.wiretape(environ=False)
        def test_not_led(client): assert client is None
        """,
    )
    done = project.pytest("--strict-markers")
    assert (done.code, done.counts) == (0, {"passed": 5}), done.out
    assert done.report["totals"]["replayed"] == 3


def test_the_environment_by_a_setting(project: Project, get: Any) -> None:
    """For suites whose code reads its address from the environment everywhere."""
    project.ini(wiretape_environ="true")
    project.cassette(test_it=[get("/v1/a")])
    project.write(
        "test_it.py",
        """
        import os
        from asking import ask
        def test_it(wiretape): assert ask(os.environ["WIRETAPE_URL"] + "/v1/a")[0] == 200
        """,
    )
    assert project.pytest().code == 0


def test_ci_only_replays(project: Project) -> None:
    """Nothing is recorded where nobody sees it, unless it is asked for."""
    project.write("test_it.py", "def test_it(wiretape): print('mode', wiretape.recording)\n")
    assert project.pytest(env={"CI": "true"}).report["mode"] == "replay"
    assert project.pytest("--co", env={"CI": "false"}).report["mode"] == "once"
    assert project.pytest("--wiretape=auto", "--co", env={"CI": "true"}).report["mode"] == "auto"


def test_the_session_lasts_as_long_as_the_other_fixtures(project: Project, get: Any) -> None:
    """What a fixture asks in its teardown belongs to the test, whichever was made first."""
    project.cassette(test_it=[get("/v1/a", 1), get("/v1/b", 2)])
    project.write(
        "test_it.py",
        """
        import pytest
        from asking import ask
        @pytest.fixture
        def late():
            urls = []
            yield urls
            assert ask(urls[0] + "/v1/b")[1] == {"n": 2}
        @pytest.mark.wiretape(strict=True)
        def test_it(late, wiretape):
            late.append(wiretape.url)
            ask(wiretape.url + "/v1/a")
        """,
    )
    done = project.pytest()
    assert (done.code, done.counts) == (0, {"passed": 1}), done.out
