"""Dialect and step of a file: as asked for, as its metadata or its numbers say, or by default."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from yuragi.errors import ModelFileError
from yuragi.io.nir.dialects.rule import Array, Dialect
from yuragi.io.nir.dialects.table import DEFAULT_DT, DIALECTS, LOIHI, find_dialect
from yuragi.io.nir.nodes import NirGraph

__all__ = ["KEY", "Decision", "decide", "own"]

KEY: Final = "yuragi"
_LONGEST = 1 << 16
_NEUTRAL = "closed"
_CLOSE = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided, and how.

    dialect: a name.      dt: seconds of a step.      notes: a line each.
    """

    dialect: str
    dt: float
    notes: tuple[str, ...]


def decide(graph: NirGraph, place: str, *, dialect: str | None, dt: float | None) -> Decision:
    """The dialect and the step of a graph.

    dialect, dt: what the user says, which goes before what the file says.
    Raises ModelFileError for metadata or a step that make no sense, GraphError for a dialect that
    there is not.
    """
    said = own(graph.metadata)
    name, why = dialect, "as asked for"
    if name is None and isinstance(said.get("dialect"), str):
        name, why = str(said["dialect"]), "the file's metadata"
        if name not in (LOIHI, *DIALECTS):
            raise ModelFileError(f"{place}: its metadata name the dialect {name!r}, an unknown one")
    if name is None:
        name, why = _guess(graph)
    if name != LOIHI:
        find_dialect(name)
    notes = [f"assumed: dialect {name} ({why})"]
    if dt is None and isinstance(said.get("dt"), float):
        dt = said["dt"]
    elif dt is None:
        dt, origin = _step(graph, name)
        notes.append(f"assumed: a step is {dt * 1e3:g} ms{origin}")
    if not 0.0 < dt < 1e6:
        raise ModelFileError(f"{place}: dt {dt}: expected seconds above 0")
    return Decision(dialect=name, dt=dt, notes=tuple(notes))


def own(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """What we wrote into metadata; nothing where that is not a small JSON object."""
    text = metadata.get(KEY)
    if not isinstance(text, str) or len(text) > _LONGEST:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _guess(graph: NirGraph) -> tuple[str, str]:
    """The dialect that the numbers of a file speak, and how."""
    for name, dialect in DIALECTS.items():
        step = _hidden_step(graph, dialect)
        if step is not None:
            return name, f"every r is that of its exporter for {step * 1e3:g} ms"
    return _NEUTRAL, "the file does not say who wrote it: closed form, reset at the end of a step"


def _step(graph: NirGraph, name: str) -> tuple[float, str]:
    """Seconds of a step, and what says so."""
    if name in DIALECTS:
        step = _hidden_step(graph, DIALECTS[name])
        if step is not None:
            return step, ", from tau and r"
        read = DIALECTS[name].step_read
        found = _steps(graph, read, ("CubaLIF",)) if read else ()
        steps = np.concatenate([np.zeros(0), *found])
        if len(steps) and (np.isfinite(steps) & (steps > 0)).all():
            return float(steps.min()), (
                f", as {name} reads it from tau and r, of {steps.min():g} to {steps.max():g} s"
            )
    return DEFAULT_DT, "; NIR does not say"


def _hidden_step(graph: NirGraph, dialect: Dialect) -> float | None:
    """The step that the exporter of a dialect hides in r; None where it did not write the file.

    All units must say the same, a number of at most three digits.
    """
    if dialect.step_of is None:
        return None
    steps = np.concatenate([np.zeros(0), *_steps(graph, dialect.step_of)])
    if not len(steps) or not (np.isfinite(steps) & (steps > 0)).all():
        return None
    step = float(f"{steps[0]:.2e}")
    return step if np.allclose(steps, step, rtol=_CLOSE, atol=0) else None


def _steps(
    graph: NirGraph, step_of: Any, kinds: Sequence[str] = ("CubaLIF", "LIF")
) -> Iterator[Array]:
    for node in graph.nodes.values():
        if node.kind in kinds:
            tau = node.array("tau" if node.kind == "LIF" else "tau_mem").astype(np.float64)
            with np.errstate(all="ignore"):
                yield np.ravel(step_of(tau, node.array("r").astype(np.float64)))
