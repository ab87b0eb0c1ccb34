"""Which credentials are good: all of them and none at all, but for a few that are refused by their name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wiretape.addons.standin.failures import failure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wiretape.addons.standin.answer import Answer
    from wiretape.addons.standin.call import Call

REFUSED: Final[Mapping[str, tuple[str, str]]] = {
    "ak_invalid": ("INVALID_API_KEY", "The API key is not valid."),
    "ak_expired": ("API_KEY_EXPIRED", "The API key has expired."),
    "ak_paused": ("API_KEY_PAUSED", "The API key is paused."),
    "invalid": ("TOKEN_INVALID", "The token is not valid."),
    "expired": ("TOKEN_EXPIRED", "The token has expired."),
}
"""Keys and tokens that a 401 answers, with its code and message."""

_HEADERS = ("x-api-key", "api-key", "authorization")


def refusal(call: Call) -> Answer | None:
    """The 401 for a credential of the table, wherever the client puts it; None for any other."""
    for name in _HEADERS:
        credential = call.request.header(name).removeprefix("Bearer ")
        if credential in REFUSED:
            code, message = REFUSED[credential]
            return failure(call, 401, code=code, message=message)
    return None
