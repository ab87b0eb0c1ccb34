"""Answers made by the SDK's own models are read, and what the route table promises of them is found.

The models are independent of ours: they come from the API's own description, through another generator.
"""

from __future__ import annotations

import ast
import datetime as dt
import importlib
import inspect
import pkgutil
import random
import types
import typing
from typing import Any, NamedTuple

import aitronos
import msgspec
import pydantic
import pytest

from wiretape.store.aitronos import routes
from wiretape.store.interaction import Request, ResponseHead
from wiretape.store.reading import Reading, read

if typing.TYPE_CHECKING:
    from collections.abc import Callable

    from wiretape.store.aitronos.wire import Json

JSON = ((b"content-type", b"application/json"),)


class Operation(NamedTuple):
    """One method of the SDK: what it calls, what it expects."""

    method: str
    template: str
    name: str
    family: str
    answer: Any


def _operations() -> list[Operation]:
    found: list[Operation] = []
    for module in pkgutil.iter_modules(aitronos.__path__):
        if module.ispkg and module.name not in {"core", "types", "errors"}:
            client = importlib.import_module(f"aitronos.{module.name}.raw_client")
            found += [one for cls in vars(client).values() for one in _of_client(cls, module.name)]
    return found


def _of_client(cls: object, family: str) -> list[Operation]:
    if not inspect.isclass(cls) or not cls.__name__.startswith("Raw"):
        return []
    found: list[Operation] = []
    tree = ast.parse(inspect.getsource(cls))
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and not function.name.startswith("_"):
            call = _request_call(function)
            if call is not None:
                hint = inspect.signature(getattr(cls, function.name)).return_annotation
                found.append(Operation(call[0], call[1], function.name, family, _inner(hint)))
    return found


def _request_call(function: ast.FunctionDef) -> tuple[str, str] | None:
    for node in ast.walk(function):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in {"request", "stream"}
        ):
            words = {word.arg: word.value for word in node.keywords}
            method = words["method"]
            assert isinstance(method, ast.Constant)
            return str(method.value), "/" + _template(node.args[0])
    return None


