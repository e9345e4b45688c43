"""The decorators of the compiled loops of this package."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from importlib import import_module
from typing import Any, TypeVar, cast

__all__ = ["called", "compiled", "making"]

_Loop = TypeVar("_Loop", bound=Callable[..., Any])


_MAKING: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
# Without counts of references, which only what is made in a loop needs: a quarter less to compile.
_OPTIONS: dict[str, Any] = _MAKING | {"_nrt": False}
_INNER: dict[str, Any] = _OPTIONS | {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


class _Compiled:
    """A loop that is handed to Numba when it is first called: many networks need none."""

    def __init__(self, loop: Callable[..., Any], options: dict[str, Any]) -> None:
        self._loop = loop
        self._options = options

    @cached_property
    def _made(self) -> Any:
        return import_module("numba").njit(**self._options)(self._loop)

    @property
    def _numba_type_(self) -> Any:
        """What Numba takes it for where another loop calls it."""
        return import_module("numba").typeof(self._made)

    def __call__(self, *values: Any) -> Any:
        return self._made(*values)


def compiled(loop: _Loop) -> _Loop:
    """Compile a loop at its first call and keep it on disk; the same bits on every machine.

    It makes no arrays or lists.
    """
    return cast("_Loop", _Compiled(loop, _OPTIONS | {"cache": True}))


def making(loop: _Loop) -> _Loop:
    """The same for a loop that makes arrays or lists."""
    return cast("_Loop", _Compiled(loop, _MAKING | {"cache": True}))


def called(loop: _Loop) -> _Loop:
    """The same for a loop that only compiled loops of its own file call: lighter to compile."""
    return cast("_Loop", _Compiled(loop, _INNER))
