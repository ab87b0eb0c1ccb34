"""A stand-in of the Aitronos API on loopback, for the demo and the tests: awkward as it, and never twice the same.

`with StandIn() as standin:` serves from a thread, `async with serve() as server:` from a running loop, and
`python -m wiretape.addons.standin` from a process. What a request can ask of its answer is listed in `WORDS`.
"""

from wiretape.addons.standin.received import Part, Received
from wiretape.addons.standin.server import Server, serve
from wiretape.addons.standin.threaded import StandIn
from wiretape.addons.standin.words import WORDS

__all__ = ["WORDS", "Part", "Received", "Server", "StandIn", "serve"]
