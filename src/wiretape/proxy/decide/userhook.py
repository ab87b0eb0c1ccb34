"""The user's own say in what makes two requests the same: a function from canonical form to canonical form.

Who imports it puts it here under its name; canonical forms find it by that name. A name alone, such as one that comes
with somebody's cassette, leads to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from wiretape.proxy.decide.byname import ByName
from wiretape.proxy.decide.jsonform import canonical_json
from wiretape.proxy.decide.multipart import parts
from wiretape.proxy.decide.urlform import canonical_form, canonical_path
from wiretape.store.errors import WiretapeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from wiretape.proxy.decide.canonical import Canonical

    type Canonicaliser = Callable[[Canonical], Canonical]

_functions: ByName[Canonicaliser] = ByName("canonicaliser")
check_name, install, installed = _functions.check_name, _functions.install, _functions.installed


class CanonicaliserFailed(WiretapeError):
    """The user's function raised an error, gave something else than a canonical form, or is not there."""


def applied(name: str, form: Canonical) -> Canonical:
    """What the function called *name* makes of *form*, brought into the one spelling again.

    Raises:
        CanonicaliserFailed: there is none, it raised an error, or what it gave is no canonical form.
    """
    function = _functions.get(name)
    if function is None:
        raise CanonicaliserFailed(
            f"canonicaliser {name!r} is not loaded; if you trust it, name it in the settings under [matching]"
        )
    try:
        made = function(form)
    except (Exception, SystemExit) as error:
        told = " ".join(str(error).split())
        raise CanonicaliserFailed(f"canonicaliser {name!r} raised {type(error).__name__}: {told}") from error
    if made is form:
        return form
    if type(made) is not type(form):
        raise CanonicaliserFailed(f"canonicaliser {name!r} gave a {type(made).__name__}, not a Canonical")
    try:
        return _respelled(made)
    except ValueError as error:
        raise CanonicaliserFailed(f"canonicaliser {name!r} gave a Canonical that is none: {error}") from error


def _respelled(made: Canonical) -> Canonical:
    """*made* with sorted pairs and its body in the one spelling of its kind.

    Raises:
        ValueError: a field has another type than it should, or the body is not of the kind it is said to be.
    """
    checked = msgspec.convert(msgspec.structs.asdict(made), type(made))
    return msgspec.structs.replace(
        checked,
        method=checked.method.upper(),
        path=canonical_path(checked.path),
        query=tuple(sorted(checked.query)),
        headers=tuple(sorted(((name.lower(), value) for name, value in checked.headers), key=lambda pair: pair[0])),
        body=_body(checked),
    )


def _body(form: Canonical) -> bytes:
    body: bytes | None = form.body
    match form.body_kind:
        case "json":
            body = canonical_json(form.body)
        case "form":
            body = canonical_form(form.body)
        case "multipart":
            parts(form.body)
        case "empty":
            body = None if form.body else b""
        case "bytes":
            pass
    if body is None:
        raise ValueError(f"its body is not {form.body_kind}")
    return body
