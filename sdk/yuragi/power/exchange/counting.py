"""An ONNX file as a workload: layers in order, with what a runtime fuses taken together."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import onnx

from yuragi.power.exchange.bodies import body_macs
from yuragi.power.exchange.network import Step, Values, steps
from yuragi.power.exchange.operators import (
    ELEMENTWISE,
    MOVES,
    Operation,
    UnsizedError,
    covered,
)
from yuragi.power.exchange.reading import STANDARD, attribute_graphs, read_model
from yuragi.power.exchange.shapes import infer
from yuragi.power.layers import Layer
from yuragi.power.workload import Uncounted, Workload

__all__ = ["workload_from_onnx"]

_TYPES = onnx.TensorProto
_DTYPES: Mapping[int, str] = {
    _TYPES.DOUBLE: "float64",
    _TYPES.FLOAT: "float32",
    _TYPES.BFLOAT16: "bfloat16",
    _TYPES.FLOAT16: "float16",
}
_LOOKUPS = {"Gather", "GatherElements", "GatherND"}
_RECURRENT = {"RNN", "LSTM", "GRU"}
_BODIES = {"If", "Loop", "Scan", "SequenceMap"}


def workload_from_onnx(
    path: str | Path,
    *,
    batch: int,
    dtype: str | None,
    accuracy: float | None,
    sizes: Mapping[str, int],
    inputs: Mapping[str, Sequence[int]],
    fuse: bool,
    ignore: Iterable[str],
    max_bytes: int,
) -> Workload:
    """Count the graph of a file; see `yuragi.baseline.from_onnx`."""
    file = str(path)
    bound = infer(read_model(path, max_bytes=max_bytes), file=file, sizes=sizes, inputs=inputs)
    graph = bound.model.graph
    values = Values()
    todo = tuple(steps(graph, values, file))
    sheet = _Sheet(values=values, uses=_uses(graph, todo, values), fuse=fuse)
    for step in todo:
        sheet.add(step)
    skipped = set(ignore)
    notes = [*bound.notes, *(f"{name} left out as asked" for name in sorted(skipped))]
    kind, mixed = _dtype(values)
    return Workload(
        name=Path(path).stem,
        layers=tuple(entry.layer() for entry in sheet.entries),
        dtype=dtype or kind,
        batch=batch,
        accuracy=accuracy,
        peak=sheet.peak([value.name for value in graph.output]),
        uncounted=tuple(one for one in sheet.missing() if one.operator not in skipped),
        notes=(*notes, *mixed),
    )


@dataclass(slots=True, kw_only=True)
class _Entry:
    """A layer that is still growing."""

    kind: str
    name: str
    macs: int
    operations: int
    parameters: int = 0
    reads: int = 0
    shared: bool = True
    inputs: int = 0
    outputs: int = 0

    def layer(self) -> Layer:
        return Layer(
            kind=self.kind,
            name=self.name,
            macs=self.macs,
            operations=self.operations,
            parameters=self.parameters,
            reads=self.reads,
            shared=self.shared,
            inputs=self.inputs,
            outputs=self.outputs,
        )


@dataclass(slots=True, kw_only=True)
class _Sheet:
    """The layers so far, who made which value, and what could not be counted."""

    values: Values
    uses: Counter[str]
    fuse: bool
    entries: list[_Entry] = field(default_factory=list)
    makers: dict[str, int] = field(default_factory=dict)
    last_use: dict[str, int] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    unknown: list[tuple[str, str, int | None]] = field(default_factory=list)

    def add(self, step: Step) -> None:
        """Count a step as a layer of its own, or within the one before."""
        node, values = step.node, self.values
        operation = Operation(
            kind=node.op_type,
            inputs=tuple(values.shapes.get(name) if name else None for name in node.input),
            outputs=tuple(values.shapes.get(name) for name in node.output),
            attributes={one.name: onnx.helper.get_attribute_value(one) for one in node.attribute},
        )
        rule = covered(node.domain, node.op_type)
        if rule is None:
            self._miss(node, operation, "unknown operator")
            return
        try:
            macs, operations = rule(operation)
        except UnsizedError:
            self._miss(node, operation, "sizes are not known before it runs")
            return
        moving = values.moving(node.input)
        into = self._fusable(node, operation, moving)
        if into is None:
            self._open(node, macs, operations, moving)
        else:
            self._join(node, operations, moving, into)

    def _fusable(
        self, node: onnx.NodeProto, operation: Operation, moving: Sequence[str]
    ) -> str | None:
        """The value that an elementwise node changes where it was just made; None: no such."""
        if not self.fuse or node.op_type not in ELEMENTWISE or len(node.output) != 1:
            return None
        made = [
            name
            for name in moving
            if name in self.makers
            and self.uses[name] == 1
            and self.values.size(name) == operation.made
        ]
        return max(made, key=self.makers.__getitem__, default=None)

    def _open(
        self, node: onnx.NodeProto, macs: int, operations: int, moving: Sequence[str]
    ) -> None:
        entry = _Entry(kind=node.op_type, name=node.name, macs=macs, operations=operations)
        place = len(self.entries)
        self.entries.append(entry)
        entry.inputs = sum(self.values.size(name) or 0 for name in moving)
        entry.outputs = sum(self.values.size(name) or 0 for name in node.output if name)
        self._store(node, entry)
        self.makers |= {name: place for name in node.output if name}
        self.last_use |= dict.fromkeys((*moving, *filter(None, node.output)), place)

    def _join(
        self, node: onnx.NodeProto, operations: int, moving: Sequence[str], into: str
    ) -> None:
        place = self.makers.pop(into)
        entry = self.entries[place]
        entry.operations += operations
        others = [name for name in moving if name != into]
        entry.inputs += sum(self.values.size(name) or 0 for name in others)
        self._store(node, entry)
        # Other operands are read when this layer ends, which may be later than it began.
        now = max((place, *(self.makers.get(name, 0) for name in others)))
        self.makers[node.output[0]] = place
        self.last_use.pop(into, None)
        self.last_use |= dict.fromkeys((*others, node.output[0]), now)

    def _store(self, node: onnx.NodeProto, entry: _Entry) -> None:
        """Parameters of a node: stored with the first layer that reads them."""
        fixed = [self.values.origins.get(name, frozenset()) for name in node.input if name]
        names = frozenset().union(*fixed) & self.values.stored.keys()
        sizes = {name: self.values.stored[name][0] for name in names}
        entry.parameters += sum(sizes[name] for name in names - self.taken)
        self.taken |= names
        reads = sum(sizes.values())
        if node.op_type in _LOOKUPS and node.input[0] in self.values.origins:
            reads, entry.shared = entry.outputs, False
        elif node.op_type in _RECURRENT and node.domain in STANDARD:
            data = self.values.shapes.get(node.input[0]) or (1, 1)
            steps_ = data[1] if _layout(node) else data[0]
            again = [self.values.size(name) or 0 for name in node.input[2:4] if name]
            reads += (steps_ - 1) * sum(again)
        entry.reads += reads

    def _miss(self, node: onnx.NodeProto, operation: Operation, reason: str) -> None:
        name = f"{node.domain}.{node.op_type}" if node.domain else node.op_type
        if node.op_type in _BODIES and node.domain in STANDARD:
            macs = body_macs(node, self.values)
            self.unknown.append((name, "a body that is not counted", macs))
        elif reason != "unknown operator" and node.op_type in ELEMENTWISE | MOVES:
            self.unknown.append((name, reason, 0))
        else:
            self.unknown.append((name, reason, _as_product(operation)))

    def missing(self) -> list[Uncounted]:
        """What could not be counted, an operator and reason a line."""
        found: dict[tuple[str, str], list[int | None]] = {}
        for name, reason, macs in self.unknown:
            found.setdefault((name, reason), []).append(macs)
        return [
            Uncounted(
                operator=name,
                nodes=len(macs),
                macs=None if None in macs else sum(one or 0 for one in macs),
                reason=reason,
            )
            for (name, reason), macs in found.items()
        ]

    def peak(self, outputs: Sequence[str]) -> int:
        """The most values that are held at once, each from its making to its last use."""
        end = len(self.entries)
        changes: Counter[int] = Counter()
        last = self.last_use | dict.fromkeys(map(self.values.root, outputs), end)
        for name, until in last.items():
            size = self.values.size(name) or 0
            changes[self.makers.get(name, 0)] += size
            changes[until + 1] -= size
        held = most = 0
        for place in sorted(changes):
            held += changes[place]
            most = max(most, held)
        return most


def _uses(graph: onnx.GraphProto, todo: Sequence[Step], values: Values) -> Counter[str]:
    """How often each activation is read, the end of the network included."""
    uses: Counter[str] = Counter(values.root(value.name) for value in graph.output)
    for step in todo:
        uses.update(values.moving(step.node.input))
        uses.update(values.moving(_read_within(step.node)))
    return uses


def _read_within(node: onnx.NodeProto) -> Iterator[str]:
    """What the bodies of a node read, values of their own among it."""
    for graph in attribute_graphs(node):
        for inner in graph.node:
            yield from inner.input
            yield from _read_within(inner)


def _layout(node: onnx.NodeProto) -> bool:
    return any(one.name == "layout" and one.i for one in node.attribute)


def _as_product(operation: Operation) -> int | None:
    """The products of (m, k) times (k, n), which are the root of mk * kn * mn."""
    given = sorted(math.prod(shape) for shape in operation.inputs if shape is not None)
    if len(given) < 2 or not operation.outputs or operation.outputs[0] is None:
        return None
    return math.isqrt(given[-1] * given[-2] * math.prod(operation.outputs[0]))


def _dtype(values: Values) -> tuple[str, list[str]]:
    """The type that most parameters have, with a note where others have another."""
    kinds: Counter[str] = Counter()
    for size, kind in values.stored.values():
        kinds[_DTYPES.get(kind, "int8")] += size
    if not kinds:
        return "float32", []
    found = kinds.most_common()
    share = found[0][1] / max(1, sum(kinds.values()))
    mixed = len(found) > 1 and share < 0.99
    return found[0][0], [f"{share:.0%} of the parameters are {found[0][0]}"] if mixed else []
