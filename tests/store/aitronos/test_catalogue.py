"""The catalogue page is what the structs say, and every struct says enough."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[3]


def _script() -> Any:
    spec = importlib.util.spec_from_file_location("catalogue", ROOT / "scripts" / "catalogue.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SCRIPT = _script()
STRUCTS = [
    struct
    for section in SCRIPT.SECTIONS
    for struct in SCRIPT.structs_of(importlib.import_module(f"wiretape.store.aitronos.{section.module}"))
]


def test_the_page_is_fresh() -> None:
    """`python scripts/catalogue.py` writes it anew."""
    assert SCRIPT.main(["--check"]) == 0


def test_a_stale_page_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the exit code 1 and the word that mends it; a missing page is stale too."""
    monkeypatch.setattr(SCRIPT, "TARGET", tmp_path / "docs" / "page.md")
    assert SCRIPT.main(["--check"]) == 1
    assert "scripts/catalogue.py" in capsys.readouterr().err
    assert SCRIPT.main([]) == 0
    assert SCRIPT.main(["--check"]) == 0
    (tmp_path / "docs" / "page.md").write_text("old")
    assert SCRIPT.main(["--check"]) == 1


@pytest.mark.parametrize("struct", STRUCTS, ids=lambda one: f"{one.__module__.rpartition('.')[2]}.{one.__name__}")
def test_every_field_has_a_meaning_and_a_source(struct: Any) -> None:
    """And no docstring speaks of a field that is gone."""
    told = SCRIPT.told_fields(struct)
    assert set(told) == set(struct.__struct_fields__)
    for words in told.values():
        assert SCRIPT.source_of(struct, words)


def test_no_module_of_structs_is_left_out() -> None:
    """What crosses the wire is in the catalogue."""
    folder = ROOT / "src" / "wiretape" / "store" / "aitronos"
    modules: list[ModuleType] = [
        importlib.import_module(f"wiretape.store.aitronos.{path.stem}") for path in folder.glob("[a-z]*.py")
    ]
    with_structs = {module.__name__.rpartition(".")[2] for module in modules if SCRIPT.structs_of(module)}
    assert with_structs - {"wire"} == {section.module for section in SCRIPT.SECTIONS}
