"""Where the API carries secrets and personal data, as data: whoever redacts reads this and decides.

A *class* is the word a placeholder is made of: `token`, `key`, `password`, `code`, `secret`, `cookie`, `state`,
`credential`. Two values of one class are the same thing to a match key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET_HEADERS: Final[Mapping[bytes, str]] = {
    b"authorization": "token",
    b"proxy-authorization": "token",
    b"x-access-token": "token",
    b"x-api-token": "token",
    b"x-auth-token": "token",
    b"auth-token": "token",
    b"x-csrf-token": "token",
    b"x-xsrf-token": "token",
    b"x-session-token": "token",
    b"x-amz-security-token": "token",
    b"x-vault-token": "token",
    b"private-token": "token",
    b"x-refresh-token": "token",
    b"x-id-token": "token",
    b"x-api-key": "key",
    b"api-key": "key",
    b"apikey": "key",
    b"x-flowplate-key": "key",
    b"x-flowplate-master-key": "key",
    b"x-aitronos-hub-key": "key",
    b"x-goog-api-key": "key",
    b"ocp-apim-subscription-key": "key",
    b"x-composio-signature": "secret",
    b"x-signature": "secret",
    b"x-hub-signature": "secret",
    b"x-hub-signature-256": "secret",
    b"x-webhook-signature": "secret",
    b"x-webhook-secret": "secret",
    b"x-client-secret": "secret",
    b"stripe-signature": "secret",
    b"svix-signature": "secret",
}
"""Header name in lower case → class. The SDK's own list for its logs (5.0), what that list forgets (flowplate, hub,
composio), and what other APIs use. An `Authorization` may bear a scheme, a raw key, or nothing behind `Bearer `."""

COOKIE_HEADERS: Final = frozenset({b"cookie", b"set-cookie"})
"""Apart from the rest, because a cookie keeps its name and attributes."""

LOCATION_HEADERS: Final = frozenset({b"location", b"content-location", b"refresh"})
"""Response headers that hold an address, and with it secrets in a query or a path."""

SECRET_QUERY: Final[Mapping[str, str]] = {
    "token": "token",
    "access_token": "token",
    "refresh_token": "token",
    "id_token": "token",
    "state_token": "token",
    "ticket": "token",
    "api_key": "key",
    "apikey": "key",
    "api-key": "key",
    "email_key": "key",
    "signature": "secret",
    "x-amz-signature": "secret",
    "x-amz-security-token": "token",
    "x-amz-credential": "credential",
    "x-goog-signature": "secret",
    "x-goog-credential": "credential",
    "sig": "secret",
}
"""Query names in lower case, beside those of fields, on any path and inside any address in a body: `token` is the file
download's, `email_key` that of `POST /v1/invitations/accept`, the last ones those of signed addresses on foreign
storage."""

CALLBACK_QUERY: Final[Mapping[str, str]] = {"code": "code", "state": "state", "error_description": "secret"}
"""Query names that are secret where an OAuth answer comes home (`CALLBACK_SUFFIX`); elsewhere they are plain words."""

CALLBACK_SUFFIX: Final = "/callback"
"""`/v1/auth/google/callback`, `/v1/auth/microsoft/callback`, `/v1/personal-connectors/callback`."""

SECRET_PATHS: Final[Mapping[str, Mapping[str, str]]] = {
    "/v1/files/s/{token}/{filename}": {"token": "token"},
    "/v1/public/transcript/{token}": {"token": "token"},
    "/v1/public/transcript/{token}/chat": {"token": "token"},
    "/v1/public/transcript/{token}/chat/{rest}": {"token": "token"},
    "/v1/invitations/validate/{email_key}": {"email_key": "key"},
    "/v1/personal-connectors/credentials-form/{state_token}": {"state_token": "token"},
    "/v1/personal-connectors/pre-oauth-form/{state_token}": {"state_token": "token"},
}
"""Path template → its segments that are secrets, with their class."""

PERSONAL_PATHS: Final[Mapping[str, frozenset[str]]] = {"/v1/user/email/{email}": frozenset({"email"})}
"""Path template → its segments that name a person."""

_BOTH: Final[Mapping[str, str]] = {
    "access_token": "token",
    "accessToken": "token",
    "refresh_token": "token",
    "refreshToken": "token",
    "id_token": "token",
    "token": "token",
    "state_token": "token",
    "bootstrap_token": "token",
    "device_token": "token",
    "undo_token": "token",
    "api_key": "key",
    "apiKey": "key",
    "email_key": "key",
    "emailKey": "key",
    "auth_token": "token",
    "session_token": "token",
    "csrf_token": "token",
    "service_token": "token",
    "client_secret": "secret",
    "client_assertion": "secret",
    "webhook_secret": "secret",
    "signing_secret": "secret",
    "code_verifier": "secret",
    "private_key": "key",
    "secret_key": "key",
    "secret_access_key": "key",
    "passphrase": "password",
    "passwd": "password",
    "pwd": "password",
    "otp": "code",
    "totp_code": "code",
    "bearer_token": "token",
    "bot_token": "token",
    "jwt": "token",
    "x_api_key": "key",
}

SECRET_REQUEST_FIELDS: Final[Mapping[str, str]] = {
    **_BOTH,
    "password": "password",
    "current_password": "password",
    "new_password": "password",
    "old_password": "password",
    "password_confirmation": "password",
    "confirm_password": "password",
    "apple_password": "password",
    "verification_code": "code",
    "verificationCode": "code",
    "git_access_token": "token",
    "github_token": "token",
    # `tools[].authorization` of an MCP tool, inside create-response itself.
    "authorization": "token",
}
"""JSON field → class, at any depth of a request, also as names of form fields.

