"""How many products the bodies of branches and loops hold, as far as that can be told."""

from __future__ import annotations

import onnx

from yuragi.power.exchange.network import Values
from yuragi.power.exchange.operators import Operation, UnsizedError, covered
from yuragi.power.exchange.reading import attribute_graphs

__all__ = ["body_macs"]


def body_macs(node: onnx.NodeProto, outer: Values) -> int | None:
    """The larger branch, or one pass of a loop; for a scan, a pass for each element.

    None where a body has an operator whose products are not known.
    """
    found = [_graph_macs(graph, outer) for graph in attribute_graphs(node)]
    known = [macs for macs in found if macs is not None]
    if not found or len(known) < len(found):
        return None
    return max(known) * (_passes(node, outer) if node.op_type == "Scan" else 1)


def _passes(node: onnx.NodeProto, outer: Values) -> int:
    """How many elements a scan goes over: the first size of its last input."""
    shape = outer.shapes.get(node.input[-1]) if node.input else None
    return shape[0] if shape else 1


def _graph_macs(graph: onnx.GraphProto, outer: Values) -> int | None:
    values = Values(shapes=dict(outer.shapes))
    values.read(graph)
    total = 0
    for node in graph.node:
        rule = covered(node.domain, node.op_type)
        if rule is None:
            inner = body_macs(node, values)
            if inner is None:
                return None
            total += inner
            continue
        operation = Operation(
            kind=node.op_type,
            inputs=tuple(values.shapes.get(name) if name else None for name in node.input),
            outputs=tuple(values.shapes.get(name) for name in node.output),
            attributes={one.name: onnx.helper.get_attribute_value(one) for one in node.attribute},
        )
        try:
            total += rule(operation)[0]
        except UnsizedError:
            return None
    return total
