"""Makes the calls with httpx: `python with_httpx.py CALLS BASE_URL`; prints each one's name and status."""

import json
import sys
from pathlib import Path
from typing import Any

import httpx

base = sys.argv[2]
calls = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
with httpx.Client(base_url=base, headers={"X-API-Key": "ak_test_key"}, timeout=60) as client:
    for name, call in calls.items():
        sent: dict[str, Any] = {"params": call.get("query"), "json": call.get("json"), "data": call.get("form")}
        if "upload" in call:
            file = call["upload"]
            sent["files"] = {file["field"]: (file["filename"], file["content"].encode(), file["type"])}
        with client.stream(call["method"], call["path"], **sent) as response:
            response.read()
        sys.stdout.write(f"{name} {response.status_code}\n")
