"""Logging in, API keys, threads and images."""

from __future__ import annotations

import base64
import json
import zlib
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import httpx

_LOGIN = {"email_or_username": "u@example.com", "password": "hunter2"}


def test_login_sets_two_cookies(client: httpx.Client) -> None:
    """Login repeats a header, in two spellings, and the client sends both cookies back."""
    answer = client.post("/v1/auth/login", json=_LOGIN)
    names = [name for name, _ in answer.headers.raw if name.lower() == b"set-cookie"]
    assert names == [b"Set-Cookie", b"set-cookie"]
    client.get("/v1/models")
    assert set(client.cookies) == {"session", "csrf"}
    assert answer.json()["requires_verification"]


@pytest.mark.parametrize("code", ["1234", 1234])
def test_tokens_look_like_jwts(client: httpx.Client, code: str | int) -> None:
    """Verifying hands out tokens of three parts whose middle is JSON; the code may be text or number."""
    told = client.post("/v1/auth/verify", json={"email_key": "k", "verification_code": code}).json()
    for token in (told["access_token"], told["refresh_token"]):
        head, claims, signature = token.split(".")
        assert head.startswith("eyJ")
        assert json.loads(base64.urlsafe_b64decode(claims + "=="))["sub"] == "usr_1"
        assert len(signature) == 43
    refreshed = client.post("/v1/auth/refresh", json={"refresh_token": told["refresh_token"]}).json()
    assert refreshed["access_token"] != told["access_token"]
    assert client.post("/v1/auth/logout", json={"refresh_token": "x"}).json()["logged_out_at"]


def test_strict_bodies(client: httpx.Client) -> None:
    """A field too many or too few is a 422, a wrong password a 401."""
    assert client.post("/v1/auth/login", json={**_LOGIN, "extra": 1}).json()["error"]["code"] == "VALIDATION_ERROR"
    assert client.post("/v1/auth/login", json={}, headers={"X-Standin": "errors=detail"}).json()["detail"]
    assert client.post("/v1/auth/login", json={**_LOGIN, "password": "wrong"}).status_code == 401
    assert client.post("/v1/auth/login", json={**_LOGIN, "device_info": {}}).status_code == 200


def test_oldest_login(client: httpx.Client) -> None:
    """The oldest dialect's refresh token is an object."""
    assert "token" in client.post("/auth/login", json={"emailOrUserName": "u"}).json()["refreshToken"]


def test_api_keys(client: httpx.Client) -> None:
    """A key's secret is told when it is made and never again; its id only looks like one."""
    path = "/v1/organizations/org_7/api-keys"
    made = client.post(path, json={"key_name": "mine"})
    key = made.json()
    assert made.status_code == 201
    assert len(key["key"]) == 42
    assert key["key"].startswith(key["key_prefix"])
    assert "key" not in client.get(f"{path}/{key['id']}").json()
    rotated = client.post(f"{path}/{key['id']}/rotate").json()
    assert rotated["old_key_id"] == key["id"]
    assert rotated["new_key"]["key"] != key["key"]
    assert client.get(path).json()["total"] == 1
    assert client.get(f"{path}/{key['id']}").status_code == 404
    assert client.delete(f"{path}/{rotated['new_key']['id']}").json()["success"]


def test_threads(client: httpx.Client) -> None:
    """Threads are made, changed, listed by cursor and deleted without a word."""
    ids = [client.post("/v1/threads", json={"organization_id": "o", "title": str(i)}).json()["id"] for i in range(5)]
    first = client.get("/v1/threads", params={"limit": 2}).json()
    assert [thread["id"] for thread in first["data"]] == ids[:2:-1]
    assert first["has_more"]
    rest = client.get("/v1/threads", params={"limit": 5, "after": first["last_id"]}).json()
    assert [thread["id"] for thread in rest["data"]] == ids[2::-1]
    assert not rest["has_more"]
    assert client.patch(f"/v1/threads/{ids[0]}", json={"title": "new"}).json()["title"] == "new"
    gone = client.delete(f"/v1/threads/{ids[0]}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert "content-length" not in gone.headers
    assert client.get(f"/v1/threads/{ids[0]}").status_code == 404
    assert client.delete("/v1/threads").json()["deleted"] == 4


def test_messages(client: httpx.Client) -> None:
    """A turn leaves its question and its answer in the thread, unless it says not to."""
    said = {"inputs": [{"role": "user", "content": "Hello!"}], "thread_id": "thrd_x"}
    client.post("/v1/model/response", json=said)
    client.post("/v1/model/response", json={**said, "store": False})
    page = client.get("/v1/threads/thrd_x/messages", params={"order": "asc"}).json()
    assert [message["role"] for message in page["data"]] == ["user", "assistant"]
    assert page["data"][0]["content"] == "Hello!"
    assert client.get("/v1/threads/thrd_x").json()["message_count"] == 2


def test_image(client: httpx.Client) -> None:
    """An image is a PNG that decodes, with the provider's headers."""
    answer = client.post("/v1/images/generate", json={"provider": "openai", "prompt": "x"})
    assert answer.content.startswith(b"\x89PNG\r\n\x1a\n")
    assert answer.headers["x-provider"] == "openai"
    data = answer.content.partition(b"IDAT")[2]
    assert len(zlib.decompressobj().decompress(data)) == 16 * (1 + 16 * 3)
