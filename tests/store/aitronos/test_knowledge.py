"""The data about hosts, secrets and what varies: it holds what the API's sources name, and agrees with itself."""

from __future__ import annotations

import re

import pytest

from wiretape.store.aitronos import hosts, plain, routes, secrets, volatile


def test_the_hosts() -> None:
    """Seven hosts are one API; the documentation's is none."""
    assert hosts.DEFAULT_UPSTREAM.removeprefix("https://") in hosts.API_HOSTS
    assert len(hosts.API_HOSTS) == 7
    assert all(host == host.lower() and ":" not in host for host in hosts.API_HOSTS)
    assert "docs.aitronos.com" not in hosts.API_HOSTS
    assert hosts.G0_HOST in hosts.API_HOSTS


def test_secret_headers_are_lower_case_and_have_a_class() -> None:
    """As the redactor looks them up; cookies are apart."""
    assert secrets.SECRET_HEADERS[b"x-api-key"] == secrets.SECRET_HEADERS[b"api-key"] == "key"
    assert secrets.SECRET_HEADERS[b"authorization"] == "token"
    assert all(name == name.lower() for name in secrets.SECRET_HEADERS)
    assert not secrets.COOKIE_HEADERS & secrets.SECRET_HEADERS.keys()


@pytest.mark.parametrize("template", [*secrets.SECRET_PATHS, *secrets.PERSONAL_PATHS])
def test_the_secret_segments_of_a_path_are_in_its_template(template: str) -> None:
    """A misspelt segment would protect nothing."""
    names = secrets.SECRET_PATHS.get(template) or secrets.PERSONAL_PATHS[template]
    assert all(f"{{{name}}}" in template for name in names)


@pytest.mark.parametrize("rule", secrets.SECRET_ANSWERS, ids=lambda rule: rule.template)
def test_endpoints_that_show_a_key_are_in_the_route_table(rule: secrets.FieldsAt) -> None:
    """A misspelt path would protect nothing."""
    match = routes.match(rule.method, rule.template)
    assert match is not None


def test_what_only_looks_secret_is_in_no_list_of_secrets() -> None:
    """The lists do not contradict each other."""
    secret = {*secrets.SECRET_REQUEST_FIELDS, *secrets.SECRET_RESPONSE_FIELDS, *secrets.SECRET_QUERY}
    assert not secret & plain.PLAIN_FIELDS


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "token"),
        ("oak_live_0123456789abcdef", "key"),
        ("oak_prod_0123456789abcdef", "key"),
        ("ak_" + "A1" * 19, "key"),
        ("ak_" + "A1" * 20, "key"),
        ("sk-0123456789abcdef0123", "key"),
        ("sk_0123456789abcdef0123", "key"),
        ("fl_user_prod_0123456789", "key"),
    ],
)
def test_a_value_that_is_a_secret_is_found(text: str, kind: str) -> None:
    """By its form alone, in text as in bytes, whatever stands around it."""
    for around in ("{}", '"{}"', "Bearer {}", "a={}&b=c"):
        found = [one for one, pattern in secrets.VALUE_PATTERNS if re.search(pattern, around.format(text))]
        assert found == [kind]
        assert any(re.search(pattern.encode(), text.encode()) for _, pattern in secrets.VALUE_PATTERNS)


@pytest.mark.parametrize(
    "text",
    ["oak_live_a1b2", "ak_0123456789ab", "task_0123456789abcdef0123", "risk-0123456789abcdef0123", "eyJ", "disk_x"],
)
def test_a_value_that_only_looks_like_one_is_left(text: str) -> None:
    """Prefixes of keys, ids of key objects, the ends of other words."""
    assert not any(re.search(pattern, text) for _, pattern in secrets.VALUE_PATTERNS)


def test_names_of_volatile_headers_are_lower_case() -> None:
    """As they are looked up, and the best known are among them."""
    assert all(name == name.lower() for name in volatile.REQUEST_HEADERS | volatile.RESPONSE_HEADERS)
    assert {b"x-fern-platform", b"user-agent", b"host"} <= volatile.REQUEST_HEADERS
    assert {"trace_id", "createdAt", "created_at", "download_url"} <= volatile.RESPONSE_FIELDS
