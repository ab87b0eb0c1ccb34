"""Makes the calls with the official SDK, but for those it has not: `python with_sdk.py CALLS BASE_URL`."""

import contextlib
import json
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
from aitronos import Aitronos

base = sys.argv[2]
calls = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
statuses: list[int] = []


def see(response: httpx.Response) -> None:
    """Keep its status: what the SDK makes of an answer is its own affair."""
    statuses.append(response.status_code)


with httpx.Client(event_hooks={"response": [see]}, timeout=60) as client:
    sdk = Aitronos(api_key="ak_test_key", base_url=base, httpx_client=client)
    file, query = calls["upload"]["upload"], dict(calls["query"]["query"])
    query |= {"limit": int(query["limit"]), "is_pinned": query["is_pinned"] == "true"}
    made: dict[str, Callable[[], object]] = {
        "ask": lambda: sdk.responses.create_response(**calls["ask"]["json"]),
        "stream": lambda: sdk.responses.create_response(**calls["stream"]["json"]),
        "query": lambda: sdk.threads.list_threads(**query),
        "upload": lambda: sdk.files.upload_file(
            "org_1", files=[(file["filename"], file["content"].encode(), file["type"])]
        ),
        "get": sdk.models.list_models,
    }
    for name, call in made.items():
        with contextlib.suppress(Exception):
            call()
        sys.stdout.write(f"{name} {statuses[-1]}\n")
