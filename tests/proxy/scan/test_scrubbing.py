"""A scrubbed cassette holds no byte of its secrets, replays as before, and is left as it was where that cannot be."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import sqlite3
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec
import pytest

from wiretape.proxy import scrubbing
from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.matching import match_key
from wiretape.proxy.decide.redact import RedactRules
from wiretape.proxy.decide.redaction.rules import Where
from wiretape.proxy.scan.allowing import Allowed
from wiretape.proxy.scrubbing import Scrub, Scrubbed, ScrubFailed
from wiretape.proxy.selfcheck import Finding
from wiretape.proxy.verifying import verify
from wiretape.store.cassette import Cassette
from wiretape.store.errors import SessionBusy, SessionMissing, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.proxy.scan.conftest import Exchange, Planter

JSON = (b"Content-Type", b"application/json")
STREAM = (b"Content-Type", b"text/event-stream")
TEXT = (b"Content-Type", b"text/plain")


def spellings(secret: str) -> set[bytes]:
    """What may stand for a secret in a file."""
    found = {secret, quote(secret, safe=""), json.dumps(secret)[1:-1], json.dumps(json.dumps(secret)[1:-1])[1:-1]}
    return {text.encode() for text in found} | {base64.b64encode(secret.encode()).rstrip(b"=")}


def planted(planter: Planter, make_exchange: Callable[..., Exchange]) -> list[str]:
    """A cassette with a secret of each kind in each place; says them."""
    secrets = [planter.secret(n, 32, '+/ "') for n in range(9)]
    key, token, cookie, answered, streamed, form, query, spread, again = secrets
    key, token, cookie, query = (text.replace('"', "q").replace(" ", "b") for text in (key, token, cookie, query))
    headers = ((b"X-API-Key", key.encode()), (b"Authorization", b"Bearer " + token.encode()))
    events = [{"delta": "a"}, {"login": {"access_token": streamed}}, {"delta": "b"}]
    stream = "".join(f"data: {json.dumps(event)}\n\n" for event in events).encode()
    cut = stream.index(b"access_token") + 20
    planter.session(
        # It is shown to be secret only later on.
        make_exchange(body=json.dumps({"inputs": [{"role": "user", "content": f"say {spread}"}]}).encode()),
        make_exchange(headers=(*headers, JSON), body=b"{}", chunks=(json.dumps({"api_key": answered}).encode(),)),
        make_exchange(
            headers=((b"Cookie", b"sid=" + cookie.encode()),), answer=((b"Set-Cookie", f"sid={cookie}".encode()),)
        ),
        make_exchange(answer=(STREAM,), chunks=(stream[:cut], stream[cut:])),
        make_exchange(
            headers=((b"Content-Type", b"application/x-www-form-urlencoded"),),
            body=f"password={quote(form)}&a=1".encode(),
        ),
        make_exchange(target=f"/v1/files?token={quote(query, safe='')}"),
        make_exchange(
            answer=(JSON, (b"Content-Encoding", b"gzip")),
            chunks=(gzip.compress(json.dumps({"secret": spread}).encode()),),
        ),
    )
    planter.session(
        make_exchange(body=json.dumps({"note": f"again {spread}", "client_secret": again}).encode()), name="b"
    )
    return [key, token, cookie, answered, streamed, form, query, spread, again]


def run(planter: Planter, *names: str, **more: Any) -> Scrubbed:
    return Scrub(planter.path, names, more.get("rules", RedactRules()), Allowed()).run()


def bytes_of(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(path.parent.glob(path.name + "*")))


def test_no_byte_of_a_secret_is_left(planter: Planter, make_exchange: Callable[..., Exchange]) -> None:
    """Neither in rows nor in freed pages, a WAL or the index; what is left is sound and would be replayed."""
    secrets = planted(planter, make_exchange)
    before = bytes_of(planter.path)
    assert all(any(text in before for text in spellings(secret)) for secret in secrets[:4])
    done = run(planter)
    after = bytes_of(planter.path)
    for secret in secrets:
        for text in spellings(secret):
            assert text not in after
        assert secret.lower()[:20].encode() not in after.lower()
    assert done.left == []
    assert sum(done.kinds.values()) >= len(secrets)
    assert planter.scan().findings == []
    assert verify(planter.path, (), lambda _done, _total: None).findings == []
    assert [file.name for file in planter.path.parent.glob(planter.path.name + "*")] == [planter.path.name]


def test_a_second_run_finds_nothing(planter: Planter, make_exchange: Callable[..., Exchange]) -> None:
    """What was scrubbed is as if it had been recorded that way."""
    planted(planter, make_exchange)
    run(planter)
    before = planter.path.read_bytes()
    done = run(planter)
    assert done.replaced == []
    assert planter.path.read_bytes()[100:] == before[100:]


def test_clients_with_other_secrets_are_answered(planter: Planter, make_exchange: Callable[..., Exchange]) -> None:
    """A request with a key of today finds the answer that was recorded with an old one, and a placeholder in it."""
    old, new = planter.secret("old"), planter.secret("new")
    answer = json.dumps({"access_token": planter.secret("answer"), "n": 1}).encode()
    planter.session(make_exchange(body=json.dumps({"password": old, "a": 1}).encode(), chunks=(answer,)))
    run(planter)
    with Cassette.open(planter.path) as cassette:
        asked = msgspec.structs.replace(cassette.request(1), body=json.dumps({"password": new, "a": 1}).encode())
        (found,) = cassette.answers(cassette.session("default").id, match_key(canonical(asked, "api")))
        response = cassette.response(found)
        assert response is not None
        assert len(response.body) == len(answer)
        assert json.loads(response.body)["access_token"].startswith("REDACTED-token-")
        assert sum(chunk.size for chunk in cassette.chunks(found)) == len(answer)


def test_lengths_fit_what_is_stored(planter: Planter, make_exchange: Callable[..., Exchange]) -> None:
    """A short secret gets longer: the Content-Length, the chunks and the sizes say so."""
    planter.session(make_exchange(chunks=(b'{"password": ', b'"short"}')))
    run(planter)
    with Cassette.open(planter.path) as cassette:
        response = cassette.response(1)
        assert response is not None
        assert json.loads(response.body) == {"password": "REDACTED-password-1"}
        assert (b"Content-Length", str(len(response.body)).encode()) in response.head.headers
        assert cassette.interactions()[0].response_bytes == len(response.body)
        assert cassette.interactions()[0].redacted


def test_only_the_sessions_that_were_named(planter: Planter, make_exchange: Callable[..., Exchange]) -> None:
    """Others stay as they are."""
    for name in ("a", "b"):
        planter.session(make_exchange(body=json.dumps({"password": planter.secret(name)}).encode()), name=name)
    done = run(planter, "a")
    assert done.sessions == ["a"]
    assert {one.interaction for one in done.replaced} == {"a/1"}
    assert done.left == []
    assert {one.interaction for one in planter.scan().findings} == {"b/1"}
    with pytest.raises(SessionMissing, match="no session 'c'"):
        run(planter, "c")


def test_a_dry_run_changes_nothing(planter: Planter, make_exchange: Callable[..., Exchange]) -> None:
    """It tells what would be replaced."""
    planted(planter, make_exchange)
    before = planter.path.read_bytes()
    told = Scrub(planter.path, (), RedactRules(), Allowed()).look()
    assert planter.path.read_bytes() == before
    done = run(planter)
    assert {(one.interaction, one.place) for one in told.replaced} == {
        (one.interaction, one.place) for one in done.replaced
    }


def test_rules_of_the_settings_are_kept_with_the_session(
    planter: Planter, make_exchange: Callable[..., Exchange]
) -> None:
    """Its keys are made by them from then on, so that a replay goes by them as well."""
    planter.session(make_exchange(body=b'{"pin": "4711", "a": 1}'))
    done = run(planter, rules=RedactRules(add=Where(json=("$.pin",))))
    assert done.kinds == {"secret": 1}
    with Cassette.open(planter.path) as cassette:
        assert cassette.request(1).body == b'{"pin": "REDACTED-secret-1", "a": 1}'
        assert "$.pin" in cassette.session("default").rules
    assert verify(planter.path, (), lambda _done, _total: None).findings == []


def test_prefixes_of_base_urls_stay_out_of_keys(planter: Planter, make_exchange: Callable[..., Exchange]) -> None:
    """A request that was matched without the beginning of its path still is."""
    planter.session(make_exchange(target="/base/v1/x", body=b'{"password": "hunter22"}'))
    with Cassette.open(planter.path) as cassette:
        bare = msgspec.structs.replace(cassette.request(1), target="/v1/x")
    with sqlite3.connect(planter.path) as connection:
        connection.execute("UPDATE interaction SET match_key = ?", (match_key(canonical(bare, "api")),))
    connection.close()
    run(planter)
    with Cassette.open(planter.path) as cassette:
        assert cassette.interactions()[0].match_key == match_key(canonical(bare, "api"))


def test_keys_of_an_older_wiretape_are_mended(planter: Planter, make_exchange: Callable[..., Exchange]) -> None:
    """Else the session would not be replayed."""
    planter.session(make_exchange(body=b'{"password": "hunter22"}'))
    with sqlite3.connect(planter.path) as connection:
        connection.execute("UPDATE interaction SET match_key = 'k0:abc'")
    connection.close()
    run(planter)
    assert verify(planter.path, (), lambda _done, _total: None).findings == []


def test_what_nobody_holds_goes(planter: Planter, make_exchange: Callable[..., Exchange]) -> None:
    """A body that no interaction leads to, freed pages, and words left in the index."""
    secret = planter.secret("gone")
    body = json.dumps({"inputs": [{"role": "user", "content": "x"}], "password": secret}).encode()
    planter.session(make_exchange(target="/v1/model/response", body=body + b" " * 9000))
    planter.session(make_exchange(), name="other")
    with sqlite3.connect(planter.path) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("INSERT INTO body (digest, size_bytes) VALUES ('d', 40)")
        connection.execute("INSERT INTO piece SELECT max(id), 0, ? FROM body", (b'"token": "' + secret[::-1].encode(),))
        connection.execute("DELETE FROM session WHERE name = 'default'")
        connection.execute("DELETE FROM piece WHERE body_id = 1")
        connection.execute("DELETE FROM body WHERE id = 1")
    connection.close()
    places = {one.place for one in planter.scan().findings}
    assert "freed pages" in places
    assert any("which no interaction holds" in place for place in places)
    done = run(planter)
    assert done.left == []
    assert secret.encode() not in planter.path.read_bytes()
    assert secret[::-1].encode() not in planter.path.read_bytes()


def test_all_or_nothing(
    planter: Planter, make_exchange: Callable[..., Exchange], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session that would not be replayed any more leaves the cassette as it is."""
    planted(planter, make_exchange)
    with Cassette.open(planter.path) as cassette:
        before = [cassette.request(one.id) for one in cassette.interactions()]
    answers = iter([[], [], [Finding("b/1", "is broken")], []])

    def check(*_: object) -> list[Finding]:
        return next(answers)

    monkeypatch.setattr(scrubbing, "check", check)
    with pytest.raises(ScrubFailed, match="would not be replayed: b/1: is broken"):
        run(planter)
    with Cassette.open(planter.path) as cassette:
        assert [cassette.request(one.id) for one in cassette.interactions()] == before


