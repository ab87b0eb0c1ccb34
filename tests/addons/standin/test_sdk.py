"""The official SDK, unmodified, against the stand-in."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from aitronos import Aitronos
from aitronos.core.api_error import ApiError
from aitronos.core.http_sse import EventSource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wiretape.addons.standin import StandIn

_NO_RETRY: Any = {"max_retries": 0}


@pytest.fixture
def transport() -> Iterator[httpx.Client]:
    """The client that the SDK would make for itself, closed afterwards."""
    with httpx.Client(timeout=30, follow_redirects=True, trust_env=False) as made:
        yield made


@pytest.fixture
def sdk(standin: StandIn, transport: httpx.Client) -> Aitronos:
    """The SDK with the stand-in as its base URL."""
    return Aitronos(api_key="ak_test", base_url=standin.url, httpx_client=transport)


def ask(sdk: Aitronos, words: str = "Hello!", **more: Any) -> Any:
    """A turn by the SDK's typed call."""
    # Dicts, as its documentation has them, where its types want models.
    inputs: Any = [{"role": "user", "content": words}]
    return sdk.responses.create_response(inputs=inputs, **more)


def test_turn(sdk: Aitronos) -> None:
    """A turn is a plain dict, different each time."""
    first, second = ask(sdk, model="gpt-4o"), ask(sdk, model="gpt-4o")
    assert first["response"][0]["text"] != second["response"][0]["text"]


def test_retries_after_rate_limit(sdk: Aitronos, standin: StandIn) -> None:
    """The SDK meets the 429 of a word in the prompt, waits as told and gets its answer."""
    assert ask(sdk, "[[429]]")["success"]
    assert standin.hits == 2
    assert standin.requests[0].body == standin.requests[1].body


def test_errors(sdk: Aitronos) -> None:
    """Errors reach the SDK in whatever form they have."""
    with pytest.raises(ApiError) as html:
        ask(sdk, "[[502]]", request_options=_NO_RETRY)
    assert html.value.status_code == 502
    assert str(html.value.body).startswith("<html>")
    with pytest.raises(ApiError) as envelope:
        ask(sdk, "[[403]]")
    assert envelope.value.body["error"]["code"] == "INSUFFICIENT_PERMISSIONS"


def test_typed_stream_is_unusable(sdk: Aitronos) -> None:
    """The SDK's typed call cannot read a stream, here as in reality."""
    with pytest.raises(ApiError) as failed:
        ask(sdk, stream=True)
    assert failed.value.status_code == 200


def test_stream_by_its_own_reader(standin: StandIn, transport: httpx.Client) -> None:
    """The SDK's own event reader reads the stream; a comment after an id yields an empty event."""
    body = {"inputs": [{"role": "user", "content": "[[heartbeat=comment]]"}], "stream": True}
    with transport.stream("POST", f"{standin.url}/v1/model/response", json=body) as answer:
        data = [event.data for event in EventSource(answer).iter_sse()]
    assert data[-1] == "[DONE]"
    assert "" in data
    text = "".join(json.loads(entry).get("delta", "") for entry in data[:-1] if entry)
    assert text.startswith("Grüezi 👋")


def test_cut_stream(standin: StandIn, transport: httpx.Client) -> None:
    """A cut stream raises in the client."""
    body = {"inputs": [{"content": "[[cut]]"}], "stream": True}
    with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
        transport.post(f"{standin.url}/v1/model/response", json=body)


def test_login(sdk: Aitronos) -> None:
    """Login and verification parse, and the cookies come back."""
    login = sdk.authentication.login(email_or_username="u@example.com", password="hunter2")
    verified = sdk.authentication.verify_email(email_key=login.email_key, verification_code=1234)
    assert verified.token_type == "bearer"
    assert sdk.authentication.refresh_token(refresh_token=verified.refresh_token).access_token


def test_threads(sdk: Aitronos) -> None:
    """Threads and messages parse; a deletion is None."""
    thread = sdk.threads.create_thread(organization_id="org_1", title="T")
    ask(sdk, thread_id=thread.id)
    assert sdk.threads.get_thread(thread.id).message_count == 2
    assert len(sdk.messages.get_thread_messages(thread.id).data) == 2
    assert sdk.threads.list_threads().data[0].id == thread.id
    sdk.threads.delete_thread(thread.id)
    with pytest.raises(ApiError):
        sdk.threads.get_thread(thread.id)


def test_catalogue(sdk: Aitronos) -> None:
    """Health, models, modes, levels and cancelling parse."""
    assert sdk.health.liveness_check().status == "healthy"
    assert sdk.health.readiness_check().components
    assert sdk.models.list_models().total_count == 3
    assert [mode.mode for mode in sdk.responses.get_output_modes().output_modes if mode.is_default] == ["text"]
    assert sdk.responses.get_reasoning_levels().reasoning_levels
    assert not sdk.responses.cancel_stream("thrd_1").success


def test_keys(sdk: Aitronos) -> None:
    """API keys parse."""
    made = sdk.api_keys.create_api_key("org_1", key_name="mine")
    assert sdk.api_keys.rotate_api_key("org_1", made.id).new_key.key != made.key
    assert sdk.api_keys.list_api_keys("org_1").total == 1


def test_files(sdk: Aitronos) -> None:
    """An upload arrives intact, and its address can be had."""
    (file,) = sdk.files.upload_file("org_1", files=[("a.txt", b"hello", "text/plain")]).files
    assert (file.original_filename, file.file_size) == ("a.txt", 5)
    assert file.model_dump()["sha256"] == hashlib.sha256(b"hello").hexdigest()
    assert sdk.files.get_file_content("org_1", file.id).download_url
    assert sdk.files.list_files("org_1").total == 1


def test_image(sdk: Aitronos) -> None:
    """An image's bytes come through."""
    image = b"".join(sdk.image_operations.generate(provider="openai", organization_id="org_1", prompt="x"))
    assert image.startswith(b"\x89PNG")


def test_documents(sdk: Aitronos) -> None:
    """A document's job is polled to its end by identical requests."""
    job = sdk.document_extraction.extract_document(file=("a.pdf", b"%PDF"), schema="{}")
    states = [sdk.document_extraction.get_job_status(job.job_id).status for _ in range(3)]
    assert states == ["pending", "processing", "completed"]