A value may be a string, a number (`verification_code`), or an object (`refresh_token` at one endpoint): of an object,
the strings under names that are secret themselves. The names stand for all their spellings (`apiKey`, `API-Key`), and
a field that is secret in one direction is secret in the other."""

SECRET_RESPONSE_FIELDS: Final[Mapping[str, str]] = {
    **_BOTH,
    "new_key": "key",
    "secret": "secret",
    "new_secret": "secret",
    "trust_token_preview": "token",
}
"""JSON field → class, at any depth of an answer or of a stream's event. Covers three dialects of a login answer."""

SECRET_OBJECTS: Final[Mapping[str, str]] = {
    "credentials": "credential",
    "headers": "credential",
    "extra_headers": "credential",
    "query_params": "credential",
}
"""JSON field → class, where the value is an object of which every string is secret: MCP, calendar and connector
credentials, `tools[].headers` in create-response, the OAuth-credentials endpoint."""

OAUTH_ADDRESS_FIELDS: Final = frozenset(
    {"authorization_url", "auth_url", "callback_url", "redirect_uri", "redirect_url"}
)
"""JSON fields whose value is an address that begins or ends an OAuth exchange."""

ADDRESS_FIELDS: Final = OAUTH_ADDRESS_FIELDS | {"download_url", "signed_url", "stream_url", "upload_url", "url"}
"""JSON fields whose value is an address that may carry secrets: its query by `SECRET_QUERY` (with `CALLBACK_QUERY` for
`OAUTH_ADDRESS_FIELDS`), its path by `SECRET_PATHS`. The rest stays,
so that replayed clients find the way."""


class FieldsAt(NamedTuple):
    """Fields that are secret at one endpoint only, because their name is a plain word elsewhere.

    Attributes:
        method: upper case.
        template: the path, with `{name}` for a segment that varies.
        fields: JSON field of the answer, at any depth → class.
    """

    method: str
    template: str
    fields: Mapping[str, str]


SECRET_ANSWERS: Final[tuple[FieldsAt, ...]] = (
    FieldsAt("POST", "/v1/organizations/{org_id}/api-keys", {"key": "key"}),
    FieldsAt("POST", "/v1/organizations/{org_id}/api-keys/{key_id}/rotate", {"key": "key"}),
    FieldsAt("POST", "/v1/flowplate/api-keys", {"key": "key"}),
    FieldsAt("POST", "/v1/flowplate/api-keys/{user_id}/{org_id}/refresh", {"key": "key", "new_key": "key"}),
)
"""The answers that show a new key once, in a field named only `key`."""

PERSONAL_FIELDS: Final = frozenset(
    {
        "email",
        "email_address",
        "email_or_username",
        "emailOrUserName",
        "device_id",
        "latitude",
        "longitude",
        "full_name",
        "first_name",
        "last_name",
        "birthday",
        "post_code",
        "username",
        "location",
    }
)
"""JSON fields that name a person or a place; whether to hide them is a choice, they are no credentials."""

# The letter of an escape, as in the `\n` of a JSON string, is no part of the word behind it.
_APART: Final = r"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrtbf]))"

VALUE_PATTERNS: Final[tuple[tuple[str, str], ...]] = (
    ("token", _APART + r"eyJ[A-Za-z0-9_-]{5,2000}\.[A-Za-z0-9_-]{2,8000}\.[A-Za-z0-9_-]{0,2000}"),
    ("key", _APART + r"oak_[a-z]{1,40}_[A-Za-z0-9_-]{12,500}"),
    ("key", _APART + r"ak_[A-Za-z0-9]{38,500}"),
    ("key", _APART + r"sk[-_][A-Za-z0-9_-]{16,500}"),
    ("key", _APART + r"fl_user_[a-z]{1,40}_[A-Za-z0-9_-]{8,500}"),
)
"""(class, regular expression) of values that are secret wherever they stand. ASCII: they serve bytes and text alike.

The lengths keep out what only looks like a key: `key_prefix` (`oak_live_a1b2`), the id of a key object (`ak_` and few
characters), and a `sk-` inside a word. All have an upper bound, so that a stream need not be held to see their end."""
