"""Logging in, in the current dialect, with its strict bodies, its tokens and its cookies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wiretape.addons.standin.answer import Answer, json_answer
from wiretape.addons.standin.counter import iso_time, tag
from wiretape.addons.standin.failures import failure
from wiretape.addons.standin.tokens import cookies, digest, jwt

if TYPE_CHECKING:
    from wiretape.addons.standin.call import Call
    from wiretape.addons.standin.jsontext import Json

_DEVICE = {"device_information", "device_info"}
"""What the official SDK and what the command line client call the same field."""


_WRONG = "wrong"


def _refused(call: Call, required: set[str], optional: set[str]) -> Answer | None:
    """The 422 of a body that lacks a field or has one too many: these endpoints are strict."""
    missing, extra = required - call.body.keys(), call.body.keys() - required - optional
    if not missing and not extra:
        return None
    message = "Field required" if missing else "Extra inputs are not permitted"
    return failure(call, 422, message=message, field=min(missing or extra))


def _user(call: Call) -> Json:
    name = str(call.body.get("email_or_username") or "user@example.com")
    return {"id": "usr_1", "email": name, "full_name": "Ada Example", "last_login": iso_time(call.n)}


def login(call: Call) -> Answer:
    """The first step, which asks for a code; the password `wrong` is wrong."""
    refused = _refused(call, {"email_or_username", "password"}, _DEVICE)
    if refused:
        return refused
    if call.body["password"] == _WRONG:
        return failure(call, 401, code="INVALID_CREDENTIALS", message="Invalid email or password.")
    user = _user(call)
    told = {
        "success": True,
        "message": "Verification code sent",
        "email_key": digest("email", call.n)[:32],
        "email": user["email"],
        "requires_verification": True,
        "next_step": "verify",
        "type": "login",
        "user": user,
        "device_info": {"device_id": tag("dev", call.n)},
    }
    return json_answer(told, 200, *cookies(call.n))


def login_oldest(call: Call) -> Answer:
    """Logging in as the oldest generation does: one step, and a refresh token that is an object."""
    refresh = {"token": digest("refresh", call.n), "expiry": iso_time(call.n)}
    return json_answer({"token": jwt("access", call.n, call.now), "refreshToken": refresh})


def _tokens(call: Call) -> Json:
    return {
        "access_token": jwt("access", call.n, call.now),
        "refresh_token": jwt("refresh", call.n, call.now),
        "token_type": "bearer",
        "expires_in": 3600,
        "device_id": tag("dev", call.n),
    }


def verify(call: Call) -> Answer:
    """The second step, which hands out the tokens; the code may be a number or a string."""
    refused = _refused(call, {"email_key", "verification_code"}, _DEVICE)
    return refused or json_answer({**_tokens(call), "user": _user(call)}, 200, *cookies(call.n))


def refresh(call: Call) -> Answer:
    """New tokens for an old one."""
    return _refused(call, {"refresh_token"}, set()) or json_answer(_tokens(call))


def logout(call: Call) -> Answer:
    """The end of the login; the cookies are taken back."""
    gone = ("Set-Cookie", "session=; Path=/; Max-Age=0")
    told = {"message": "Logged out", "logged_out_at": iso_time(call.n)}
    return _refused(call, {"refresh_token"}, set()) or json_answer(told, 200, gone)