def _template(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    assert isinstance(node, ast.JoinedStr)
    return "".join(str(part.value) if isinstance(part, ast.Constant) else f"{{{_name(part)}}}" for part in node.values)


def _name(part: ast.expr) -> str:
    assert isinstance(part, ast.FormattedValue)
    assert isinstance(part.value, ast.Call)
    argument = part.value.args[0]
    assert isinstance(argument, ast.Name)
    return argument.id


def _inner(hint: Any) -> Any:
    """What is inside `HttpResponse[…]`; None where the method hands out bytes."""
    arguments = typing.get_args(hint)
    return arguments[0] if arguments and getattr(typing.get_origin(hint), "__name__", "") == "HttpResponse" else bytes


OPERATIONS = _operations()


def _has_model(answer: Any) -> bool:
    if typing.get_origin(answer) in {list, dict}:
        return any(_has_model(one) for one in typing.get_args(answer))
    return inspect.isclass(answer) and issubclass(answer, pydantic.BaseModel)


TYPED = [one for one in OPERATIONS if _has_model(one.answer)]


class Maker:
    """Makes values of a type; *fill* decides about what is optional."""

    def __init__(self, seed: int, fill: float) -> None:
        self.random = random.Random(seed)
        self.fill = fill

    def make(self, hint: Any, name: str = "", depth: int = 0) -> Any:
        """A value that JSON can hold and the model accepts."""
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin is None:
            return self._plain(hint, name, depth)
        if origin is typing.Annotated:
            return self.make(arguments[0], name, depth)
        if origin is typing.Literal:
            return self.random.choice(arguments)
        if origin is list:
            return [self.make(arguments[0], name, depth + 1) for _ in range(0 if depth > 3 else 2)]
        if origin is dict:
            return {f"key_{n}": self.make(arguments[1], name, depth + 1) for n in range(2)}
        assert origin in {typing.Union, types.UnionType}
        return self._union(arguments, name, depth)

    def _union(self, arguments: tuple[Any, ...], name: str, depth: int) -> Any:
        if type(None) in arguments and self.random.random() > self.fill:
            return None
        some = [one for one in arguments if one is not type(None)]
        return self.make(self.random.choice(some), name, depth)

    def _model(self, model: type[pydantic.BaseModel], depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, field in model.model_fields.items():
            if field.is_required() or self.random.random() < self.fill:
                made[field.alias or name] = self.make(field.annotation, name, depth + 1)
        return made

    def _plain(self, hint: Any, name: str, depth: int) -> Any:
        if inspect.isclass(hint) and issubclass(hint, pydantic.BaseModel):
            return self._model(hint, depth)
        number = self.random.randrange(10_000)
        made: dict[Any, Any] = {
            str: f"{name or 'text'} é👋 {number}",
            int: number,
            float: number / 7,
            bool: name == "success" or number % 2 == 0,
            dt.datetime: f"2025-01-15T10:30:{number % 60:02}Z",
            dt.date: "2025-01-15",
        }
        return made.get(hint, {"any": [number, None, "x"]})


def _body(operation: Operation, seed: int, fill: float) -> bytes:
    """JSON as the SDK's own model writes it."""
    adapter = pydantic.TypeAdapter[Any](operation.answer)
    instance = adapter.validate_python(Maker(seed, fill).make(operation.answer))
    return adapter.dump_json(instance, by_alias=True, exclude_unset=True, warnings=False)


def _read(operation: Operation, body: bytes) -> Reading:
    path = operation.template.replace("{", "the_").replace("}", "")
    request = Request(method=operation.method, scheme="https", host="api.aitronos.com", port=443, target=path)
    return read(request, ResponseHead(status=200, reason="OK", headers=JSON), body)


def test_the_sdk_has_the_284_operations_the_table_was_made_for() -> None:
    """Another number means another SDK, and the table wants a look."""
    assert len(OPERATIONS) == 284


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: f"{one.family}.{one.name}")
def test_every_operation_of_the_sdk_is_in_the_table(operation: Operation) -> None:
    """Found in the SDK's own sources, not in ours."""
    match = routes.match(operation.method, operation.template.replace("{", "~").replace("}", "~"))
    assert match is not None
    assert (match.route.family, match.route.operation) == (operation.family, operation.name)
    assert set(match.params.values()) == {
        part[1:-1].join("~~") for part in operation.template.split("/") if part.startswith("{")
    }


@pytest.mark.parametrize("operation", TYPED, ids=lambda one: f"{one.family}.{one.name}")
def test_an_answer_of_the_sdks_own_model_is_read(operation: Operation) -> None:
    """With the fewest fields, with some, with all; what the table promises is found in it."""
    for seed, fill in enumerate((0.0, 0.5, 1.0, 1.0)):
        body = _body(operation, seed, fill)
        reading = _read(operation, body)
        assert reading.problem is None
        # The maker knows none of the API's words, so a value may be news. A field may not.
        assert [one for one in reading.unknown if " = " not in one] == []
        assert reading.error is None
        assert (reading.kind, reading.family, reading.operation) == ("json", operation.family, operation.name)
        _check_promises(operation, reading, msgspec.json.decode(body))


def _check_promises(operation: Operation, reading: Reading, node: Json) -> None:
    match = routes.match(operation.method, operation.template)
    assert match is not None
    if operation.family == "responses":
        return
    for path in match.route.ids:
        values = _values(node, path)
        if "[]" in path:
            assert set(map(str, values)) <= set(reading.listed)
        elif values:
            assert reading.ids[path] == str(values[0])
    states = [value for path in match.route.status for value in _values(node, path)]
    assert reading.status == (states[0] if states else None)
    words = [value for path in match.route.paging for value in _values(node, path)]
    assert (reading.paging is not None) == bool(words)


def _values(node: Json, path: str) -> list[str | int]:
    """What stands at *path*, found in another way than the code under test does it."""
    nodes = [node]
    for step in path.replace("[]", ".[]").strip(".").split("."):
        if step == "[]":
            nodes = [item for one in nodes if isinstance(one, list) for item in one]
        else:
            nodes = [one.get(step) for one in nodes if isinstance(one, dict)]
    return [one for one in nodes if isinstance(one, str | int)]


def test_how_many_response_types_are_covered(record_property: Callable[[str, object], None]) -> None:
    """All that have a model; the rest are declared as anything."""
    everything = {str(one.answer) for one in OPERATIONS if one.answer is not bytes}
    covered = {str(one.answer) for one in TYPED}
    untyped = sorted(everything - covered)
    record_property("response_types", f"{len(covered)} of {len(everything)}")
    print(f"response types: {len(covered)} of {len(everything)}; the rest has no model: {', '.join(untyped)}")  # noqa: T201
    assert untyped == ["<class 'NoneType'>", "typing.Any", "typing.Dict[str, typing.Any]", "typing.List[str]"]
