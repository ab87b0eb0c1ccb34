"""A function of the user's, imported: one that the settings name, and only theirs.

A name that stands in a cassette is never imported: replaying somebody's recording would run whatever it names.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any, cast

from wiretape.store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import ModuleType


def load(name: str, folder: Path) -> Callable[..., Any]:
    """The function *name*, imported.

    Args:
        name: well-formed, `package.module:function`.
        folder: where the settings lie; modules are looked for there first, while this one is imported.

    Raises:
        UsageError: there is no such module or function, or importing it fails.
    """
    module_name, _, function_name = name.partition(":")
    found: Any = _imported(name, module_name, str(folder.absolute()))
    for part in function_name.split("."):
        found = getattr(found, part, None)
        if found is None:
            raise UsageError(f"{name!r}: module {module_name} has no {function_name}")
    if not callable(found):
        raise UsageError(f"{name!r}: {function_name} is a {type(found).__name__}, not a function")
    return cast("Callable[..., Any]", found)


def _imported(name: str, module_name: str, folder: str) -> ModuleType:
    sys.path.insert(0, folder)
    try:
        importlib.invalidate_caches()
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{module_name}.".startswith(f"{error.name}."):
            raise UsageError(f"{name!r}: there is no module {error.name} in {folder} or where Python looks") from None
        raise UsageError(f"{name!r}: importing {module_name} fails: {error}") from None
    except Exception as error:
        raise UsageError(f"{name!r}: importing {module_name} fails: {type(error).__name__}: {error}") from error
    finally:
        sys.path.remove(folder)
