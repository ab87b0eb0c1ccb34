"""The route table: what is in it, how a path finds its row, what is found in answers by it."""

from __future__ import annotations

import pytest

from wiretape.store.aitronos import routes
from wiretape.store.interaction import Request, ResponseHead
from wiretape.store.reading import Paging, Reading, read


def answered(method: str, target: str, body: bytes, kind: bytes = b"application/json") -> Reading:
    """The reading of a good answer of any endpoint."""
    request = Request(method=method, scheme="https", host="api.aitronos.com", port=443, target=target)
    return read(request, ResponseHead(status=200, reason="OK", headers=((b"content-type", kind),)), body)


def test_the_table_holds_both_sdks_and_the_older_clients() -> None:
    """All operations of 5.0.0, what 0.8.178 has beyond, and the paths of older clients."""
    rows = routes.operations()
    assert sum(row.source == "5.0" for row in rows) == 284
    assert sum(row.source == "0.8" for row in rows) == 776
    assert {row.source for row in rows} == {"5.0", "0.8", "G0", "G1", "4.5.7", "CLI", "Swift", "guide"}


def test_every_row_is_well_formed_and_finds_itself() -> None:
    """No row hides another."""
    for row in routes.operations():
        match = routes.match(row.method, row.template.replace("{", "<").replace("}", ">"))
        assert match is not None
        assert match.route == row
        assert row.answer in {"json", "any", "text", "binary", "sse", "none"}
        assert row.family
        assert row.operation


@pytest.mark.parametrize(
    ("method", "path", "operation", "params"),
    [
        ("POST", "/v1/model/response", "create_response", {}),
        ("post", "/v1/model/response/", "create_response", {}),
        ("POST", "/v1/model/response/stream", "create_response_stream", {}),
        ("GET", "/v1/model/response/output-modes", "get_output_modes", {}),
        ("GET", "/v1/model/response/resp_1", "get_response", {"response_id": "resp_1"}),
        ("DELETE", "/v1/model/response/resp_1", "cancel_response", {"response_id": "resp_1"}),
        ("GET", "/v1/model/response/thrd_1/stream", "reconnect_stream", {"thread_id": "thrd_1"}),
        ("POST", "/v1/model/response/thrd_1/cancel", "cancel_stream", {"thread_id": "thrd_1"}),
        ("POST", "/v1/messages", "create_message", {}),
        ("POST", "/v1/messages/run-stream", "run_stream", {}),
        ("GET", "/v1/messages/run-status", "run_status", {}),
        ("POST", "/v1/threads/create", "create_thread", {}),
        ("POST", "/auth/login", "login", {}),
        ("POST", "/auth/refresh", "refresh_token", {}),
        ("POST", "/auth/users/password/update", "update_password", {}),
        ("GET", "/api/v1/users/me", "get_current_user_profile", {}),
        ("GET", "/v1/api/users/7", "get_user_by_id", {"user_id": "7"}),
        ("GET", "/api/users/check-username", "check_username_availability", {}),
        ("HEAD", "/", "head_root", {}),
        ("HEAD", "/v1/threads", "list_threads", {}),
        ("GET", "/v1/health", "liveness_check", {}),
        ("GET", "/v1/health/", "liveness_check", {}),
        ("GET", "/health/metrics", "metrics", {}),
        ("POST", "/v1/organizations/3/file/upload", "upload_file", {"organization_id": "3"}),
        ("POST", "/v1/images/analyze", "analyze_image", {}),
        ("POST", "/v1/streamline/automations/upload", "upload_automation", {}),
        ("GET", "/v1/files/s/abc/x.txt", "serve_signed_file", {"token": "abc", "filename": "x.txt"}),
        ("GET", "/v1/user/email/a%40b.c", "get_user_by_email", {"email": "a@b.c"}),
        ("GET", "/v1/user/profile/images/a/b.png", "serve_profile_image", {"file_path": "a/b.png"}),
        ("GET", "/prefix/v1/threads/t1", "get_thread", {"thread_id": "t1"}),
        ("GET", "/v1/v1/threads/t1", "get_thread", {"thread_id": "t1"}),
    ],
)
def test_a_path_finds_its_operation(method: str, path: str, operation: str, params: dict[str, str]) -> None:
    """With what its varying segments stand for; one slash at the end and a prefix make no difference."""
    match = routes.match(method, path)
    assert match is not None
    assert (match.route.operation, match.params) == (operation, params)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("GET", "*"),
        ("GET", "/"),
        ("BREW", "/v1/threads"),
        ("GET", "/v2/threads"),
        ("GET", "/v1"),
        ("", "/v1//"),
    ],
)
def test_a_path_that_is_none_finds_nothing(method: str, path: str) -> None:
    """Neither an unknown path nor an unknown method."""
    assert routes.match(method, path) is None


