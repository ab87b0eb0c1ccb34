"""A help desk over the Aitronos API: what it offers, an answer, and an answer as it is being written.

Run it with `uvicorn --factory helpdesk:create_app`. It finds the API and its key in `AITRONOS_API_URL` and
`AITRONOS_API_KEY`. Of wiretape it knows nothing.
"""

from __future__ import annotations

import json
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any

import httpx
from aitronos import AsyncAitronos
from aitronos.core.api_error import ApiError
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

API = "https://api.aitronos.com"
MODEL = "gpt-4o"
# The key is ours: a caller of the help desk can do nothing about it.
_OUR_FAULT = (401, 403)


class Model(BaseModel):
    """A model that may be asked."""

    key: str
    context_window: int | None = None


class Question(BaseModel):
    """What somebody wants to know."""

    text: Annotated[str, Field(min_length=1, max_length=4000)]
    thread: str | None = None


class Answer(BaseModel):
    """What the model says to it; ask further in the same thread."""

    text: str
    thread: str
    finished: bool


class Api:
    """The API: the official SDK, and plain httpx for streams, which the SDK cannot do."""

    def __init__(self, url: str, key: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._http = httpx.AsyncClient(
            base_url=url, headers={"X-API-Key": key}, timeout=60, follow_redirects=True, transport=transport
        )
        self._sdk = AsyncAitronos(base_url=url, api_key=key, httpx_client=self._http)

    async def close(self) -> None:
        await self._http.aclose()

    async def models(self) -> list[Model]:
        listed = await self._sdk.models.list_models()
        return [Model(key=model.key, context_window=model.context_window) for model in listed.models]

    async def ask(self, question: Question) -> Answer:
        answer: Any = await self._sdk.responses.create_response(**_asked(question), request_options={"max_retries": 0})
        text = "".join(part["text"] for part in answer["response"] if part["type"] == "text")
        return Answer(text=text, thread=answer["thread_id"], finished=answer["stop_reason"] == "end_turn")

    async def write(self, question: Question) -> AsyncIterator[str]:
        """The answer, a few words at a time."""
        body = {**_asked(question), "stream": True}
        async with self._http.stream("POST", "/v1/model/response", json=body) as response:
            if response.is_error:
                await response.aread()
                raise ApiError(status_code=response.status_code, body=response.json())
            async for line in response.aiter_lines():
                if line.startswith("data: {"):
                    yield json.loads(line.removeprefix("data: ")).get("delta", "")


def _asked(question: Question) -> dict[str, Any]:
    inputs = [{"role": "user", "content": question.text}]
    return {"inputs": inputs, "model": MODEL, **({"thread_id": question.thread} if question.thread else {})}


def api_of(request: Request) -> Api:
    return request.app.state.api


def refused(error: ApiError) -> HTTPException:
    """What the caller hears when the API refuses; ours is ours, too fast is too fast."""
    code = error.body.get("error", {}).get("code") if isinstance(error.body, dict) else None
    if error.status_code == 429:
        return HTTPException(503, "busy, try again later", {"Retry-After": "5"})
    if error.status_code in _OUR_FAULT:
        return HTTPException(500, "the help desk is not set up")
    return HTTPException(502, f"the model does not answer: {code or error.status_code}")


def create_app(
    url: str | None = None, key: str | None = None, transport: httpx.AsyncBaseTransport | None = None
) -> FastAPI:
    """The app; its API is at *url*, else where the environment says, and is reached by *transport*."""
    url = url or os.environ.get("AITRONOS_API_URL", API)
    key = key or os.environ.get("AITRONOS_API_KEY", "")

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        app.state.api = Api(url, key, transport)
        yield
        await app.state.api.close()

    app = FastAPI(title="Help desk", lifespan=life)

    @app.get("/models")
    async def models(api: Annotated[Api, Depends(api_of)]) -> list[Model]:
        return await api.models()

    @app.post("/answers")
    async def answer(question: Question, api: Annotated[Api, Depends(api_of)]) -> Answer:
        try:
            return await api.ask(question)
        except ApiError as error:
            raise refused(error) from error

    @app.post("/answers/stream")
    async def stream(question: Question, api: Annotated[Api, Depends(api_of)]) -> StreamingResponse:
        words = api.write(question)
        try:
            # The status goes out before the words, so wait for the first of them.
            first = await anext(words, "")
        except ApiError as error:
            raise refused(error) from error

        async def told() -> AsyncIterator[str]:
            yield first
            async for word in words:
                yield word

        return StreamingResponse(told(), media_type="text/plain; charset=utf-8")

    return app
