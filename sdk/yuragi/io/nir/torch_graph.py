"""The graph of a PyTorch module: which layers its signal passes, followed by NIRTorch's tracer.

Layers, sums of signals and flattening are followed; all else in a forward is refused by name.
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from yuragi.errors import UnsupportedError

__all__ = ["PASSING", "Step", "follow"]

Step = tuple[str, str, Any, tuple[str, ...]]  # kind, name, module, names of what comes in
PASSING = ("Dropout", "Identity")  # layers that a trained network does without
_SUMS = ("add", "iadd", "__add__", "__radd__")
_FLAT = ("flatten",)
_FAILURES = (
    ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError,
)  # fmt: skip
_SAME = ("_assert_is_none", "contiguous", "dropout", "clone")


def follow(module: Any, leaves: Iterable[type], tracer: Callable[..., Any]) -> list[Step]:
    """What a signal passes: "input", "layer", "flatten" and "output", with what comes into each.

    leaves: classes of layers that are not looked into.      tracer: of `torch.fx`.
    Raises UnsupportedError for what cannot be followed.
    """
    found = list(inspect.signature(module.forward).parameters.values())
    rest = {each.name: None for each in found[1:] if each.default is None}
    try:
        traced = tracer(tuple(leaves)).trace(module, concrete_args=rest)
    except _FAILURES as problem:
        reason = (str(problem).splitlines() or [type(problem).__name__])[0]
        raise UnsupportedError(
            f"{type(module).__name__}: its forward cannot be followed ({reason})"
        ) from None
    return list(_Walk(module).steps(traced.nodes))


class _Walk:
    """Goes through the operations of a forward in their order."""

    def __init__(self, module: Any) -> None:
        self._module = module
        self._signals: dict[Any, tuple[str, ...]] = {}  # by operation, what its sum consists of
        self._units: set[int] = set()

    def steps(self, operations: Any) -> Iterator[Step]:
        """What the operations come to."""
        for each in operations:
            if each.op == "placeholder":
                if not self._signals:
                    self._signals[each] = ("input",)
                    yield "input", "input", None, ()
            elif each.op == "call_module":
                yield from self._layer(each)
            elif each.op in ("call_function", "call_method"):
                yield from self._function(each)
            elif each.op == "output":
                returned = each.args[0]
                first = returned[0] if isinstance(returned, (tuple, list)) else returned
                yield "output", "output", None, self._of(first, each)

    def _layer(self, operation: Any) -> Iterator[Step]:
        layer = self._module.get_submodule(operation.target)
        if type(layer).__name__ in PASSING:
            self._signals[operation] = self._of(operation.args[0], operation)
            return
        own = type(layer).__module__.split(".")[0] != "torch"
        if own and id(layer) in self._units:
            raise UnsupportedError(f"{operation.target} is used twice, with one state for both")
        self._units.add(id(layer))
        name = f"{operation.name}_" if operation.name in ("input", "output") else operation.name
        self._signals[operation] = (name,)
        yield "layer", name, layer, self._of(operation.args[0], operation)

    def _function(self, operation: Any) -> Iterator[Step]:
        target = operation.target
        name = target if isinstance(target, str) else getattr(target, "__name__", str(target))
        if name in _SUMS and not operation.kwargs:
            parts = [part for each in operation.args for part in self._of(each, operation)]
            if len(set(parts)) != len(parts):
                raise UnsupportedError(f"{operation.name}: a sum with the same signal twice")
            self._signals[operation] = tuple(parts)
        elif name in _FLAT:
            first = (*operation.args[1:], operation.kwargs.get("start_dim", 0))[0]
            if first not in (0, 1):
                raise UnsupportedError(f"{operation.name}: flattens from axis {first} on, not all")
            self._signals[operation] = (operation.name,)
            yield "flatten", operation.name, None, self._of(operation.args[0], operation)
        elif target is operator.getitem:
            if operation.args[1] == 0:  # what a unit sends; its states follow
                self._signals[operation] = self._of(operation.args[0], operation)
        elif name in _SAME:
            if operation.args and operation.args[0] in self._signals:
                self._signals[operation] = self._of(operation.args[0], operation)
        else:
            raise UnsupportedError(
                f"{name}: no layer; a forward may call layers, add signals and flatten them"
            )

    def _of(self, value: Any, operation: Any) -> tuple[str, ...]:
        try:
            return self._signals[value]
        except (KeyError, TypeError):
            raise UnsupportedError(
                f"{operation.name}: {value} is no signal that comes from the input through layers"
            ) from None
