"""Asks an API the same nine things by one client library and prints what came, with VCR.py around it or without.

Usage: asking.py CLIENT BASE_URL [VCR_CASSETTE]
"""

from __future__ import annotations

import asyncio
import base64
import http.client
import importlib
import json
import sys
import uuid
from typing import Any
from urllib.parse import urljoin, urlsplit

KEY = "Bearer not-a-real-key-0123456789"
CHAT = json.dumps({"model": "m", "inputs": [{"role": "user", "content": "Grüß Gott"}]}, ensure_ascii=False).encode()
UPLOAD = "/v1/organizations/org_1/files/upload"
SENDS_JSON = {"Content-Type": "application/json"}
FILE = bytes(range(256))

type Call = tuple[str, str, dict[str, str], bytes | None]
type Told = tuple[int, dict[str, str], bytes]


def multipart() -> tuple[str, bytes]:
    """A form with a file, whose boundary is never the same."""
    boundary = uuid.uuid4().hex
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="a.bin"\r\n\r\n'
    return f"multipart/form-data; boundary={boundary}", head.encode() + FILE + f"\r\n--{boundary}--\r\n".encode()


def calls() -> list[Call]:
    """What is asked."""
    kind, form = multipart()
    return [
        ("GET", "/v1/models", {}, None),
        ("POST", "/v1/model/response", SENDS_JSON, CHAT),
        ("POST", "/v1/model/response", SENDS_JSON, CHAT),
        ("GET", "/v1/models", {"X-Standin": "gzip", "Accept-Encoding": "gzip"}, None),
        ("POST", UPLOAD, {"Content-Type": kind}, form),
        ("POST", "/v1/model/response/stream", SENDS_JSON, CHAT),
        ("GET", "/v1/health", {}, None),
        ("GET", "/v1/nothing?b=2&a=%C3%BC", {}, None),
        ("GET", "/v1/files/s/tok/x.bin?bytes=300", {}, None),
    ]


def by_httpx(base: str, asked: list[Call]) -> list[Told]:
    """With httpx, each answer read as a stream."""
    httpx = importlib.import_module("httpx")
    told: list[Told] = []
    with httpx.Client(base_url=base, follow_redirects=True, trust_env=False) as client:
        for method, path, headers, body in asked:
            with client.stream(method, path, headers=headers, content=body) as answer:
                told.append((answer.status_code, dict(answer.headers), answer.read()))
    return told


def by_httpx_async(base: str, asked: list[Call]) -> list[Told]:
    """With httpx in a loop."""
    httpx = importlib.import_module("httpx")

    async def go() -> list[Told]:
        told: list[Told] = []
        async with httpx.AsyncClient(base_url=base, follow_redirects=True, trust_env=False) as client:
            for method, path, headers, body in asked:
                answer = await client.request(method, path, headers=headers, content=body)
                told.append((answer.status_code, dict(answer.headers), answer.content))
        return told

    return asyncio.run(go())


def by_requests(base: str, asked: list[Call]) -> list[Told]:
    """With requests; the file goes up in its own multipart."""
    requests = importlib.import_module("requests")
    told: list[Told] = []
    with requests.Session() as session:
        session.trust_env = False
        for method, path, headers, body in asked:
            files = {"files": ("a.bin", FILE)} if path == UPLOAD else None
            kept = {name: value for name, value in headers.items() if files is None or name != "Content-Type"}
            data = None if files else body
            answer = session.request(method, base + path, headers=kept, data=data, files=files)
            told.append((answer.status_code, dict(answer.headers), answer.content))
    return told


def by_urllib3(base: str, asked: list[Call]) -> list[Told]:
    """With urllib3."""
    pool = importlib.import_module("urllib3").PoolManager()
    told: list[Told] = []
    for method, path, headers, body in asked:
        answer = pool.request(method, base + path, headers=headers, body=body)
        told.append((answer.status, dict(answer.headers), answer.data))
    return told


def by_aiohttp(base: str, asked: list[Call]) -> list[Told]:
    """With aiohttp; JSON is handed over as values."""
    aiohttp = importlib.import_module("aiohttp")

    async def go() -> list[Told]:
        told: list[Told] = []
        async with aiohttp.ClientSession() as session:
            for method, path, headers, body in asked:
                payload: dict[str, Any] = {"data": body, "headers": headers}
                if body is CHAT:
                    payload = {"json": json.loads(CHAT)}
                async with session.request(method, base + path, **payload) as answer:
                    told.append((answer.status, dict(answer.headers), await answer.read()))
        return told

    return asyncio.run(go())


def by_http_client(base: str, asked: list[Call]) -> list[Told]:
    """With the standard library alone: nothing is decoded or followed but by hand."""
    told: list[Told] = []
    for method, first, headers, body in asked:
        path: str = first
        while True:
            connection = http.client.HTTPConnection(urlsplit(base).netloc)
            connection.request(method, path, body, {**headers, "Authorization": KEY})
            answer = connection.getresponse()
            data = answer.read()
            connection.close()
            where = answer.getheader("Location")
            if where is None:
                break
            path = urlsplit(urljoin(base + path, where)).path
        told.append((answer.status, dict(answer.getheaders()), data))
    return told


def by_tornado(base: str, asked: list[Call]) -> list[Told]:
    """With tornado."""
    client = importlib.import_module("tornado.httpclient")

    async def go() -> list[Told]:
        fetcher = client.AsyncHTTPClient()
        told: list[Told] = []
        for method, path, headers, body in asked:
            answer = await fetcher.fetch(base + path, method=method, headers=headers, body=body, raise_error=False)
            told.append((answer.code, dict(answer.headers), answer.body))
        return told

    return asyncio.run(go())


BY = {
    "httpx": by_httpx,
    "httpx-async": by_httpx_async,
    "requests": by_requests,
    "urllib3": by_urllib3,
    "aiohttp": by_aiohttp,
    "http.client": by_http_client,
    "tornado": by_tornado,
}


def main(name: str, base: str, cassette: str | None = None) -> None:
    """Ask, and print."""
    asked = [(method, path, {**headers, "Authorization": KEY}, body) for method, path, headers, body in calls()]
    if cassette is None:
        told = BY[name](base, asked)
    else:
        with importlib.import_module("vcr").use_cassette(cassette):
            told = BY[name](base, asked)
    sys.stdout.write(
        json.dumps(
            [
                {
                    "status": status,
                    "headers": {key.lower(): value for key, value in headers.items()},
                    "body": base64.b64encode(body).decode(),
                }
                for status, headers, body in told
            ]
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
