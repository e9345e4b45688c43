"""Any constant removed from an emulated chip is named: it is refused, unchecked or unpriced."""

from __future__ import annotations

import dataclasses
import os

import pytest

import yuragi as yg
from yuragi import hardware
from yuragi.conformance import CASES
from yuragi.errors import YuragiError
from yuragi.hardware.profile import Profile
from yuragi.network import Network
from yuragi.passes.check import check_report

EVERYTHING = "YURAGI_ALL_TARGETS" in os.environ
NETWORKS = {
    "loihi": "integrate and fire",
    "loihi:sanafe": "integrate and fire",
    "loihi2": "integrate and fire",
    "spinnaker2": "integrate and fire",
    "truenorth": "integrate and fire",
    "xylo_audio2": "a reset less the threshold",
    "odin": "a voltage from 0 upwards",
}
# What a network of spikes that does not learn has no use for.
UNUSED = {
    "loihi:sanafe": {"energy.synaptic_events_sparse", "energy.synaptic_events_convolution"},
    "loihi2": {
        "numbers.weight_exponent_min",
        "numbers.learning_bits",
        "energy.synapse_updates",
        "latency.synapse_updates",
    },
}
FIELDS = [
    (name, field)
    for name in NETWORKS
    for field, _ in hardware.load(name).constants()
    if field not in UNUSED.get(name, ())
]


def network(name: str) -> Network:
    case = next(case for case in CASES if case.name == NETWORKS[name])
    return case.build()


def without(profile: Profile, field: str) -> Profile:
    section, _, key = field.partition(".")
    if not key:
        return dataclasses.replace(profile, **{section: None})  # type: ignore[arg-type]
    held = getattr(profile, section)
    if section == "numbers":
        return dataclasses.replace(profile, numbers=dataclasses.replace(held, **{key: None}))
    fewer = {name: constant for name, constant in held.items() if name != key}
    return dataclasses.replace(profile, **{section: fewer})  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "field"), FIELDS if EVERYTHING else FIELDS[::6])
def test_a_removed_constant_is_named(name: str, field: str) -> None:
    """A unit on each core, so that packets cross the mesh."""
    profile, key = without(hardware.load(name), field), field.rpartition(".")[2]

    assert key in named(name, profile)


def named(name: str, profile: Profile) -> str:
    """What a compilation and a bill say of what is missing."""
    try:
        program = yg.compile(network(name), profile=profile, max_units=1)
        report = yg.energy(program.run(steps=10))
    except YuragiError as refused:
        return str(refused)
    return str((check_report(program.graph, profile).unchecked, report.unpriced))
