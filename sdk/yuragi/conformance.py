"""The cases that every backend must pass, and the judgement of one run against the reference.

A case is a small network with its steps and trials. What a backend computes may be equal to the
reference bit for bit, or within a tolerance where sums are formed in another order; chaotic
networks are held to it for a horizon, after which only their mean is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from yuragi import hardware
from yuragi.backend import compile as compile_network
from yuragi.backend import find_backend
from yuragi.conformance_cases import CASES, Case, offered_cases
from yuragi.errors import UnsupportedError
from yuragi.hardware.profile import Profile
from yuragi.recording import Recording

__all__ = ["CASES", "Case", "CaseResult", "Place", "compare", "offered_cases", "run_case"]

Array = NDArray[Any]
Outcome = Literal["equal", "within", "unsupported", "differs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where two recordings first differ."""

    population: str
    variable: str
    trial: int
    step: int
    unit: int

    def __str__(self) -> str:
        return (
            f"{self.population}.{self.variable}, unit {self.unit}, step {self.step}, "
            f"trial {self.trial}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """How a backend did.

    outcome: equal bit for bit; within the tolerance; unsupported; differs.
    reason: why it is unsupported, or by how much it differs.      first: where it differs first.
    """

    case: str
    outcome: Outcome
    reason: str = ""
    first: Place | None = None

    @property
    def passed(self) -> bool:
        """Whether the backend computes what the reference does."""
        return self.outcome in ("equal", "within")

    def __str__(self) -> str:
        where = f" at {self.first}" if self.first else ""
        reason = f": {self.reason}" if self.reason else ""
        return f"{self.case}: {self.outcome}{where}{reason}"


def run_case(case: Case, backend: str, profile: str | Profile = "ideal") -> CaseResult:
    """Run a case on a backend and on the reference, both for the same profile."""
    capable = find_backend(backend).capabilities
    case = _for_integrators(case, capable.integrators)
    if capable.rounding is not None:
        case = replace(case, relative=max(case.relative or 0.0, capable.rounding))
    chosen = hardware.load(profile) if isinstance(profile, str) else profile
    fixed: dict[str, Any] = {"dialect": capable.dialect}
    if chosen.dynamics != ("cuba_lif",):
        fixed = {}
    runs = []
    for name in ("reference", backend):
        try:
            program = compile_network(case.build(), backend=name, profile=chosen, **fixed)
        except UnsupportedError as error:
            return CaseResult(case=case.name, outcome="unsupported", reason=str(error))
        # Threads, so that what is judged is what a backend compiles.
        runs.append(program.run(steps=case.steps, trials=case.trials, threads=1))
    return compare(case, *runs)


def _for_integrators(case: Case, tolerance: float | None) -> Case:
    """The case as a backend with integrators of its own is held to it."""
    nodes = case.build().graph().nodes if tolerance is not None else ()
    if not any(node.dynamics.system.derivatives for node in nodes):
        return case
    return replace(case, relative=max(case.relative or 0.0, tolerance or 0.0))


def compare(case: Case, wanted: Recording, found: Recording) -> CaseResult:
    """Judge a recording by the reference's. Integers must always be equal."""
    exact = True
    for (population, variable), expected, values in _pairs(wanted, found):
        tolerance = _tolerance(case, expected)
        held = slice(0, case.horizon)
        differs = ~_close(expected[:, held], values[:, held], tolerance)
        exact = exact and np.array_equal(expected[:, held], values[:, held], equal_nan=True)
        if differs.any():
            trial, step, unit = _first(differs)
            pair = expected[trial, step, unit], values[trial, step, unit]
            return CaseResult(
                case=case.name,
                outcome="differs",
                reason=f"expected {pair[0]}, found {pair[1]}",
                first=Place(
                    population=population, variable=variable, trial=trial, step=step, unit=unit
                ),
            )
        after = slice(case.horizon, None) if case.horizon else slice(0, 0)
        drift = _drift(expected[:, after], values[:, after])
        if drift > case.mean:
            reason = f"mean of {population}.{variable} after the horizon is off by {drift:.3g}"
            return CaseResult(case=case.name, outcome="differs", reason=reason)
    return CaseResult(case=case.name, outcome="equal" if exact else "within")


def _pairs(wanted: Recording, found: Recording) -> list[tuple[tuple[str, str], Array, Array]]:
    """What was probed, and its values in both.  shape (trials, steps, size)"""
    size = wanted.trials, wanted.steps
    pairs: list[tuple[tuple[str, str], Array, Array]] = [
        ((name, "spikes"), train.raster(*size), found.spike_trains[name].raster(*size))
        for name, train in wanted.spike_trains.items()
    ]
    pairs += [(key, t.values, found.traces[key].values) for key, t in wanted.traces.items()]
    return pairs


def _tolerance(case: Case, expected: Array) -> float:
    if case.relative is None or expected.dtype.kind != "f":
        return 0.0
    return case.relative * float(np.abs(expected).max(initial=0.0))


def _close(expected: Array, values: Array, tolerance: float) -> Array:
    same = (expected == values) | (np.isnan(expected) & np.isnan(values))
    return same if tolerance == 0.0 else same | (np.abs(expected - values) <= tolerance)


def _first(differs: Array) -> tuple[int, int, int]:
    """(trial, step, unit) of the earliest step that differs."""
    step = int(differs.any(axis=(0, 2)).argmax())
    trial, unit = np.argwhere(differs[:, step])[0]
    return int(trial), step, int(unit)


def _drift(expected: Array, values: Array) -> float:
    if not expected.size:
        return 0.0
    spread = float(np.abs(expected.mean(dtype=np.float64))) or 1.0
    return abs(float(values.mean(dtype=np.float64) - expected.mean(dtype=np.float64))) / spread
