"""The brain's 20 W beside the 7.9 MW of a machine that ran as many neurons."""

from __future__ import annotations

from yuragi.planning.estimate import estimate
from yuragi.validation.point import Answer, Point, within

__all__ = ["BRAIN_POINTS"]

_WONG = (
    "Wong et al., 10^14, IBM Research Report RJ10502 (2012): 5.3e11 neurons and 1.37e14 synapses "
    "on Sequoia, 1,542 times slower than real time; TOP500 rates the machine at 7.89 MW"
)
_SEQUOIA_W = 7.89e6
_SLOWER = 1542
_NEURONS = 5.3e11
_SYNAPSES = 1.37e14
_BRAIN_W = 20.0
_RATE_HZ = 8.1
_SC12 = (
    "Preissl et al., Compass, SC12: 16 of 96 racks, 1.6e13 synapses, 8.1 Hz, 388 times slower; "
    "their share of 7.89 MW"
)


def _per_event(watts: float, slower: float, synapses: float) -> Answer:
    """P * slowdown / (synapses * rate)."""
    return Answer(value=watts * slower / (synapses * _RATE_HZ))


def _human_scale_chips() -> Answer:
    """TrueNorth chips for the run's neurons, from numbers alone."""
    found = estimate(
        neurons=_NEURONS,
        synapses=_SYNAPSES,
        rate_hz=_RATE_HZ,
        profile="truenorth",
        wiring="local",
    )
    return Answer(value=float(found.chips), report=found.report)


BRAIN_POINTS = (
    Point(
        id="compass-real-time",
        title="Sequoia's rated power, had it run in real time",
        given="7.89 MW x 1,542",
        source=_WONG + "; 12 GW by Modha's own estimate",
        unit="W",
        published=12.2e9,
        rule=within(0.01),
        role="arithmetic",
        ours=lambda: Answer(value=_SEQUOIA_W * _SLOWER),
    ),
    Point(
        id="compass-over-brain",
        title="That, over the brain's 20 W",
        given="12.2 GW / 20 W; 7.9 MW / 20 W, as often quoted, leaves the slowdown out",
        source="Mehonic & Kenyon, Nature 604 (2022) 255, for 20 W and 7.9 MW",
        unit="",
        published=6.1e8,
        rule=within(0.01),
        role="arithmetic",
        ours=lambda: Answer(value=_SEQUOIA_W * _SLOWER / _BRAIN_W),
    ),
    Point(
        id="compass-event",
        title="All energy of the run over its synaptic events",
        given="8.1 Hz, which is stated for a smaller run only",
        source=_WONG,
        unit="J",
        published=11e-6,
        rule=within(0.02),
        role="arithmetic",
        ours=lambda: _per_event(_SEQUOIA_W, _SLOWER, _SYNAPSES),
    ),
    Point(
        id="compass-sc12-event",
        title="The same of the smaller run, whose rate is stated",
        given="1.32 MW, 388 times slower, 1.6e13 synapses at 8.1 Hz",
        source=_SC12,
        unit="J",
        published=3.9e-6,
        rule=within(0.02),
        role="arithmetic",
        ours=lambda: _per_event(_SEQUOIA_W * 16 / 96, 388, 1.6e13),
    ),
    Point(
        id="compass-truenorth-chips",
        title="TrueNorth chips for the run's neurons, estimated from numbers",
        given="5.3e11 neurons, 1.37e14 synapses, 2.084e9 cores of 4,096 a chip",
        source=_WONG,
        unit="",
        published=2.084e9 / 4096,
        rule=within(0.01),
        role="independent",
        ours=_human_scale_chips,
    ),
)
