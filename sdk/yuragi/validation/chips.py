"""Measured power and energy of neuromorphic chips."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from yuragi.hardware import load
from yuragi.planning.estimate import estimate
from yuragi.power.band import Band
from yuragi.power.charge import charge
from yuragi.validation.point import Answer, Point, below, factor, misses, unresolved, within

__all__ = ["CHIP_POINTS"]

_AKOPYAN = "Akopyan et al., IEEE TCAD 34(10) (2015) 1537: 1,048,576 neurons of 128 synapses, 0.8 V"
_MEROLLA = "Merolla et al., Science 345 (2014) 668, with its supplement"
_FRENKEL = "Frenkel et al., IEEE TBioCAS 13(1) (2019) 145, 0.55 V"
_PILOTNET_SNN = (
    "lava-nc/lava-dl, tutorials/lava/lib/dl/netx/pilotnet_snn/benchmark.ipynb, stored output; "
    "events read from its activity plot, good to 5 %"
)
_PILOTNET_SDNN = (
    "lava-nc/lava-dl, tutorials/lava/lib/dl/netx/pilotnet_sdnn/benchmark.ipynb, stored output"
)
_SANAFE = (
    "SANA-FE 2.2.9, tutorial 5, dvs_gesture on 42 cores for 1,000 steps: the tool's own output; "
    "Boyle et al., IEEE TCAD 44(8) (2025) 3165"
)
_BLOUW = "Blouw et al., arXiv:1812.01739, batch 1"
_TRUENORTH_UNITS = 1 << 20
_TRUENORTH_SYNAPSES = 128 * _TRUENORTH_UNITS


def _mean_power(name: str, **numbers: Any) -> Answer:
    """The mean power of a network that is given as numbers."""
    found = estimate(profile=name, **numbers)
    power = found.power_w
    return _answer(power, found.report)


def _answer(band: Band | None, report: Any, *, resolved: bool = True) -> Answer:
    value = float("nan") if band is None else band.nominal
    return Answer(value=value, band=band, report=report, resolved=resolved)


def _truenorth(rate_hz: float) -> Answer:
    return _mean_power(
        "truenorth",
        neurons=_TRUENORTH_UNITS,
        synapses=_TRUENORTH_SYNAPSES,
        rate_hz=rate_hz,
        wiring="local",
    )


def _truenorth_all_in(rate_hz: float) -> Answer:
    """The 26 pJ of one operating point, taken for a constant."""
    events = {"synaptic_events": _TRUENORTH_SYNAPSES * rate_hz}
    report = charge("truenorth:all_in", events, steps=1000, seconds=1.0)
    return _answer(report.total_j, report)


def _frames() -> Answer:
    """30 frames a second of 33 ticks each; the events are not published and left out."""
    report = charge("truenorth", {}, steps=33, seconds=1 / 30)
    return _answer(report.total_j, report)


def _odin(clock_hz: float) -> Answer:
    """A synaptic operation in every two cycles."""
    profile = load("odin", clock_hz=clock_hz)
    report = charge(profile, {"synaptic_events": clock_hz / 2}, seconds=1.0)
    return _answer(report.total_j, report)


def _odin_all_in(clock_hz: float) -> Answer:
    """The 12.7 pJ of 75 MHz, taken for a constant."""
    return Answer(value=12.7e-12 * clock_hz / 2)


_DVS: Mapping[str, float] = {
    "synaptic_events": 51_549_374,
    "neuron_updates": 18_678_000,
    "active_updates": 15_539_753,
    "spikes": 365_277,
    "messages": 2_482_643,
    "hops_x": 1_838_173,
    "hops_y": 2_903_346,
}


def _dvs() -> Answer:
    report = charge("loihi:sanafe", _DVS, steps=1000, cores=42, tiles=12)
    return _answer(report.dynamic_j, report)


_PILOTNET_STEPS = 16
_PILOTNET_S = _PILOTNET_STEPS / 6543
_PILOTNET = {
    "synaptic_events": 2.29e6 * _PILOTNET_STEPS,
    "inactive_updates": 1.85e5 * _PILOTNET_STEPS,
}


def _pilotnet(profile: str, figure: str) -> Answer:
    report = charge(profile, _PILOTNET, steps=_PILOTNET_STEPS, seconds=_PILOTNET_S)
    return _answer(getattr(report, figure), report)


def _pilotnet_step() -> Answer:
    report = charge("loihi2", _PILOTNET, steps=_PILOTNET_STEPS, busiest={"synaptic_events": 1.51e5})
    return _answer(report.step_s, report)


def _bound_by_input(figure: str) -> Answer:
    """A frame of the sigma-delta network, which waits for its input."""
    report = charge("loihi2", {"synaptic_events": 5.9e5}, seconds=59.3e-3)
    hidden = figure == "dynamic_j" and any("not resolved" in note for note in report.notes)
    return _answer(getattr(report, figure), report, resolved=not hidden)


def _keywords_at_most() -> Answer:
    """Every synapse of 390-256-256-29 active in each of ten steps."""
    report = charge("loihi", {"synaptic_events": 172_800 * 10}, steps=10, seconds=1 / 296)
    return _answer(report.dynamic_j, report)


def _xylo() -> Answer:
    report = charge("xylo_audio2", {}, steps=1000)
    return _answer(report.total_j, report)


def _brainscales() -> Answer:
    """One image takes 1 / 85,000 s on the chip, that is 11.8 ms of the model."""
    report = charge("brainscales2", {}, steps=1, dt=1000 / 85_000)
    return _answer(report.total_j, report)


def _sweep(place: str, rate: float, watts: float, held_out: bool) -> Point:
    return Point(
        id=f"truenorth-{place}",
        title="TrueNorth, mean power of the whole chip",
        given=f"{rate} Hz, 128 synapses a neuron, all neurons in use",
        source=_AKOPYAN,
        unit="W",
        published=watts,
        rule=within(0.01),
        role="held out" if held_out else "anchored",
        ours=lambda: _truenorth(rate),
    )


def _wrong_constant(place: str, rate: float, watts: float) -> Point:
    return Point(
        id=f"truenorth-{place}-all-in",
        title="TrueNorth, 26 pJ an event taken for a constant",
        given=f"{rate} Hz; 26 pJ hold at 20 Hz only and contain the static power",
        source=_AKOPYAN,
        unit="W",
        published=watts,
        rule=misses(0.3),
        role="negative",
        ours=lambda: _truenorth_all_in(rate),
    )


def _odin_point(place: str, clock: float, watts: float) -> Point:
    return Point(
        id=f"odin-{place}",
        title="ODIN, power of the chip",
        given=f"{clock / 1e6:g} MHz, a synaptic operation every two cycles",
        source=_FRENKEL,
        unit="W",
        published=watts,
        rule=within(0.01),
        role="same paper",
        ours=lambda: _odin(clock),
    )


def _pilotnet_point(
    place: str, title: str, published: float, profile: str, figure: str, **fields: Any
) -> Point:
    given = "16 steps of 2.29e6 synaptic operations and 1.85e5 updates at 6,543 steps a second"
    return Point(
        id=f"pilotnet-{place}",
        title=title,
        given=given,
        source=_PILOTNET_SNN,
        unit="J",
        published=published,
        ours=lambda: _pilotnet(profile, figure),
        **fields,
    )


CHIP_POINTS = (
    _sweep("11hz", 11.58, 68e-3, held_out=False),
    _sweep("20hz", 20.07, 71e-3, held_out=True),
    _sweep("96hz", 95.93, 94e-3, held_out=False),
    _wrong_constant("11hz", 11.58, 68e-3),
    _wrong_constant("96hz", 95.93, 94e-3),
    Point(
        id="truenorth-frames",
        title="TrueNorth, energy of a frame of object detection",
        given="30 frames a second, 33 ticks each, 3,406 cores; its events are not published",
        source=_MEROLLA + ", 63 mW at 0.775 V",
        unit="J",
        published=63e-3 / 30,
        rule=within(0.05),
        role="independent",
        ours=_frames,
    ),
    _odin_point("75mhz", 75e6, 477e-6),
    _odin_point("1.3mhz", 1.3e6, 35e-6),
    Point(
        id="odin-1.3mhz-all-in",
        title="ODIN, 12.7 pJ an operation taken for a constant",
        given="1.3 MHz; 12.7 pJ hold at 75 MHz only and contain the static power",
        source=_FRENKEL,
        unit="W",
        published=35e-6,
        rule=misses(0.5),
        role="negative",
        ours=lambda: _odin_all_in(1.3e6),
    ),
    Point(
        id="sanafe-dvs",
        title="SANA-FE, energy of the gesture network",
        given="the events of the run, mapped as in the tutorial",
        source=_SANAFE,
        unit="J",
        published=3.4406e-3,
        rule=within(0.005),
        role="independent",
        ours=_dvs,
    ),
    _pilotnet_point(
        "snn-loihi",
        "PilotNet on Loihi 2, dynamic energy, by the constants of Loihi",
        *(1.094e-3, "loihi", "dynamic_j"),
        rule=factor(2),
        role="independent",
    ),
    _pilotnet_point(
        "snn-dynamic",
        "PilotNet on Loihi 2, dynamic energy of an inference",
        *(1.094e-3, "loihi2", "dynamic_j"),
        rule=factor(2),
        role="anchored",
    ),
    _pilotnet_point(
        "snn-total",
        "PilotNet on Loihi 2, energy of an inference",
        *(1.661e-3, "loihi2", "total_j"),
        rule=within(0.1),
        role="anchored",
    ),
    Point(
        id="pilotnet-snn-step",
        title="PilotNet on Loihi 2, time of a step",
        given="1.51e5 synaptic operations in a step on the busiest core",
        source=_PILOTNET_SNN,
        unit="s",
        published=1 / 6543,
        rule=within(0.05),
        role="anchored",
        ours=_pilotnet_step,
    ),
    Point(
        id="pilotnet-sdnn-total",
        title="Sigma-delta PilotNet on Loihi 2, energy of a frame that waits for its input",
        given="59.3 ms a frame, 5.9e5 synaptic operations",
        source=_PILOTNET_SDNN,
        unit="J",
        published=16.34e-3,
        rule=within(0.1),
        role="independent",
        ours=lambda: _bound_by_input("total_j"),
    ),
    Point(
        id="pilotnet-sdnn-dynamic",
        title="Sigma-delta PilotNet on Loihi 2, dynamic energy of that frame",
        given="as above; the meter gave -6 mW, less than nothing",
        source=_PILOTNET_SDNN,
        unit="J",
        published=-0.36e-3,
        rule=unresolved(),
        role="independent",
        ours=lambda: _bound_by_input("dynamic_j"),
    ),
    Point(
        id="keywords-loihi-cores",
        title="Keywords on Loihi, the synapses' part of the dynamic energy",
        given="390-256-256-29, every synapse active in each of ten steps, which is a guess; "
        "the rest is input, output and embedded processors",
        source=_BLOUW + ": 0.081 W at 296 inferences a second",
        unit="J",
        published=0.27e-3,
        rule=below(),
        role="independent",
        ours=_keywords_at_most,
    ),
    Point(
        id="xylo-inference",
        title="Xylo Audio 2, energy of a second of inference",
        given="1,000 steps a second; 219 uW at rest and 93 uW more",
        source="Bos & Muir, arXiv:2208.12991",
        unit="J",
        published=312e-6,
        rule=within(0.01),
        role="anchored",
        ours=_xylo,
    ),
    Point(
        id="brainscales2-image",
        title="BrainScaleS-2, energy of a 16 x 16 image",
        given="85,000 images a second",
        source="Cramer et al., PNAS 119(4) (2022) e2109194119",
        unit="J",
        published=2.4e-6,
        rule=within(0.05),
        role="anchored",
        ours=_brainscales,
    ),
)
