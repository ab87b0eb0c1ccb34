"""Clients in other languages: curl, Node's fetch and http, against both engines."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.functional.conftest import Wiretape
    from wiretape.addons.standin import StandIn

pytestmark = pytest.mark.functional

NODE = """
import http from 'node:http';
import crypto from 'node:crypto';
const base = process.env.WIRETAPE_URL;
const say = (what, status, body) =>
  console.log(what, status, body.length, crypto.createHash('sha256').update(body).digest('hex'));
const ask = { inputs: [{ role: 'user', content: 'from Node' }], stream: true };
const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(ask) };
const stream = await fetch(base + '/v1/model/response', post);
say('stream', stream.status, Buffer.from(await stream.arrayBuffer()));
const agent = new http.Agent({ keepAlive: true });
for (let turn = 0; turn < 3; turn++)
  await new Promise((done, failed) => http.get(base + '/v1/model/response/resp_1', { agent }, (response) => {
    const parts = [];
    response.on('data', (part) => parts.push(part));
    response.on('end', () => { say('poll', response.statusCode, Buffer.concat(parts)); done(); });
  }).on('error', failed));
const moved = await fetch(base + '/v1/health');
say('redirect', moved.status, Buffer.from(await moved.arrayBuffer()));
"""

CURL = """
set -e
api=https://api.aitronos.com
curl -sS -D - -o - "$WIRETAPE_URL/v1/models" | grep -vi '^date'
curl -sS -N -d '{"inputs":[{"role":"user","content":"from curl"}],"stream":true}' "$api/v1/model/response"
curl -sS --http2 "$api/v1/models"
curl -sS --http1.0 "$api/v1/models"
curl -sS -I "$WIRETAPE_URL/v1/models" | grep -vi '^date'
curl -sS -L "$api/v1/health"
curl -sS -L "$WIRETAPE_URL/v1/health"
head -c 2000000 /dev/zero | curl -sS -F 'files=@-;filename=zeros' "$api/v1/organizations/o/files/upload"
curl -sS -H 'Range: bytes=10-19' "$api/v1/organizations/o/files/f/download?token=t&expires=1"
"""


@pytest.mark.parametrize(
    ("name", "program", "script"), [("client.mjs", "node", NODE), ("client.sh", "sh", CURL)], ids=["node", "curl"]
)
def test_the_same_again(wiretape: Wiretape, standin: StandIn, name: str, program: str, script: str) -> None:
    """What they saw while recording they see from either engine."""
    for needed in {program, "curl"} if program == "sh" else {program}:
        if shutil.which(needed) is None:
            pytest.skip(f"{needed} is not installed here")
    (wiretape.folder / name).write_text(script)
    recorded = wiretape("record", "--upstream", standin.url, "--", program, name)
    assert recorded.code == 0, recorded.err
    hits = standin.hits
    for engine in ("direct", "mitmproxy"):
        replayed = wiretape("replay", "--strict", "--engine", engine, "--", program, name)
        assert (replayed.code, replayed.out) == (0, recorded.out), replayed.err
    assert standin.hits == hits
