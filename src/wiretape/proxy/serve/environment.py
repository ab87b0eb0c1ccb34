"""The environment in which a client finds the proxy: addresses, certificates, and what must not go through it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wiretape.proxy.decide.routing import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path


def client_environment(
    inherited: Mapping[str, str],
    *,
    proxy: str,
    base: str | None = None,
    certificate: Path,
    bundle: Path,
    api_hosts: Collection[str],
) -> dict[str, str]:
    """What to set for a client, over what it inherits.

    Args:
        inherited: the environment as it is.
        proxy: the proxy's address.
        base: the API's base URL; None where it is the same.
        certificate: our CA alone.
        bundle: the public CAs and ours.
        api_hosts: hosts that must go through the proxy, whatever an inherited `NO_PROXY` says.
    """
    past = _past(inherited, api_hosts)
    return {
        "WIRETAPE_URL": base or proxy,
        # Upper and lower case: curl reads only http_proxy, others only HTTP_PROXY.
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), proxy),
        "NO_PROXY": past,
        "no_proxy": past,
        "SSL_CERT_FILE": str(bundle),  # OpenSSL, httpx, Go, Ruby
        "REQUESTS_CA_BUNDLE": str(bundle),
        "CURL_CA_BUNDLE": str(bundle),
        "NODE_EXTRA_CA_CERTS": str(certificate),  # adds to Node's own
        "NODE_USE_ENV_PROXY": "1",  # Node 24 heeds the proxy variables when told so
    }


def _past(inherited: Mapping[str, str], api_hosts: Collection[str]) -> str:
    """`NO_PROXY`: other services of this machine, and what was excepted before, save the API and everything."""
    excepted = [name.strip() for name in (inherited.get("NO_PROXY") or inherited.get("no_proxy") or "").split(",")]
    kept = [name for name in excepted if name and not any(_covers(name, host) for host in api_hosts)]
    return ",".join(dict.fromkeys([*LOOPBACK, *kept]))


def _covers(pattern: str, host: str) -> bool:
    """Whether a `NO_PROXY` entry takes *host* past the proxy."""
    bare = pattern.lower().lstrip("*").lstrip(".").partition(":")[0]
    return not bare or host == bare or host.endswith("." + bare)