def test_a_cassette_that_is_being_recorded_waits(planter: Planter, make_exchange: Callable[..., Exchange]) -> None:
    """A recorder and a scrub must not write at once."""
    writer = planter.session(make_exchange(body=b'{"password": "hunter22"}'), open_end=True)
    with pytest.raises(SessionBusy, match="is being recorded"):
        run(planter)
    writer.end("2026-01-02T03:04:06.000006Z")
    assert run(planter).left == []


def test_interrupted_sessions_are_mended_too(planter: Planter, make_exchange: Callable[..., Exchange]) -> None:
    """What a broken recording left is as much in the file as all else."""
    secret = planter.secret("broken")
    writer = planter.session(
        make_exchange(chunks=(f'{{"access_token": "{secret}", "x": '.encode(),), ended="client_disconnect"),
        open_end=True,
    )
    writer.end("2026-01-02T03:04:06.000006Z", f"cannot go on with sk-{secret}")
    done = run(planter)
    assert done.left == []
    assert secret.encode() not in planter.path.read_bytes()


def test_what_only_its_look_tells_is_replaced_too(planter: Planter, make_exchange: Callable[..., Exchange]) -> None:
    """Redaction does not know it, scan does."""
    secret = planter.secret("look", 40)
    planter.session(make_exchange(chunks=(json.dumps({"hook": {"hmac_key": secret}}).encode(),)))
    done = run(planter)
    assert done.kinds == {"random text": 1}
    assert secret.encode() not in planter.path.read_bytes()


