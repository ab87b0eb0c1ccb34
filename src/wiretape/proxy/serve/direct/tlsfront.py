"""TLS over a connection's bytes, in memory: the client is met with a certificate of ours for whomever it asked."""

from __future__ import annotations

import contextlib
import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from wiretape.proxy.serve.direct.wire import Upper, Wire

_READ_BYTES = 256 * 1024


class TlsFront:
    """An upper of one wire and a wire for what is spoken inside.

    Attributes:
        upper: who gets what the client sends, decrypted.
    """

    def __init__(self, wire: Wire, context: ssl.SSLContext, failed: Callable[[str], None]) -> None:
        """Open TLS on *wire*; *failed* is told where the client will have none of it."""
        self.upper: Upper
        self._wire = wire
        self._failed = failed
        self._in = ssl.MemoryBIO()
        self._out = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=True)
        self._open = False
        self._over = False
        self._closed = False

    # -- as an upper ---------------------------------------------------------------------------------------------

    @property
    def owing(self) -> bool:
        """See `Upper`."""
        return self.upper.owing

    @property
    def busy(self) -> bool:
        """See `Upper`."""
        return self.upper.busy

    def receive(self, data: bytes) -> None:
        """Encrypted bytes."""
        if self._over:
            return
        self._in.write(data)
        try:
            if not self._open:
                self._tls.do_handshake()
                self._open = True
            self._read()
        except ssl.SSLWantReadError:
            self._flush()
        except ssl.SSLError as error:
            self._break(error)

    def _read(self) -> None:
        self._flush()
        # A read that would find nothing raises, which costs more than asking first.
        while not self._over and (self._in.pending or self._tls.pending()):
            data = self._tls.read(_READ_BYTES)
            if not data:
                self._over = True
                self.upper.eof()
                return
            self.upper.receive(data)

    def _break(self, error: ssl.SSLError) -> None:
        self._over = True
        self._flush()
        if not self._open:
            self._failed(error.reason or str(error))
        self._wire.close()

    def eof(self) -> None:
        """The client has hung up: inside TLS there is no saying all and still listening."""
        self._over = True
        if self._open:
            self.upper.eof()
        else:
            self._failed("the client hung up")
            self._wire.close()

    def lost(self) -> None:
        """See `Upper`."""
        self._over = True
        self.upper.lost()

    def finish(self) -> None:
        """See `Upper`."""
        self.upper.finish()

    # -- as a wire -----------------------------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Send *data*, encrypted."""
        if self._closed:
            return
        view = memoryview(data)
        while view:
            view = view[self._tls.write(view) :]
        self._flush()

    def close(self) -> None:
        """Say so, and hang up."""
        self._say_goodbye()
        self._wire.close()

    def linger(self) -> None:
        """See `Wire`."""
        self._say_goodbye()
        self._wire.linger()

    def pause(self) -> None:
        """See `Wire`."""
        self._wire.pause()

    def resume(self) -> None:
        """See `Wire`."""
        self._wire.resume()

    async def ready(self) -> None:
        """See `Wire`."""
        await self._wire.ready()

    def _say_goodbye(self) -> None:
        if self._closed:
            return
        self._over = self._closed = True
        # It would wait for the client's goodbye, too.
        with contextlib.suppress(ssl.SSLError, ValueError):
            self._tls.unwrap()
        self._flush()

    def _flush(self) -> None:
        if self._out.pending:
            self._wire.write(self._out.read())
