"""What may stay of a JWT when it is replaced."""

from __future__ import annotations

from typing import Final

CLAIMS: Final = frozenset(
    {
        "alg",
        "aud",
        "azp",
        "client_id",
        "exp",
        "iat",
        "iss",
        "nbf",
        "org_id",
        "organization_id",
        "permissions",
        "role",
        "roles",
        "scope",
        "scopes",
        "sub",
        "token_type",
        "type",
        "typ",
        "user_id",
        "ver",
    }
)
"""Claims of a JWT that clients read and that may stay, where their value names nobody."""

FAR_FUTURE: Final = 4102444800
"""When the JWT of a replay expires: 2100-01-01, in seconds as its `exp` has them."""
