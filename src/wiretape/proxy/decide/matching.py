"""The match key: a tagged digest of the canonical form."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wiretape.proxy.decide.canonical import Canonical
    from wiretape.proxy.decide.urlform import Pairs

# Another canonical form needs another tag: a stored key then shows its age instead of silently never matching.
VERSION = "k1"


def match_key(form: Canonical) -> str:
    """The key of *form*: two requests are the same if and only if their keys are equal.

    It is `k1:` and the hex of BLAKE2b-128 over the parts of the form, each with its length before it, so that no two
    forms give the same bytes. The key is a contract: cassettes hold it, and tests pin it.
    """
    return f"{VERSION}:{blake2b(beginning(form) + form.body, digest_size=16).hexdigest()}"


def beginning(form: Canonical) -> bytes:
    """What is digested before the body of *form*."""
    method, identity, path = form.method, form.identity, form.path
    head = (
        f"{len(method)}:{method}{len(identity)}:{identity}{len(path)}:{path}"
        f"{_joined(form.query)}{_joined(form.headers)}{form.body_kind}:"
    )
    # Surrogates stand for bytes that were no UTF-8. The body comes last and its kind is a word, so both need no length.
    return head.encode("utf-8", "surrogatepass")


def _joined(pairs: Pairs) -> str:
    if not pairs:
        return "0;"
    texts = "".join([f"{len(name)}:{name}{len(value)}:{value}" for name, value in pairs])
    return f"{len(pairs)};{texts}"
