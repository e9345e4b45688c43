"""Integers for a programmable core: any equations, a fixed-point format for every variable.

Word lengths: states `state_bits`, results within an update `intermediate_bits`, constants
`coefficient_bits`, weights `weight_bits`, what a spike carries `payload_bits`, and the sum at a
port `accumulator_bits`. The payload gives up fraction bits until sum |w| max|s| fits the
accumulator, so that no sum can overflow, whatever is sent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.dynamics import Dynamics
from yuragi.equations.census import calls_of
from yuragi.equations.fixed_point import Writer
from yuragi.equations.lines import lines_of
from yuragi.equations.lookups import without_normal
from yuragi.equations.spans import Span
from yuragi.equations.system import System
from yuragi.equations.tree import Call, Expression, Name
from yuragi.equations.words import Word
from yuragi.errors import ProfileError, UnsupportedError
from yuragi.graph import Edge, Graph, Node, Stimulus
from yuragi.hardware.profile import Profile
from yuragi.passes.bounding import Bits, Unit
from yuragi.passes.by_hand import check_by_hand
from yuragi.passes.calibrate import Range, calibrate
from yuragi.passes.confine import confine
from yuragi.passes.enclosing import enclosed
from yuragi.passes.formats import Formats, choose_payloads, exact_sums, write_bindings
from yuragi.passes.port_sums import arriving, fit_accumulators, largest_sent
from yuragi.passes.quantise_plasticity import integer_rules

__all__ = ["Choices", "quantise_programmable"]

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a user chose about the integers.

    margin: how much further than in the calibration run a value may go.
    formats: fraction bits by hand, {"cells.v": 12}.      segments: of tables.
    calibration_steps: of the calibration run; None: as `calibrate` chooses.
    """

    margin: float = 1.5
    formats: Mapping[str, int] = field(default_factory=dict)
    segments: int | None = None
    calibration_steps: int | None = None


def quantise_programmable(
    graph: Graph, profile: Profile, choices: Choices
) -> tuple[Graph, tuple[str, ...]]:
    """The graph in the integers of a programmable core, and every choice in lines for the log.

    Raises UnsupportedError with the reason for each population, ProfileError for a profile that
    does not state a word length that this needs.
    """
    formats = _formats(graph, profile, choices)
    _check_functions(graph, profile)
    refused = choose_payloads(formats)
    without_payload = bool(refused)
    edges = () if refused else fit_accumulators(formats)
    stimuli = tuple(_stimulus(formats, s) for s in graph.stimuli)
    arrivals = _arrivals(formats, edges, stimuli)
    nodes, lines = [], []
    for node in graph.nodes:
        try:
            if not without_payload:
                integer, notes = _write(formats, node, arrivals[node.name])
                nodes.append(integer)
                lines += _choices(formats, node, integer) + notes
        except UnsupportedError as error:
            refused.append(f"{node.name}: {error}")
    if refused:
        raise UnsupportedError(
            f"{profile.name} cannot run this network in integers:\n  " + "\n  ".join(refused),
            refused,
        )
    lines += _at_rest(formats)
    edges, said = integer_rules(formats, edges, {node.name: node for node in nodes})
    lines += said
    lines.append(
        f"ranges are {choices.margin:g} times those of the calibration run; beyond them states "
        f"{'wrap' if formats.wraps else 'saturate'}, tables stay at their ends, what projections "
        "bring to a port cannot overflow"
    )
    found = replace(graph, nodes=tuple(nodes), edges=edges, stimuli=stimuli)
    return found, tuple(lines)


def _formats(graph: Graph, profile: Profile, choices: Choices) -> Formats:
    """The words of the profile and what a calibration run shows, before any choice."""
    point = profile.number("fraction_bits")
    by_hand = check_by_hand(graph, choices.formats, point)
    ranges = calibrate(graph, steps=choices.calibration_steps)
    return Formats(
        graph=graph,
        ranges=ranges,
        enclosed=enclosed(graph, ranges),
        margin=choices.margin,
        word=Word(
            state_bits=_stated(profile, "state_bits"),
            coefficient_bits=_stated(profile, "coefficient_bits"),
            intermediate_bits=_stated(profile, "intermediate_bits"),
            segments=choices.segments or _stated(profile, "table_segments"),
            point=point,
            rounds_down=profile.rounding == "down",
        ),
        weight_bits=_stated(profile, "weight_bits"),
        accumulator_bits=_stated(profile, "accumulator_bits"),
        payload_bits=profile.number("payload_bits"),
        highest_exponent=_stated(profile, "weight_exponent_max"),
        learning_bits=profile.number("learning_bits"),
        wraps=profile.overflow == "wrap",
        by_hand=by_hand,
    )


