"""The settings file: where it is found, what may stand in it, and how its faults are told."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from wiretape.proxy.configuration import Configuration, Matching, SettingsFile, read_settings_file
from wiretape.proxy.decide.modes import WhenSpent
from wiretape.proxy.usual import cassette_path
from wiretape.store.errors import UsageError

WHOLE = """\
cassette = "tapes/x.cassette"
session = "s"
upstream = "http://127.0.0.1:9000/api"
alias = ["a.example", "b.example:8443"]
intercept = ["c.example"]
listen = "127.0.0.1:0"
engine = "direct"
pace = "4x"
when_spent = "cycle"
strict = true

[matching]
ignore = ["$.metadata.trace", "$.inputs[*].id"]
ignore_query = ["ts"]
headers = ["X-Tenant"]
echo = ["$.id", "query id", "header X-Id"]
canonicaliser = "pack.mod:function"
"""


def read(folder: Path, text: str | None = None, name: str = "wiretape.toml", **environment: str) -> SettingsFile:
    if text is not None:
        (folder / name).write_text(text)
    return read_settings_file(environment, folder)


def in_project(text: str) -> str:
    return f"[tool.wiretape]\n{text.replace('[matching]', '[tool.wiretape.matching]')}"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The root of one, above which nothing is looked for."""
    (tmp_path / ".git").mkdir()
    return tmp_path


@pytest.mark.parametrize("shared", [False, True], ids=["own file", "pyproject"])
def test_all_that_may_stand_in_it(repository: Path, shared: bool) -> None:  # noqa: FBT001
    """In a file of its own or in the one that tools share."""
    name, text = ("pyproject.toml", in_project(WHOLE)) if shared else ("wiretape.toml", WHOLE)
    found = read(repository, text, name)
    assert found.path == repository / name
    assert found.values == Configuration(
        cassette="tapes/x.cassette",
        session="s",
        upstream="http://127.0.0.1:9000/api",
        alias=("a.example", "b.example:8443"),
        intercept=("c.example",),
        listen="127.0.0.1:0",
        engine="direct",
        pace="4x",
        when_spent=WhenSpent.CYCLE,
        strict=True,
        matching=Matching(
            ignore=("$.metadata.trace", "$.inputs[*].id"),
            ignore_query=("ts",),
            headers=("X-Tenant",),
            echo=("$.id", "query id", "header X-Id"),
            canonicaliser="pack.mod:function",
        ),
    )


def test_every_key_is_documented() -> None:
    """The page says what each is for."""
    page = (Path(__file__).parents[2] / "docs" / "settings.md").read_text()
    for kind in (Configuration, Matching):
        for field in msgspec.structs.fields(kind):
            assert f"`{field.name}`" in page or f"`[{field.name}]`" in page, field.name


def test_no_file_says_nothing(repository: Path) -> None:
    """And the usual holds."""
    assert read(repository) == SettingsFile()
    assert read(repository).cassette == Path("wiretape.cassette")


def test_the_first_one_upwards_counts(repository: Path) -> None:
    """One in a nearer folder wins; in one folder the file of our own."""
    deep = repository / "a" / "b"
    deep.mkdir(parents=True)
    read(repository, in_project('session = "root, shared"'), "pyproject.toml")
    assert read(deep).values.session == "root, shared"
    read(repository, 'session = "root"')
    assert read(deep).values.session == "root"
    read(deep.parent, in_project('session = "nearer"'), "pyproject.toml")
    assert read(deep).values.session == "nearer"
    read(deep, "[project]\nname = 'x'", "pyproject.toml")
    assert read(deep).values.session == "nearer"


@pytest.mark.parametrize("git", ["folder", "file"])
def test_nothing_is_taken_from_above_the_repository(tmp_path: Path, git: str) -> None:
    """Its root may be a worktree's, where .git is a file."""
    read(tmp_path, 'session = "stranger"')
    root = tmp_path / "repository"
    (root / "below").mkdir(parents=True)
    if git == "folder":
        (root / ".git").mkdir()
    else:
        (root / ".git").write_text("gitdir: elsewhere")
    assert read(root / "below").path is None