def test_who_has_it_open_keeps_old_bytes_and_is_told(planter: Planter, make_exchange: Callable[..., Exchange]) -> None:
    """SQLite clears the file only when nobody reads it; until then that is said."""
    secret = planter.secret("held")
    planter.session(make_exchange(chunks=(json.dumps({"access_token": secret}).encode(),)))
    with contextlib.closing(sqlite3.connect(planter.path)) as reader:
        reader.execute("PRAGMA journal_mode = WAL")
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM session").fetchall()
        done = run(planter)
        assert done.beside
        assert [one.place for one in done.left] == ["bytes of the file"]
        assert secret.encode() in planter.path.read_bytes()
    done = run(planter)
    assert (done.beside, done.left) == ([], [])
    assert secret.encode() not in bytes_of(planter.path)


def test_a_function_that_is_not_there_is_asked_for(planter: Planter, make_exchange: Callable[..., Exchange]) -> None:
    """Without it the session would lose a rule it was recorded by."""
    planter.session(make_exchange())
    with contextlib.closing(sqlite3.connect(planter.path)) as connection, connection:
        connection.execute("UPDATE session SET rules = ?", ('{"redact": {"callable": "nobody:knows"}}',))
    with pytest.raises(UsageError, match=r"was redacted with 'nobody:knows', too; name it in the settings"):
        run(planter)
