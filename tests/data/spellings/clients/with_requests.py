"""Makes the calls with requests: `python with_requests.py CALLS BASE_URL`; prints each one's name and status."""

import json
import sys
from pathlib import Path
from typing import Any

import requests

base = sys.argv[2]
calls = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
with requests.Session() as session:
    session.headers["X-API-Key"] = "ak_test_key"
    for name, call in calls.items():
        sent: dict[str, Any] = {"params": call.get("query"), "json": call.get("json"), "data": call.get("form")}
        if "upload" in call:
            file = call["upload"]
            sent["files"] = {file["field"]: (file["filename"], file["content"].encode(), file["type"])}
        response = session.request(call["method"], base + call["path"], timeout=60, **sent)
        sys.stdout.write(f"{name} {response.status_code}\n")