def _choices(formats: Formats, node: Node, integer: Node) -> list[str]:
    """The formats of a population, in words."""
    lines = []
    word, output = formats.word, node.dynamics.output
    ends = "wraps" if formats.wraps else "saturates"
    for name in node.dynamics.system.states:
        found = formats.ranges[node.name, name]
        scale = integer.scales[name]
        end = scale * 2 ** (word.state_bits - 1)
        places = -math.log2(scale)
        chosen = " by hand" if (node.name, name) in formats.by_hand else ""
        fraction = f" ({places:.0f} fraction bits{chosen})" if places.is_integer() else ""
        short = "; the calibration run went further" if max(-found.low, found.high) > end else ""
        moved = f"seen [{found.low:.3g}, {found.high:.3g}]"
        if (node.name, name) in formats.enclosed:
            low, high = formats.enclosed[node.name, name]
            moved += f", cannot leave [{low:.3g}, {high:.3g}]"
        if found.low == found.high == 0.0:
            moved = "0 throughout the calibration run, assumed within +-1"
        lines.append(
            f"{node.name}.{name}: {word.state_bits} bits in steps of {scale:.3g}{fraction}, "
            f"{moved}, {ends} at +-{end:.3g}{short}"
        )
    for name in node.dynamics.ports:
        found = formats.ranges[node.name, name]
        if found.low == found.high == 0.0:
            lines.append(
                f"{node.name}.{name}: nothing arrives there in the calibration run; assumed "
                f"within +-1, in steps of {integer.scales[name]:.3g}"
            )
    if output is not None:
        sent = formats.payload[node.name]
        lost = formats.finest[node.name] - sent
        given = f", {lost} fewer than it has, so that every sum fits" if lost > 0 else ""
        lines.append(f"{node.name}.{output}: sent with {sent} fraction bits{given}")
    return lines


def _at_rest(formats: Formats) -> list[str]:
    """What to do about populations that nothing moved in the calibration run."""
    quiet = [
        node
        for node in formats.graph.nodes
        if node.dynamics.system.states
        and all(formats.ranges[node.name, n] == Range() for n in node.dynamics.system.states)
        and not any((node.name, n) in formats.by_hand for n in node.dynamics.system.states)
    ]
    if not quiet:
        return []
    first = f"{quiet[0].name}.{quiet[0].dynamics.system.states[0]}"
    return [
        f"nothing moved {', '.join(node.name for node in quiet)} in the calibration run: compile "
        "with a stimulus like those to come, for longer (calibration_steps), or choose formats, "
        f'{{"{first}": 12}}; until then what goes beyond +-1 may overflow, which is counted'
    ]


def _stated(profile: Profile, name: str) -> int:
    bits = profile.number(name)
    if bits is None:
        raise ProfileError(
            f"profile {profile.name!r} states no numbers.{name}, which integers need"
        )
    return bits


def _check_functions(graph: Graph, profile: Profile) -> None:
    if profile.functions == "any":
        return
    refused = []
    for node in graph.nodes:
        missing = sorted(_functions(node) - set(profile.functions))
        if missing:
            refused.append(f"{node.name}: {profile.name} has no {', '.join(missing)}")
    if refused:
        raise UnsupportedError("\n".join(refused), refused)


def _functions(node: Node) -> frozenset[str]:
    """The functions that the equations call; normal() needs none."""
    system = node.dynamics.system
    lines = (*system.bindings, *system.updates, *system.reset)
    trees = [tree for _, tree in lines]
    trees += [] if system.threshold is None else [system.threshold]
    return calls_of(without_normal(tree) for tree in trees)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arrivals:
    """What can arrive at the ports of a population, and at which of them anything can."""

    ports: Mapping[str, Span]
    stimulated: frozenset[str]


def _arrivals(
    formats: Formats, edges: tuple[Edge, ...], stimuli: tuple[Stimulus, ...]
) -> dict[str, _Arrivals]:
    """By population; a port that nothing reaches is there to be stimulated."""
    sums = arriving(formats, edges)
    brought = dict(sums)
    for stimulus in stimuli:
        key = stimulus.target, stimulus.port
        low, high = brought.get(key, (0, 0))
        least, most = int(stimulus.values.min(initial=0)), int(stimulus.values.max(initial=0))
        brought[key] = low + least, high + most
    given = {(s.target, s.port) for s in stimuli}
    return {
        node.name: _Arrivals(
            ports={p: brought.get((node.name, p), (0, 0)) for p in node.dynamics.ports},
            stimulated=frozenset(
                p
                for p in node.dynamics.ports
                if (node.name, p) in given or (node.name, p) not in sums
            ),
        )
        for node in formats.graph.nodes
    }