def test_a_dead_end_behind_a_literal_segment_steps_back() -> None:
    """`public` is an operation of its own and may be the id of a rule."""
    match = routes.match("GET", "/v1/rules/public/attachments")
    assert match is not None
    assert (match.route.operation, match.params) == ("list_rule_attachments", {"rule_id": "public"})


def test_a_list_tells_ids_and_cursors() -> None:
    """A null is no cursor."""
    reading = answered(
        "GET",
        "/v1/threads?limit=2",
        b'{"object":"list","data":[{"id":"thrd_1"},{"id":"thrd_2"}],"first_id":"thrd_1","last_id":"thrd_2",'
        b'"has_more":true,"limit":2,"total":null}',
    )
    assert (reading.family, reading.operation, reading.listed) == ("threads", "list_threads", ["thrd_1", "thrd_2"])
    assert reading.paging == Paging(
        cursors={"first_id": "thrd_1", "last_id": "thrd_2"}, counts={"limit": 2}, has_more=True
    )


def test_a_thread_tells_its_id() -> None:
    """Also as the reading's thread; integers are written out."""
    reading = answered("POST", "/v1/threads", b'{"id":"thrd_1","status":"inactive","organization_id":7}')
    assert (reading.thread_id, reading.status) == ("thrd_1", "inactive")
    assert reading.ids == {"id": "thrd_1", "organization_id": "7", "thread_id": "thrd_1"}


def test_messages_of_a_thread_that_is_streaming_tell_where_to_reconnect() -> None:
    """The newest generation's `active_run`."""
    reading = answered(
        "GET",
        "/v1/threads/thrd_1/messages",
        b'{"object":"list","data":[{"id":"msg_1"}],"has_more":false,"active_run":{"last_event_id":41}}',
    )
    assert reading.paging == Paging(counts={"last_event_id": 41}, has_more=False)
    assert (reading.thread_id, reading.listed) == ("thrd_1", ["msg_1"])


def test_a_job_tells_its_status() -> None:
    """And its id, which the path has as well."""
    reading = answered("GET", "/v1/documents/jobs/j1", b'{"success":true,"job_id":"j1","status":"processing"}')
    assert (reading.status, reading.ids) == ("processing", {"job_id": "j1"})


def test_an_answer_whose_type_nobody_wrote_down_is_searched_for_the_usual() -> None:
    """An `error` of a job is the job's, not the answer's."""
    reading = answered("GET", "/v1/scrape/jobs/j1", b'{"job_id":"j1","status":"failed","error":"x"}')
    assert (reading.status, reading.ids, reading.problem) == ("failed", {"job_id": "j1"}, None)


@pytest.mark.parametrize(
    ("method", "target", "kind", "body", "expected"),
    [
        ("POST", "/v1/images/generate", b"image/png", b"\x89PNG\r\n\x1a\n\0", "binary"),
        ("GET", "/v1/streamline/templates/project", b"application/zip", b"PK\x03\x04", "binary"),
        ("POST", "/v1/organizations/o/users/export-csv", b"text/csv", b"a,b\n", "text"),
        ("GET", "/v1/organizations/o/files/f/download", b"", b"\0\1\2", "binary"),
        ("GET", "/v1/organizations/o/files/f/download", b"application/octet-stream", b"plain text", "text"),
        ("DELETE", "/v1/threads/t", b"", b"", "empty"),
    ],
)
def test_what_is_no_json_is_told_by_its_kind(method: str, target: str, kind: bytes, body: bytes, expected: str) -> None:
    """Pictures, archives, tables, downloads under any type, and nothing at all."""
    reading = answered(method, target, body, kind)
    assert (reading.kind, reading.problem) == (expected, None)
