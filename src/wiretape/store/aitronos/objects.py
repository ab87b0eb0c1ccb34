"""JSON objects that follow each other without any framing: how streams looked in generation G1.

The clients of that time looked for balanced braces. Objects may be adjacent, on lines of their own, parted by commas,
or wrapped in one pair of brackets.
"""

import re

# A string counts as one, so that braces in it do not; at the end of the bytes it may be cut.
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[{}]', re.DOTALL)


def objects(body: bytes) -> tuple[list[tuple[int, int]], int]:
    """Where the whole objects in *body* lie, and where an unfinished last one begins (the length, if none does)."""
    spans: list[tuple[int, int]] = []
    depth = start = 0
    for token in _TOKEN.finditer(body):
        match token[0]:
            case b"{":
                start = start if depth else token.start()
                depth += 1
            case b"}" if depth:
                depth -= 1
                if not depth:
                    spans.append((start, token.end()))
            case _:
                pass
    return spans, start if depth else len(body)
