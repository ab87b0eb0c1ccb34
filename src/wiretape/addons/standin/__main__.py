"""`python -m wiretape.addons.standin`: the stand-in as a process."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from wiretape.addons.standin.server import FRAME_DELAY_MS, Server, serve


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM."""
    options = _parser().parse_args(arguments)
    try:
        asyncio.run(_serve(options))
    except OSError as error:
        sys.stderr.write(f"standin: {error}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m wiretape.addons.standin",
        description="The Aitronos API imitated on loopback. GET /~standin/scenarios tells what it can be asked for.",
    )
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: a free one)")
    parser.add_argument("--ready-file", type=Path, help='where {"url", "pid"} appears once requests are served')
    parser.add_argument("--frame-delay-ms", type=float, default=FRAME_DELAY_MS, help="delay between stream frames")
    parser.add_argument("--first", type=int, default=1, help="number of the first answer (default: 1)")
    return parser


async def _serve(options: argparse.Namespace) -> None:
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, over.set)
    wanted = serve(port=options.port, frame_delay_ms=options.frame_delay_ms, first=options.first)
    async with wanted as server:
        _announce(server, options.ready_file)
        await over.wait()


def _announce(server: Server, ready_file: Path | None) -> None:
    """Tell people on stderr, and programs by a file that is whole as soon as it is there."""
    sys.stderr.write(f"standin: serving the API at {server.url}\n")
    sys.stderr.flush()
    if ready_file is not None:
        draft = ready_file.with_name(f"{ready_file.name}.{os.getpid()}")
        draft.write_text(json.dumps({"url": server.url, "pid": os.getpid()}), encoding="utf-8")
        draft.replace(ready_file)


if __name__ == "__main__":
    sys.exit(main())
