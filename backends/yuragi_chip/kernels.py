"""Generated code on disk: written once for each text, compiled once, reused."""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import os
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numba
import platformdirs

from yuragi.equations import exponential
from yuragi.wiring import packed
from yuragi_chip import (
    compiling,
    counting,
    edges,
    intrinsics,
    listing,
    narrow,
    scalars,
    synapses,
    vectors,
)
from yuragi_chip.binding import Argument, Bound, Value, arguments_of, entry_source, table_of
from yuragi_chip.codegen import KernelShape, kernel_source
from yuragi_chip.rule_code import RuleShape, rule_source

__all__ = ["bind", "bind_kernel", "bind_rule", "kernel"]

_MODULES = {
    "count_active": counting,
    "count_alone": counting,
    "count_listed": counting,
    "count_members": counting,
    "count_rows": counting,
    "count_scattered": counting,
    "keep": edges,
    "list_spikes": listing,
    "list_values": listing,
    "mark": edges,
    "send_dense": synapses,
    "send_either": synapses,
    "send_halves": synapses,
    "send_learning": synapses,
    "send_sparse": synapses,
    "send_words": synapses,
    "stimulate": edges,
}


def kernel(shape: KernelShape) -> Any:
    """The compiled update of a shape of equations."""
    return _load(kernel_source(shape)).entry


def bind_kernel(shape: KernelShape, values: Mapping[str, Value]) -> Bound:
    """The update of a population with its arrays.

    Raises ValueError for values that are not of the kinds that the kernel was written for.
    """
    if arguments_of(values) != shape.arguments:
        raise ValueError(f"expected {shape.arguments}, found {arguments_of(values)}")
    return _bound("update", kernel(shape), values)


def bind_rule(shape: RuleShape, values: Mapping[str, Value]) -> Bound:
    """The step of a learning rule with its arrays; ValueError where the kinds do not fit."""
    if arguments_of(values) != shape.arguments:
        raise ValueError(f"expected {shape.arguments}, found {arguments_of(values)}")
    return _bound("learn", _load(rule_source(shape)).entry, values)


def bind(function: str, values: Mapping[str, Value]) -> Bound:
    """A loop of `synapses` or `edges` with the arrays that it works on."""
    return _bound(function, _entry(function, arguments_of(values)), values)


@cache
def _entry(function: str, arguments: tuple[Argument, ...]) -> Any:
    return _load(entry_source(_MODULES[function].__name__, function, arguments)).entry


def _bound(name: str, entry: Any, values: Mapping[str, Value]) -> Bound:
    held = tuple(values.values())
    return Bound(name=name, address=entry.address, table=table_of(held), held=held)


@cache
def _folder() -> Path:
    """The user's cache folder, or a temporary one where that cannot be written."""
    wanted = os.environ.get("YURAGI_CACHE") or platformdirs.user_cache_dir("yuragi")
    folder = Path(wanted) / "kernels"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return Path(tempfile.mkdtemp(prefix="yuragi-kernels-"))


@cache
def _stamp() -> str:
    """What a generated text calls: a change of it asks for another file."""
    called = (
        *(compiling, counting, edges, exponential),
        *(intrinsics, listing, narrow, packed, scalars, synapses, vectors),
    )
    return " ".join((numba.__version__, *(inspect.getsource(module) for module in called)))


@cache
def _load(source: str) -> ModuleType:
    """The module of a kernel text; a file that does not hold exactly this text is written anew."""
    digest = hashlib.sha256(f"{_stamp()} {source}".encode()).hexdigest()
    name = f"kernel_{digest[:24]}"
    path = _folder() / f"{name}.py"
    if not path.exists() or path.read_text(encoding="utf-8") != source:
        beside = path.with_suffix(f".{os.getpid()}.part")
        beside.write_text(source, encoding="utf-8")
        beside.replace(path)
    spec = importlib.util.spec_from_file_location(f"yuragi_chip_generated.{name}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot load the kernel {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
