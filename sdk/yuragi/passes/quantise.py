"""quantise: weights, states and parameters in a chip's integers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from yuragi.errors import UnsupportedError
from yuragi.graph import Graph
from yuragi.hardware.profile import Profile
from yuragi.passes.cuba.dialects import find_dialect
from yuragi.passes.quantise_cuba import compartments_only, quantise_cuba, with_exponents
from yuragi.passes.quantise_programmable import Choices, quantise_programmable
from yuragi.passes.quantise_unit import quantise_unit
from yuragi.passes.signs import by_sign
from yuragi.passes.weights import weight_error

__all__ = ["Quantise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantise:
    """Floats to integers, in the way of the chip's cores.

    A programmable core (`dynamics: any`) runs any equations: every state gets a fixed-point format
    from a calibration run. A fixed-function core runs what its units can do. A profile without
    number formats keeps floats. Units that are described by Loihi's registers (`loihi_cuba`) are
    taken as they are, on either kind.

    dialect: the reading of Loihi's compartment, `loihi`, `lava`, `nengo_loihi` or `brian2_loihi`;
        on a programmable core it asks for compartments instead of a programme.
    margin: how much further than in the calibration run a value may go.
    formats: fraction bits by hand, {"cells.v": 12}, on a programmable core.
    segments: intervals of its tables, instead of the profile's.
    calibration_steps: of the calibration run; None: as `calibrate` chooses.
    Raises UnsupportedError that lists every population the chip cannot run, and why; GraphError
    for a format of what has none.
    """

    margin: float = 1.5
    dialect: str | None = None
    formats: Mapping[str, int] = field(default_factory=dict)
    segments: int | None = None
    calibration_steps: int | None = None

    def apply(self, graph: Graph, profile: Profile) -> Graph:
        """The graph in integers."""
        return self.explain(graph, profile)[0]

    def explain(self, graph: Graph, profile: Profile) -> tuple[Graph, tuple[str, ...]]:
        """The graph in integers, and every choice with the error that it brings."""
        dialect = find_dialect(self.dialect)
        floats = profile.numbers is None or bool(profile.not_emulated)
        if floats or graph.integer:
            kept = ("floats are kept",) if floats else ()
            return graph if graph.integer else with_exponents(graph), kept
        _refuse_learning(graph, profile)
        alike = compartments_only(graph) and not graph.learning
        compartments = self.dialect is not None or alike
        fixed = profile.dynamics != "any" or compartments
        if fixed and (self.formats or self.segments):
            raise UnsupportedError(
                f"{profile.name}: the formats of fixed-function units cannot be chosen"
            )
        if profile.dynamics == ("cuba_lif",) or (profile.dynamics == "any" and compartments):
            after, lines = quantise_cuba(graph, profile, dialect)
            return after, (*_scales(after), *lines, *_weights(with_exponents(graph), after))
        if profile.dynamics == "any":
            exact = with_exponents(graph)
            choices = Choices(
                margin=self.margin,
                formats=self.formats,
                segments=self.segments,
                calibration_steps=self.calibration_steps,
            )
            after, lines = quantise_programmable(exact, profile, choices)
            return after, (*lines, *_weights(exact, after))
        if profile.unit is not None:
            exact = with_exponents(graph)
            if profile.unit.inhibiting is not None:
                exact = by_sign(exact)
            after, lines = quantise_unit(exact, profile, profile.unit)
            return after, (*_scales(after), *lines, *_weights(exact, after))
        kinds = ", ".join(profile.dynamics)
        raise UnsupportedError(f"{profile.name}: no integer form is known for units of {kinds}")

    def note(self, before: Graph, after: Graph) -> tuple[str, ...]:
        """Nothing more than `explain` says."""
        return ()


def _refuse_learning(graph: Graph, profile: Profile) -> None:
    if graph.learning and profile.number("learning_bits") is None:
        names = ", ".join(edge.name for edge in graph.learning)
        raise UnsupportedError(
            f"{names}: weights do not learn on {profile.name}, which states no "
            "numbers.learning_bits; they do on 'loihi2'",
            tuple(edge.name for edge in graph.learning),
        )


def _scales(graph: Graph) -> tuple[str, ...]:
    """What the integers of each population count in."""
    return tuple(
        f"{node.name}: 1 stands for "
        + ", ".join(f"{scale:.3g} in {name}" for name, scale in node.scales.items())
        for node in graph.nodes
        if node.scales
    )


def _weights(before: Graph, after: Graph) -> tuple[str, ...]:
    """The error of each projection."""
    return tuple(
        f"{new.name}: {weight_error(old, new)}"
        for old, new in zip(before.edges, after.edges, strict=True)
    )
