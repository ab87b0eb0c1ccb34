"""Where the API lives and has lived: every host is the same API, so a recording made against one answers another."""

DEFAULT_UPSTREAM = "https://api.aitronos.com"
"""Default of the SDKs 0.8 and 5.0, of the CLI and of the current documentation."""

API_HOSTS: frozenset[str] = frozenset(
    {
        "api.aitronos.com",
        # The documentation of generation G2, and the addresses of generated images.
        "api.freddy.aitronos.com",
        # SDK aitronos 4.5.7, aitronos-freddy 0.1.2, the Swift package, the older Python sources.
        "freddy-api.aitronos.com",
        # SDK aitronos 4.5.7 after `Aitronos.set_staging_mode(True)`.
        "freddy-api.aitronos.ch",
        # The CLI's "staging".
        "staging-api.aitronos.com",
        # Staging by the company's own standards.
        "api.staging.aitronos.com",
        # Generation G0.
        "freddy-core-api.azurewebsites.net",
    }
)
"""All hosts of the API, lower case, without port.

The documentation's host and `freddy-hub.aitronos.com` are none, and the CLI's "local" (`localhost:8000`) is left to
whoever means it: an alias for it would catch every other program on that port.
"""

G0_HOST = "freddy-core-api.azurewebsites.net"
"""What answers here is of generation G0, even on paths that G1 kept."""
