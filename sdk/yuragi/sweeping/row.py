"""One point of a grid, estimated or run: a row of plain numbers and words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np

from yuragi.backend import compile as compile_network
from yuragi.errors import ProfileError, YuragiError
from yuragi.graph import Graph
from yuragi.hardware import Constant, Profile, load
from yuragi.io.model_file import load_model
from yuragi.planning import Outline, from_numbers, outline
from yuragi.planning.estimate import estimated
from yuragi.power import energy
from yuragi.power.band import Band
from yuragi.power.report import EnergyReport
from yuragi.sweeping.plan import Plan, Point

__all__ = ["COLUMNS", "evaluate", "with_precision"]

COLUMNS = (
    "status",
    "reason",
    "units",
    "synapses",
    "cores",
    "chips",
    "steps",
    "spikes",
    "synaptic_events",
    "neuron_updates",
    "messages",
    "dynamic_j",
    "static_j",
    "total_j",
    "total_j_low",
    "total_j_high",
    "seconds",
    "seconds_low",
    "seconds_high",
    "basis",
    "unpriced",
)
"""What a row says, after the axes of its point."""


def evaluate(plan: Plan, point: Point) -> dict[str, Any]:
    """The row of a point: the same whenever and wherever it is made.

    status: "done"; "breaks a limit" where an estimate stands for a larger machine; "refused", with
    the reason, where the point cannot be made.
    """
    found: dict[str, Any] = dict.fromkeys(COLUMNS)
    try:
        profile = with_precision(_profile(plan, point.profile), point.precision)
        found |= _BY[plan.settings.by](plan, point, profile)
    except YuragiError as problem:
        found |= {"status": "refused", "reason": str(problem)}
    return {**point.axes(), **found}


def with_precision(profile: Profile, bits: int | None) -> Profile:
    """The profile with weights of so many bits.  Errors: ProfileError where it has no integers."""
    if bits is None:
        return profile
    if profile.numbers is None:
        raise ProfileError(f"{profile.name} computes in floats; a precision has no meaning for it")
    constant = Constant(
        value=bits,
        low=bits,
        high=bits,
        unit="bit",
        basis="assumed",
        scope="structure",
        confidence="high",
        source="user",
        note="given by the sweep",
    )
    sources = {**profile.sources, "user": "given by the sweep"}
    numbers = replace(profile.numbers, weight_bits=constant)
    return replace(profile, numbers=numbers, sources=MappingProxyType(sources))


@lru_cache(maxsize=64)
def _profile(plan: Plan, name: str) -> Profile:
    return load(plan.folder / name) if name.endswith((".yaml", ".yml")) else load(name)


def _estimated(plan: Plan, point: Point, profile: Profile) -> dict[str, Any]:
    network = _network(plan).at_rate(point.activity or 0.0).grown(point.size)
    found = estimated(network, profile)
    status = "done" if found.fits else "breaks a limit"
    reason = "; ".join(map(str, found.broken))
    sizes = {"units": network.units, "synapses": network.synapses}
    return {"status": status, "reason": reason, **sizes, **_figures(found.report)}


@lru_cache(maxsize=1)
def _network(plan: Plan) -> Outline:
    steps, numbers = plan.settings.steps, plan.settings.numbers
    if plan.model is None:
        given = {} if numbers is None else numbers.model_dump()
        found = from_numbers(**given, rate_hz=0.0, steps=steps or 1)
    else:
        graph = load_model(plan.model).network.graph()
        found = outline(graph, 0.0, steps=steps, name=plan.model.stem)
    return replace(found, wiring=plan.settings.wiring)


def _run(plan: Plan, point: Point, profile: Profile) -> dict[str, Any]:
    graph, settings = _graph(plan, point)
    program = compile_network(graph, backend=settings.backend, profile=profile)
    steps = plan.settings.steps or settings.steps
    recording = program.run(
        _drive(graph, point, steps, plan.settings.seed), steps=steps, trials=settings.trials,
        threads=1,
    )  # fmt: skip
    report = energy(recording)
    sizes = {"units": float(graph.units), "synapses": float(graph.synapses)}
    return {"status": "done", "reason": "", **sizes, **_figures(report)}


def _graph(plan: Plan, point: Point) -> tuple[Graph, Any]:
    if plan.model is None:
        raise YuragiError("numbers can be estimated, not run")
    changes = dict(point.changes)
    if point.size != 1:
        described = load_model(plan.model).network.graph()
        fed = {edge.target for edge in described.edges}
        for node in described.nodes:
            if node.name in fed:
                size = max(1, round(node.size * point.size))
                changes.setdefault(f"network.populations.{node.name}.size", size)
    loaded = load_model(plan.model, seed=plan.settings.seed, changes=changes)
    return loaded.network.graph(), loaded.run


def _drive(graph: Graph, point: Point, steps: int | None, seed: int) -> Any:
    """Spikes for the inputs, each with the point's activity in every step; None: the model's."""
    if point.activity is None:
        return None
    fed = {edge.target for edge in graph.edges}
    inputs = [node for node in graph.nodes if node.name not in fed and node.dynamics.spiking]
    if not inputs:
        raise YuragiError("activity: the model has no spiking input to drive")
    lasting = steps or max(s.values.shape[-2] for s in graph.stimuli)
    drives = {}
    for place, node in enumerate(inputs):
        draw = np.random.default_rng((seed, place))
        drives[node.name] = (draw.random((lasting, node.size)) < point.activity).astype(np.float64)
    return drives


_BY = {"estimate": _estimated, "run": _run}


def _figures(report: EnergyReport) -> dict[str, Any]:
    total, seconds = report.total_j, report.seconds
    counts: Mapping[str, float] = report.counts
    return {
        "cores": report.cores,
        "chips": report.chips,
        "steps": report.steps,
        **{
            name: counts[name]
            for name in ("spikes", "synaptic_events", "neuron_updates", "messages")
        },
        "dynamic_j": _nominal(report.dynamic_j),
        "static_j": _nominal(report.static_j),
        "total_j": _nominal(total),
        "total_j_low": None if total is None else total.low,
        "total_j_high": None if total is None else total.high,
        "seconds": _nominal(seconds),
        "seconds_low": None if seconds is None else seconds.low,
        "seconds_high": None if seconds is None else seconds.high,
        "basis": report.basis,
        "unpriced": "; ".join(report.unpriced),
    }


def _nominal(band: Band | None) -> float | None:
    return None if band is None else band.nominal
