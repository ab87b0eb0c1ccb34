"""What an app does with the API, in a dozen calls: the official SDK, and plain httpx where the SDK cannot stream.

Prints one line of JSON a call: what the client saw. Needs `aitronos-sdk` and `httpx`; knows nothing of wiretape but the
address in `WIRETAPE_URL`.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable

_KEY = "ak_demo_0123456789"


class _Account:
    """Keeps what the client saw of each call, and prints it."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._heads: list[httpx.Response] = []

    def see(self, response: httpx.Response) -> None:
        self._heads.append(response)

    def tell(self, call: str, run: Callable[[], str]) -> None:
        """Make a call; *run* says in a few words what came of it."""
        self._heads.clear()
        try:
            gist = run()
        except Exception as error:  # noqa: BLE001 - what the client gets to see is what is compared
            gist = f"{type(error).__name__}: {getattr(error, 'body', None) or error}"
        seen = [{"status": r.status_code, "headers": self._headers(r)} for r in self._heads]
        sys.stdout.write(json.dumps({"call": call, "gist": gist, "seen": seen}) + "\n")

    def _headers(self, response: httpx.Response) -> list[tuple[str, str]]:
        """Headers as they came; a redirect leads to wherever the API is reached, another port in each run."""
        return [(name, value.replace(self._base, "$WIRETAPE_URL")) for name, value in response.headers.multi_items()]


def main() -> None:
    """Make the calls."""
    base = os.environ["WIRETAPE_URL"]
    account = _Account(base)
    with httpx.Client(
        base_url=base, headers={"X-API-Key": _KEY}, timeout=30, event_hooks={"response": [account.see]}
    ) as client:
        _by_sdk(account, client, base)
        _by_httpx(account, client)


def _by_sdk(account: _Account, client: httpx.Client, base: str) -> None:
    from aitronos import Aitronos

    sdk = Aitronos(api_key=_KEY, base_url=base, httpx_client=client)
    once: Any = {"max_retries": 0}

    def ask(text: str, **options: Any) -> str:
        inputs: Any = [{"role": "user", "content": text}]
        answer: Any = sdk.responses.create_response(inputs=inputs, request_options=once, **options)
        return json.dumps(answer.get("response"), ensure_ascii=False)

    tool: Any = {"type": "function", "name": "get_weather", "parameters": {"type": "object"}}
    account.tell("SDK: ask", lambda: ask("What is the capital of Switzerland?", model="gpt-4o"))
    account.tell("SDK: ask the same again", lambda: ask("What is the capital of Switzerland?", model="gpt-4o"))
    account.tell("SDK: ask with a tool", lambda: ask("How is the weather in Bern?", tools=[tool]))
    account.tell("SDK: gzip'ed answer", lambda: ask("Tell me more. [[gzip]]"))
    account.tell("SDK: an error envelope", lambda: ask("Too fast? [[429]]"))
    account.tell("SDK: the same a little later", lambda: ask("Too fast? [[429]]"))
    account.tell("SDK: a gateway's HTML page", lambda: ask("Are you there? [[502]]"))


def _by_httpx(account: _Account, client: httpx.Client) -> None:
    def stream(text: str) -> str:
        body = {"inputs": [{"role": "user", "content": text}], "stream": True}
        got = b""
        with client.stream("POST", "/v1/model/response", json=body) as response:
            for piece in response.iter_raw():
                got += piece
        return f"{len(got)} bytes, {got.count(b'data:')} events, {_digest(got)}"

    def fetch(method: str, path: str, **options: Any) -> str:
        response = client.request(method, path, **options)
        return f"{len(response.content)} bytes, {_digest(response.content)}"

    account.tell("httpx: a stream", lambda: stream("Write a poem."))
    account.tell("httpx: a stream that breaks off", lambda: stream("Write a long poem. [[cut]]"))
    for turn in ("first", "second", "third"):
        account.tell(f"httpx: poll, {turn} time", lambda: fetch("GET", "/v1/model/response/resp_1"))
    upload = {"files": ("notes.txt", b"from Bern to Basel", "text/plain")}
    account.tell("httpx: upload a file", lambda: fetch("POST", "/v1/organizations/org_1/files/upload", files=upload))
    download = "/v1/organizations/org_1/files/file_1/download?token=t&expires=1"
    account.tell("httpx: download bytes", lambda: fetch("GET", download))
    account.tell("httpx: a redirect, followed", lambda: fetch("GET", "/v1/health", follow_redirects=True))
    account.tell("httpx: delete a thread", lambda: fetch("DELETE", "/v1/threads/thrd_1"))


def _digest(content: bytes) -> str:
    return "sha256 " + hashlib.sha256(content).hexdigest()[:12]


if __name__ == "__main__":
    main()
