"""What is asked: requests as the clients really write them, the SDK's own made by the SDK itself."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from aitronos import Aitronos
from aitronos.types import InputMessage

from wiretape.store.interaction import Request
from wiretape.store.reading import Asked, Reading, read

if TYPE_CHECKING:
    from collections.abc import Callable


def asked(body: bytes, target: str = "/v1/model/response", headers: tuple[tuple[bytes, bytes], ...] = ()) -> Reading:
    """The reading of a request alone."""
    request = Request(
        method="POST", scheme="https", host="api.aitronos.com", port=443, target=target, headers=headers, body=body
    )
    return read(request, None, b"")


def by_sdk(call: Callable[[Aitronos], object]) -> Reading:
    """The reading of the request that *call* makes the SDK send."""
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={})

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        call(Aitronos(api_key="ak_test", httpx_client=client))
    (request,) = sent
    path = request.url.raw_path.decode()
    return read(
        Request(method=request.method, scheme="https", host="h", port=1, target=path, body=request.content), None, b""
    )


def test_the_sdks_smallest_request() -> None:
    """It leaves out all that is not set."""
    hello = InputMessage(role="user", content="Hello!")
    reading = by_sdk(lambda sdk: sdk.responses.create_response(inputs=[hello]))
    assert reading.asked == Asked(stream=False, messages=1)
    assert (reading.prompt, reading.unknown, reading.problem) == ("Hello!", [], None)
    assert (reading.family, reading.operation, reading.kind) == ("responses", "create_response", "empty")


def test_all_that_the_sdk_can_say() -> None:
    """Every argument of SDK 5.0.0 arrives, and none of them is unknown."""
    everything: dict[str, Any] = {
        "inputs": [
            {"role": "system", "content": "Be kind."},
            {
                "role": "user",
                "content": [{"type": "text", "text": "Look:"}, {"type": "file", "file_id": "file_1"}],
                "files": [{"file_id": "file_2"}],
                "id": "msg_1",
            },
            {"role": "tool", "tool_call_id": "call_1", "content": {"answer": 42}},
        ],
        "organization_id": "org_1",
        "thread_id": "thrd_1",
        "assistant_id": "asst_1",
        "workflow_id": "wf_1",
        "vector_store_ids": ["vs_1"],
        "space_id": "sp_1",
        "previous_response_id": "resp_1",
        "model": "gpt-4o",
        "tools": [
            {"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": True},
            {"type": "mcp", "server_label": "m", "server_url": "https://x", "authorization": "Bearer t"},
            {"type": "personalConnector", "configuration_ids": ["c"]},
        ],
        "stream": True,
        "instructions": "Short.",
        "temperature": 0,
        "top_p": 0.5,
        "max_output_synapses": 100,
        "reasoning": {"effort": "high", "summary": "auto"},
        "include": ["tools.used", "rules"],
        "metadata": {"own": 1},
        "disable_rules": False,
        "store": True,
        "output_mode": "structured",
        "system_tools": {"web_search": {"mode": "on"}, "file_search": None},
    }
    reading = by_sdk(
        lambda sdk: sdk.responses.with_raw_response.create_response(**everything, request_options={"max_retries": 0})
    )
    assert reading.asked == Asked(
        model="gpt-4o",
        stream=True,
        output_mode="structured",
        organization_id="org_1",
        thread_id="thrd_1",
        assistant_id="asst_1",
        previous_response_id="resp_1",
        instructions="Short.",
        reasoning_effort="high",
        reasoning_summary="auto",
        messages=3,
        files=["file_2", "file_1"],
        tools=["f", "m", "personalConnector"],
        system_tools={"web_search": "on", "file_search": ""},
        include=["tools.used", "rules"],
        sampling={"temperature": 0, "top_p": 0.5, "max_output_synapses": 100},
    )
    assert reading.prompt == 'Be kind.\nLook:\n{"answer":42}'
    assert (reading.thread_id, reading.model, reading.assistant_id) == ("thrd_1", "gpt-4o", "asst_1")
    assert (reading.unknown, reading.problem) == ([], None)


def test_the_old_form_with_camelcase_names() -> None:
    """As aitronos-freddy writes it: texts, pictures, sound and files apart."""
    reading = asked(
        b'{"model": "gpt-4.1", "inputs": [{"role": "user", "texts": [{"text": "Hello!"}], "images": [{"fileId": '
        b'"file_1"}], "audio": [{"fileId": "file_2"}], "files": [{"fileId": "file_3"}]}], "stream": false, '
        b'"organizationId": "org_1", "threadId": "thread_1", "assistantId": "asst_1", "maxTokens": 5}'
    )
    assert reading.asked == Asked(
        model="gpt-4.1",
        stream=False,
        organization_id="org_1",
        thread_id="thread_1",
        assistant_id="asst_1",
        messages=1,
        files=["file_3", "file_1", "file_2"],
        sampling={"maxTokens": 5},
    )
    assert (reading.prompt, reading.unknown) == ("Hello!", [])


def test_a_dropped_stream_is_taken_up() -> None:
    """What SDK 0.8 adds is known too."""
    reading = asked(
        b'{"inputs":[],"partial_context":{"partial_text":"Once","user_answers":"yes","partial_tool_calls":'
        b'[{"name":"f","input":{},"output":"x"}]},"max_completion_tokens":9,"thread_context_mode":"saver",'
        b'"reasoning":{"effort":"none"}}'
    )
    assert reading.asked is not None
    assert (reading.asked.resumes, reading.asked.reasoning_effort) == (True, "none")
    assert (reading.asked.sampling, reading.unknown) == ({"max_completion_tokens": 9}, [])


@pytest.mark.parametrize("thread", [b'"thread_1"', b'{"id":"thread_1","metadata":{"a":1}}'])
def test_the_guides_thread(thread: bytes) -> None:
    """A string or an object."""
    reading = asked(b'{"inputs":[],"background":true,"thread":' + thread + b"}")
    assert reading.asked is not None
    assert (reading.thread_id, reading.asked.background, reading.unknown) == ("thread_1", True, [])


def test_absent_stream_means_no_since_g2_and_yes_in_g1() -> None:
    """And never yes for what is polled."""
    now = asked(b'{"inputs":[]}')
    then = asked(b'{"organization_id":1,"assistant_id":2,"messages":[]}', "/v1/messages/run-stream")
    poll = asked(b'{"organization_id":1,"thread_key":"t","run_key":"r"}', "/v1/messages/run-status")
    assert [one.asked and one.asked.stream for one in (now, then, poll)] == [False, True, False]
    assert (poll.thread_id, poll.response_id) == ("t", "r")


def test_a_compressed_request_is_read() -> None:
    """The body is as on the wire."""
    body = gzip.compress(b'{"inputs":[{"role":"user","content":"Hi"}]}')
    assert asked(body, headers=((b"Content-Encoding", b"gzip"),)).prompt == "Hi"


def test_news_in_a_request_is_reported_as_the_requests() -> None:
    """So that nobody looks for it in the answer."""
    reading = asked(b'{"inputs":[{"role":"wizard","spell":1}],"magic":true,"include":["all","more"]}')
    assert reading.unknown == [
        "request $.magic",
        "request $.inputs[*].spell",
        'request $.inputs[*].role = "wizard"',
        'request $.include[*] = "more"',
    ]


def test_an_odd_field_in_a_request_costs_that_field_only() -> None:
    """The prompt is still searchable."""
    reading = asked(b'{"inputs":[{"role":"user","content":"Hi"}],"stream":"yes","model":"m"}')
    assert (reading.prompt, reading.model) == ("Hi", "m")
    assert reading.problem == "request: Expected `bool | null`, got `str` - at `$.stream`"


def test_half_a_character_in_a_request_costs_that_character_only() -> None:
    """Other writers of JSON escape what they cannot encode."""
    reading = asked(rb'{"inputs":[{"role":"user","content":"a \ud83d b"}]}')
    assert (reading.prompt, reading.problem) == ("a \ufffd b", None)


@pytest.mark.parametrize("body", [b"", b"[]", b"--boundary\r\n", b"\xff\xfe", b'"x"'])
def test_what_is_no_object_asks_for_nothing(body: bytes) -> None:
    """And is no problem: uploads and empty bodies are fine."""
    reading = asked(body)
    assert (reading.asked, reading.prompt, reading.problem) == (None, None, None)


@pytest.mark.parametrize(
    ("target", "body", "prompt", "model"),
    [
        ("/v1/images/generate", b'{"provider":"openai","prompt":"a cat","model":"dall-e"}', "a cat", "dall-e"),
        ("/v1/threads/t/generateName", b'{"messages":[{"role":"user","content":"Hi"}]}', "Hi", None),
        ("/v1/unheard/of", b'{"inputs":[{"content":[{"text":"a"},{"text":"b"}]}]}', "a\nb", None),
    ],
)
def test_other_endpoints_are_asked_things_too(target: str, body: bytes, prompt: str, model: str | None) -> None:
    """Pictures and names of threads are prompted as well; unknown paths are searched for the usual fields."""
    reading = asked(body, target)
    assert (reading.prompt, reading.model, reading.asked, reading.unknown) == (prompt, model, None, [])
