# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# (what a file holds is known only when it is read)
"""YAML as VCR.py and its kin wrote it, with their tags, and nothing built from it but plain values."""

from __future__ import annotations

import base64
from functools import cache
from typing import TYPE_CHECKING, Any

from wiretape.store.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

_PYTHON = "tag:yaml.org,2002:python/"
_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_EQUALS = "tag:yaml.org,2002:value"


class Foreign:
    """A value whose tag asks for an object. What it is written with is kept; the object is never made.

    Attributes:
        tag: in short, such as `object/new:_io.BytesIO`.
        content: the plain value under the tag.
    """

    def __init__(self, tag: str, content: object) -> None:
        self.tag = tag
        self.content = content


def load(text: str, path: Path) -> object:
    """The plain values of a YAML document.

    Raises:
        UsageError: PyYAML is missing, or *text* is no YAML.
    """
    try:
        import yaml
    except ImportError:
        raise UsageError(f"{path} is YAML, which needs PyYAML; pip install 'wiretape[vcr]'") from None
    try:
        # The loader is the safe one with fewer powers, which the rule cannot see.
        return yaml.load(text, Loader=_loader())  # noqa: S506
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f", line {mark.line + 1}" if mark else ""
        raise UsageError(f"{path}{where}: no readable YAML: {error.problem or error.context}") from None
    except Exception as error:  # noqa: BLE001 - PyYAML lets whatever a scalar cannot be through as it comes
        raise UsageError(f"{path}: no readable YAML: {str(error) or type(error).__name__}") from None


@cache
def _loader() -> Any:
    import yaml

    # libyaml's is ten times as fast, and not in every build of PyYAML.
    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    def python(loader: Any, suffix: str, node: Any) -> object:
        plain = _plain(loader, node)
        match suffix, plain:
            case (("str" | "unicode" | "bytes"), str()):
                return base64.b64decode(plain) if suffix == "bytes" else plain
            case "tuple", list():
                return tuple[object, ...](plain)
            case (("int" | "long"), str()):
                return int(plain)
            case _:
                return Foreign(suffix, plain)

    def ruby_binary(loader: Any, node: Any) -> bytes:
        return base64.b64decode(loader.construct_scalar(node))

    def other(loader: Any, suffix: str, node: Any) -> object:
        # A lone `=` has a tag of its own that the safe loader forgot.
        plain = _plain(loader, node)
        return plain if suffix == _EQUALS else Foreign(suffix, plain)

    # A date stays the text it was.
    resolvers = {
        first: [(tag, pattern) for tag, pattern in known if tag != _TIMESTAMP]
        for first, known in base.yaml_implicit_resolvers.items()
    }
    made: Any = type("CassetteLoader", (base,), {"yaml_implicit_resolvers": resolvers})
    made.add_multi_constructor(_PYTHON, python)
    made.add_constructor("!binary", ruby_binary)
    made.add_multi_constructor("", other)
    return made


def _plain(loader: Any, node: Any) -> object:
    """The value of *node* without its tag."""
    import yaml

    if isinstance(node, yaml.MappingNode):
        found: object = loader.construct_mapping(node, deep=True)
    elif isinstance(node, yaml.SequenceNode):
        found = loader.construct_sequence(node, deep=True)
    else:
        found = loader.construct_scalar(node)
    return found