def _write(formats: Formats, node: Node, arrivals: _Arrivals) -> tuple[Node, list[str]]:
    """A population in integers, what its tables cost, and what is known of its overflows."""
    dynamics = node.dynamics
    writer = formats.writer(node)
    system, output = _in_integers(formats, node, writer)
    used = dict(writer.integers)
    scales = _scales(formats, node, writer)
    if output is not None:
        scales[output] = 2.0 ** -formats.payload[node.name]
    initial = {n: _grid(node.initial[n], scales[n]) for n in system.states}
    word = formats.word
    heard = any(edge.source == node.name for edge in formats.graph.edges)
    confined = confine(
        Unit(
            system=system,
            refractory=dynamics.refractory,
            parameters={name: _span(values) for name, values in used.items()},
            initial={name: _span(values) for name, values in initial.items()},
            ports=arrivals.ports,
            stimulated=arrivals.stimulated,
            tables=writer.tables,
            sent=output if heard and output != dynamics.output else None,
            most=largest_sent(formats, node.name),
        ),
        Bits(
            state=word.state_bits,
            port=formats.accumulator_bits,
            result=word.intermediate_bits,
            wraps=formats.wraps,
        ),
    )
    zero = np.asarray(0, dtype=np.int64)
    lines = lines_of(confined.system)
    integer = Dynamics(
        name=dynamics.name,
        equations=lines.equations,
        ports=dynamics.ports,
        output=output,
        threshold=lines.threshold,
        reset=lines.reset,
        refractory=dynamics.refractory,
        parameters={name: float(value.reshape(-1)[0]) for name, value in used.items()},
        number="integer",
        tables=writer.tables,
        tallies=confined.tallies,
    )
    changed = replace(
        node,
        dynamics=integer,
        parameters=used,
        initial={**initial, **dict.fromkeys(confined.tallies, zero)},
        scales=scales,
    )
    notes = [f"{node.name}: {note}" for note in dict.fromkeys(writer.notes)]
    if confined.reach.words:
        verdict = confined.reach.verdict(counted=bool(confined.tallies))
        notes.append(f"{node.name}: {verdict}; {confined.reach}")
    return changed, notes


def _in_integers(formats: Formats, node: Node, writer: Writer) -> tuple[System, str | None]:
    """The equations of a population, words without length, and the variable that it sends."""
    system = node.dynamics.system
    sums = {state: b for b, (state, _) in exact_sums(node).items()}
    states = {name: writer.formats[name] for name in system.states if name not in sums}
    bindings = write_bindings(formats, writer, node)
    updates = tuple(
        (name, Name(sums[name]) if name in sums else writer.to(tree, states[name].fraction))
        for name, tree in system.updates
    )
    output = _write_output(formats, node, writer, bindings)
    reset = tuple((name, writer.to(tree, states[name].fraction)) for name, tree in system.reset)
    threshold = None if system.threshold is None else writer.condition(system.threshold)
    written = System(
        bindings=tuple(bindings),
        updates=updates,
        derivatives=(),
        threshold=threshold,
        reset=reset,
        draws=system.draws,
    )
    return written, output


def _scales(formats: Formats, node: Node, writer: Writer) -> dict[str, float]:
    """What 1 stands for in each variable and port."""
    ports = node.dynamics.ports
    scales = {n: 2.0**-f.fraction for n, f in writer.formats.items() if n not in ports}
    scales |= {p: formats.port_scale.get((node.name, p), 1.0) for p in ports}
    return scales | {n: scales[port] for b, (s, port) in exact_sums(node).items() for n in (b, s)}


def _span(values: Array) -> Span:
    return int(values.min()), int(values.max())


def _grid(values: Array, scale: float) -> Array:
    return np.asarray(np.rint(values / scale)).astype(np.int64)


def _write_output(
    formats: Formats, node: Node, writer: Writer, bindings: list[tuple[str, Expression]]
) -> str | None:
    """The variable that is sent, on the grid of its payload."""
    output = node.dynamics.output
    if output is None:
        return None
    wanted = formats.payload[node.name]
    found = dict(bindings).get(output)
    bounded = isinstance(found, Call) and found.function == "lookup"
    if bounded and writer.formats[output].fraction == wanted:
        return output
    name = "sent"
    while name in writer.formats or name in node.parameters:
        name += "x"
    bindings.append((name, writer.to(Name(output), wanted)))
    return name


def _stimulus(formats: Formats, stimulus: Stimulus) -> Stimulus:
    scale = formats.port_scale[stimulus.target, stimulus.port]
    return replace(stimulus, values=np.rint(stimulus.values / scale).astype(np.int64))
