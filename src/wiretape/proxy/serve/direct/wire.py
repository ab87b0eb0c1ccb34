"""The layers of a connection: bytes come up from a wire, answers go down to it; TLS lies between two of them."""

from __future__ import annotations

from typing import Protocol


class Upper(Protocol):
    """What takes the bytes of a wire."""

    @property
    def owing(self) -> bool:
        """Whether the client owes the body to a head that has come."""
        ...

    @property
    def busy(self) -> bool:
        """Whether an answer is on its way."""
        ...

    def receive(self, data: bytes) -> None:
        """Bytes from the client."""

    def eof(self) -> None:
        """The client will send no more."""

    def lost(self) -> None:
        """The connection is gone."""

    def finish(self) -> None:
        """Come to an end: what is being answered may still be, nothing else."""


class Wire(Protocol):
    """What carries bytes to the client.

    Attributes:
        upper: who gets what the client sends; whoever it is may put another one in its own place.
    """

    upper: Upper

    def write(self, data: bytes) -> None:
        """Send *data*."""

    def close(self) -> None:
        """Send what is still to be sent, then hang up."""

    def linger(self) -> None:
        """Send what is still to be sent, then hang up once the client has stopped sending.

        Hanging up on a client that still sends would take the answer away before it is read.
        """

    def pause(self) -> None:
        """Take no more from the client for a while."""

    def resume(self) -> None:
        """Take more from the client."""

    async def ready(self) -> None:
        """Let what was written go out by itself, and wait while the client is behind."""