def test_a_file_can_be_named(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """By the environment; then no other is looked for."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    read(repository, 'session = "found"')
    (elsewhere / "any.toml").write_text('session = "named"')
    assert read(repository, WIRETAPE_SETTINGS=str(elsewhere / "any.toml")).values.session == "named"
    assert read(repository, WIRETAPE_SETTINGS="").values.session == "found"
    assert read(repository, WIRETAPE_SETTINGS="/dev/null").values == Configuration()
    with pytest.raises(UsageError, match=r"nowhere.toml cannot be read: No such file"):
        read(repository, WIRETAPE_SETTINGS="nowhere.toml")
    (repository / "pyproject.toml").write_text("[project]")
    with pytest.raises(UsageError, match=r"\$WIRETAPE_SETTINGS names pyproject.toml, which has no \[tool.wiretape\]"):
        read(repository, WIRETAPE_SETTINGS="pyproject.toml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[matching]\nignore = ['$.a', 5]", "$.matching.ignore[1]: expected str, got int"),
        ("[matching]\nignored = ['$.a']", "$.matching.ignored: there is no such key; do you mean ignore?"),
        ("ignore = ['$.a']", "$.ignore: there is no such key; do you mean matching.ignore?"),
        ("when-spent = 'miss'", "$.when-spent: there is no such key; do you mean when_spent?"),
        ("colour = 1", "$.colour: there is no such key; there are cassette, session, "),
        ("when_spent = 'never'", "$.when_spent: 'never' is none of repeat, miss, cycle"),
        ("engine = 'fast'", "$.engine: 'fast' is none of auto, direct, mitmproxy"),
        ("strict = 1", "$.strict: expected bool, got int"),
        ("matching = 3", "$.matching: expected table, got int"),
        ("pace = 'slow'", "$.pace: 'slow' is no pace; give "),
        ("upstream = 'here'", "$.upstream: 'here' is no address; give one like "),
        ("alias = ['a', 'http://b']", "$.alias[1]: 'http://b' is no host; give it as "),
        ("intercept = ['']", "$.intercept[0]: '' is no host; give it as "),
        ("listen = '0.0.0.0'", "$.listen: '0.0.0.0' is no address; give HOST:PORT"),
        ("[matching]\nignore = ['$.a', 'b']", "$.matching.ignore[1]: path 'b' is malformed at position 0: "),
        (
            "[matching]\nheaders = ['Accept', 'No Header']",
            "$.matching.headers[1]: 'No Header' is no name of a header; give",
        ),
        ("[matching]\necho = ['id']", "$.matching.echo[0]: 'id' is no place; give "),
        ("[matching]\ncanonicaliser = 'f'", "$.matching.canonicaliser: canonicaliser 'f' is no name; give it as "),
    ],
)
@pytest.mark.parametrize("shared", [False, True], ids=["own", "shared"])
def test_faults_name_their_place(repository: Path, text: str, said: str, shared: bool) -> None:  # noqa: FBT001
    """File and path, and what is expected there."""
    name, root = ("pyproject.toml", "$.tool.wiretape") if shared else ("wiretape.toml", "$")
    with pytest.raises(UsageError) as caught:
        read(repository, in_project(text) if shared else text, name)
    assert str(caught.value).startswith(f"{name}: {root}{said[1:]}")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"cassette = ", "wiretape.toml is no TOML: Invalid value"),
        (b"\xff", "wiretape.toml cannot be read: 'utf-8' codec"),
    ],
    ids=["no TOML", "no UTF-8"],
)
def test_files_that_cannot_be_read(repository: Path, content: bytes, said: str) -> None:
    """Nothing is guessed."""
    (repository / "wiretape.toml").write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read(repository)
    assert str(caught.value).startswith(said)


def test_a_broken_project_file_that_is_not_about_us_is_not_read(repository: Path) -> None:
    """That is for others to say."""
    assert read(repository, "[tool.other", "pyproject.toml").path is None


def test_a_file_from_above_is_told_in_full(repository: Path) -> None:
    """Its bare name would be looked for here."""
    below = repository / "below"
    below.mkdir()
    (repository / "wiretape.toml").write_text("nothing = 1")
    with pytest.raises(UsageError) as caught:
        read(below)
    assert str(caught.value).startswith(f"{repository}/wiretape.toml: $.nothing: ")


def test_the_cassette(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An option wins, then the environment, then the file, from whose folder the path goes."""
    below = repository / "below"
    below.mkdir()
    read(repository, 'cassette = "tapes/x.cassette"')
    assert read(repository).cassette == Path("tapes/x.cassette")
    assert read(below).cassette == repository / "tapes" / "x.cassette"
    monkeypatch.chdir(below)
    assert cassette_path(None, {}) == repository / "tapes" / "x.cassette"
    assert cassette_path(None, {"WIRETAPE_CASSETTE": "e"}) == Path("e")
    assert cassette_path(Path("o"), {"WIRETAPE_CASSETTE": "e"}) == Path("o")


def test_who_names_the_cassette_needs_no_settings(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking into a cassette works beside a broken file."""
    read_broken = repository / "wiretape.toml"
    read_broken.write_text("nothing = 1")
    monkeypatch.chdir(repository)
    assert cassette_path(Path("o"), {}) == Path("o")
    with pytest.raises(UsageError):
        cassette_path(None, {})
