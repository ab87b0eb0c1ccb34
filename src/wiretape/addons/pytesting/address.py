"""What leads a client to a session: a base URL, a proxy, and the environment in which both are found."""

from __future__ import annotations

import os
from pathlib import Path  # noqa: TC003 - msgspec reads it at run time
from typing import TYPE_CHECKING

import msgspec

from wiretape.proxy.decide.belonging import MARK
from wiretape.proxy.serve.environment import client_environment
from wiretape.store.aitronos.hosts import API_HOSTS

if TYPE_CHECKING:
    from collections.abc import Collection


class Address(msgspec.Struct, frozen=True):
    """The address of a session in a proxy.

    Attributes:
        label: what requests name the session by.
        base: where the proxy listens.
        certificate: our CA alone.
        ca_bundle: the public CAs and ours in one file.
    """

    label: str
    base: str
    certificate: Path
    ca_bundle: Path

    @property
    def url(self) -> str:
        """The API's base URL."""
        return f"{self.base}{MARK}{self.label}"

    @property
    def proxy(self) -> str:
        """The proxy's address."""
        return self.base.replace("://", f"://{self.label}:x@")

    def environment(self, hosts: Collection[str] = ()) -> dict[str, str]:
        """What to set for a process; *hosts* are recorded besides the API's."""
        given = client_environment(
            os.environ,
            proxy=self.proxy,
            certificate=self.certificate,
            bundle=self.ca_bundle,
            api_hosts=[*API_HOSTS, *hosts],
        )
        return {**given, "WIRETAPE_URL": self.url}
