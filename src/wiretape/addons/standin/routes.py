"""The table of routes: which handler answers which method and path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wiretape.addons.standin import (
    auth,
    background,
    catalog,
    downloads,
    files,
    keys,
    media,
    oldest,
    responses,
    threads,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from wiretape.addons.standin.answer import Answer
    from wiretape.addons.standin.call import Call

    type Handler = Callable[[Call], Answer]

ROUTES: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("GET", "/", catalog.welcome),
    ("GET", "/v1/health", catalog.to_slash),
    ("GET", "/v1/health/", catalog.health),
    ("GET", "/v1/health/details", catalog.health_details),
    ("GET", "/v1/models", catalog.models),
    ("POST", "/v1/model/response", responses.create),
    ("POST", "/v1/model/response/stream", responses.create_stream),
    ("GET", "/v1/model/response/output-modes", catalog.output_modes),
    ("GET", "/v1/model/response/reasoning-levels", catalog.reasoning_levels),
    ("GET", "/v1/model/response/{response}", background.poll),
    ("DELETE", "/v1/model/response/{response}", background.cancel),
    ("POST", "/v1/model/response/{thread}/cancel", responses.cancel),
    ("GET", "/v1/model/response/{thread}/stream", responses.reconnect),
    ("POST", "/v1/messages/run-stream", oldest.run_stream),
    ("POST", "/v1/messages/run-create", oldest.run_create),
    ("GET", "/v1/messages/run-status", oldest.run_status),
    ("POST", "/v1/messages/run-status", oldest.run_status),
    ("GET", "/v1/messages/run-response", oldest.run_response),
    ("POST", "/v1/messages/run-response", oldest.run_response),
    ("POST", "/v1/threads/create", threads.create_oldest),
    ("GET", "/v1/threads", threads.listing),
    ("POST", "/v1/threads", threads.create),
    ("DELETE", "/v1/threads", threads.delete_all),
    ("GET", "/v1/threads/{thread}", threads.show),
    ("PATCH", "/v1/threads/{thread}", threads.change),
    ("DELETE", "/v1/threads/{thread}", threads.delete),
    ("GET", "/v1/threads/{thread}/messages", threads.messages),
    ("POST", "/v1/organizations/{org}/files/upload", files.upload),
    ("POST", "/v1/organizations/{org}/files", files.upload_older),
    ("GET", "/v1/organizations/{org}/files", files.listing),
    ("GET", "/v1/organizations/{org}/files/{file}", files.show),
    ("DELETE", "/v1/organizations/{org}/files/{file}", files.delete),
    ("GET", "/v1/organizations/{org}/files/{file}/content", files.content),
    ("GET", "/v1/organizations/{org}/files/{file}/download", downloads.download),
    ("GET", "/v1/files/s/{token}/{name}", downloads.shared),
    ("POST", "/auth/login", auth.login_oldest),
    ("POST", "/v1/auth/login", auth.login),
    ("POST", "/v1/auth/verify", auth.verify),
    ("POST", "/v1/auth/refresh", auth.refresh),
    ("POST", "/v1/auth/logout", auth.logout),
    ("GET", "/v1/organizations/{org}/api-keys", keys.listing),
    ("POST", "/v1/organizations/{org}/api-keys", keys.create),
    ("GET", "/v1/organizations/{org}/api-keys/{key}", keys.show),
    ("DELETE", "/v1/organizations/{org}/api-keys/{key}", keys.delete),
    ("POST", "/v1/organizations/{org}/api-keys/{key}/rotate", keys.rotate),
    ("POST", "/v1/images/generate", media.generate),
    ("POST", "/v1/documents/extract", media.extract),
    ("GET", "/v1/documents/jobs/{job}", media.job),
)
"""What the stand-in can do; of two patterns that fit a path, the earlier one answers."""


@dataclass(frozen=True, slots=True)
class _Route:
    method: str
    pattern: re.Pattern[str]
    handler: Handler


def _compiled() -> list[_Route]:
    return [
        _Route(method, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), handler)
        for method, path, handler in ROUTES
    ]


_COMPILED = _compiled()


@dataclass(frozen=True, slots=True)
class Found:
    """What the table says about a path: the handler and the path's parameters, or that only other methods fit."""

    handler: Handler | None
    params: dict[str, str]
    other_methods: bool = False


def find(method: str, path: str) -> Found:
    """The handler of a method and path; HEAD is answered by what GET is."""
    wanted = "GET" if method == "HEAD" else method
    other_methods = False
    for route in _COMPILED:
        match = route.pattern.fullmatch(path)
        if match and route.method == wanted:
            return Found(route.handler, match.groupdict())
        other_methods = other_methods or match is not None
    return Found(None, {}, other_methods)
