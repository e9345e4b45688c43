"""A graph as `network.yaml` and `arrays.npz` in a folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.arrays import write_arrays
from yuragi.dynamics import Dynamics
from yuragi.errors import GraphError, UnsupportedError
from yuragi.graph import Edge, Graph, Node, Origin
from yuragi.placement import Placement
from yuragi.plasticity import Plasticity
from yuragi.wiring.chain import Chain
from yuragi.wiring.convolution import Convolution
from yuragi.wiring.maps import Columns, Dense, LinearMap, Sparse
from yuragi.wiring.packed import Packed
from yuragi.yaml_text import yaml_text

__all__ = ["ARRAYS", "LARGEST_YAML", "NETWORK", "write_graph"]

NETWORK = "network.yaml"
ARRAYS = "arrays.npz"
LARGEST_YAML = 1 << 24

Array = NDArray[Any]
Plain = dict[str, Any]


def write_graph(folder: Path, graph: Graph) -> None:
    """Write both files into an existing folder.

    Raises UnsupportedError for weights without a form on disk, GraphError for a network whose
    description would be too long to be read again.
    """
    arrays: dict[str, Array] = {}
    text = yaml_text(_graph(graph, arrays))
    if len(text.encode()) > LARGEST_YAML:
        raise GraphError(f"the description takes more than {LARGEST_YAML:,} bytes without arrays")
    (folder / NETWORK).write_text(text, encoding="utf-8")
    write_arrays(folder / ARRAYS, arrays)


def _graph(graph: Graph, arrays: dict[str, Array]) -> Plain:
    data: Plain = {"yuragi": 1, "seed": int(graph.seed)}
    if graph.dt is not None:
        data["dt"] = float(graph.dt)
    data["populations"] = [
        _node(node, f"populations.{k}", arrays) for k, node in enumerate(graph.nodes)
    ]
    data["projections"] = [
        _edge(edge, f"projections.{k}", arrays) for k, edge in enumerate(graph.edges)
    ]
    data["stimulus"] = []
    for k, stimulus in enumerate(graph.stimuli):
        name = f"stimulus.{k}"
        arrays[name] = stimulus.values
        data["stimulus"].append({"to": stimulus.target, "port": stimulus.port, "values": name})
    data["probes"] = [
        {"population": p.node, "variable": p.variable, "every": p.every} for p in graph.probes
    ]
    if graph.placement is not None:
        data["placement"] = _placement(graph, graph.placement, arrays)
    if graph.origin is not None:
        data["origin"] = _origin(graph.origin, arrays)
    return data


def _origin(origin: Origin, arrays: dict[str, Array]) -> Plain:
    kept: dict[str, dict[str, str]] = {}
    for k, ((population, parameter), values) in enumerate(origin.kept.items()):
        kept.setdefault(population, {})[parameter] = f"origin.{k}"
        arrays[f"origin.{k}"] = values
    return {
        "format": origin.format,
        "version": origin.version,
        "dialect": origin.dialect,
        "notes": list(origin.notes),
        "names": dict(origin.names),
        "shapes": {name: list(shape) for name, shape in origin.shapes.items()},
        "outputs": dict(origin.outputs),
        "paths": [list(path) for path in origin.paths],
        "kept": kept,
    }


def _node(node: Node, place: str, arrays: dict[str, Array]) -> Plain:
    return {
        "name": node.name,
        "size": int(node.size),
        "dynamics": _dynamics(node.dynamics, f"{place}.tables", arrays),
        "parameters": _values(node.parameters, f"{place}.parameters", arrays),
        "initial": _values(node.initial, f"{place}.initial", arrays),
        "scales": {name: float(scale) for name, scale in node.scales.items()},
        "latency": node.latency,
    }


def _dynamics(dynamics: Dynamics, place: str, arrays: dict[str, Array]) -> Plain:
    data: Plain = {
        "name": dynamics.name,
        "equations": dynamics.equations,
        "ports": list(dynamics.ports),
        "output": dynamics.output,
        "threshold": dynamics.threshold,
        "reset": dynamics.reset,
        "refractory": dynamics.refractory,
        "parameters": {name: _number(value) for name, value in dynamics.parameters.items()},
        "initial": {name: _number(value) for name, value in dynamics.initial.items()},
        "method": dynamics.method,
        "number": dynamics.number,
        "tables": _tables(dynamics.tables, place, arrays),
        "tallies": dict(dynamics.tallies) or None,
        "spike_register": dynamics.spike_register or None,
    }
    return {key: value for key, value in data.items() if value is not None}


def _tables(tables: Mapping[str, tuple[int, ...]], place: str, arrays: dict[str, Array]) -> Plain:
    for name, table in tables.items():
        arrays[f"{place}.{name}"] = np.array(table, dtype=np.int64)
    return {name: f"{place}.{name}" for name in tables}


def _number(value: float) -> int | float:
    return float(value) if isinstance(value, float) else int(value)


def _values(values: Mapping[str, Array], place: str, arrays: dict[str, Array]) -> Plain:
    """Single float64 and int64 values as numbers, which is exact; all else as arrays."""
    data: Plain = {}
    for name, value in values.items():
        if value.ndim == 0 and value.dtype in (np.float64, np.int64):
            data[name] = value.item()
        else:
            data[name] = f"{place}.{name}"
            arrays[f"{place}.{name}"] = value
    return data


def _edge(edge: Edge, place: str, arrays: dict[str, Array]) -> Plain:
    return {
        "from": edge.source,
        "to": edge.target,
        "port": edge.port,
        "weights": _weights(edge.weights, place, arrays),
        "delay": edge.delay,
        "shift": int(edge.shift),
        "scale": float(edge.scale),
        **({} if edge.sign == "mixed" else {"sign": edge.sign}),
        **({"cut": edge.cut} if edge.cut else {}),
        **_plasticity(edge.plasticity, f"{place}.tables", arrays),
    }


def _plasticity(rule: Plasticity | None, place: str, arrays: dict[str, Array]) -> Plain:
    if rule is None:
        return {}
    described = {
        "name": rule.name,
        "equations": rule.equations,
        "reads": list(rule.reads),
        "parameters": {name: _number(value) for name, value in rule.parameters.items()},
        "initial": {name: _number(value) for name, value in rule.initial.items()},
        "number": rule.number,
        "tables": _tables(rule.tables, place, arrays),
        "scales": {name: float(scale) for name, scale in rule.scales.items()},
        **({"tallies": dict(rule.tallies)} if rule.tallies else {}),
    }
    return {"plasticity": described}


def _weights(weights: LinearMap, place: str, arrays: dict[str, Array]) -> Plain:
    if type(weights) not in _WRITERS:
        raise UnsupportedError(f"weights of type {type(weights).__name__} have no form on disk")
    return _WRITERS[type(weights)](weights, place, arrays)


def _dense(weights: Any, place: str, arrays: dict[str, Array]) -> Plain:
    arrays[f"{place}.w"] = weights.w
    return {"dense": f"{place}.w"}


def _sparse(weights: Any, place: str, arrays: dict[str, Array]) -> Plain:
    for part in ("data", "indices", "indptr"):
        arrays[f"{place}.{part}"] = getattr(weights.matrix, part)
    return {"sparse": place, "shape": list(weights.shape)}


def _convolution(weights: Any, place: str, arrays: dict[str, Array]) -> Plain:
    arrays[f"{place}.kernel"] = weights.kernel
    geometry: Plain = {
        "kernel": f"{place}.kernel",
        "size": list(weights.size),
        "stride": list(weights.stride),
        "padding": [list(pair) for pair in weights.padding],
        "dilation": list(weights.dilation),
        "groups": weights.groups,
    }
    return {"convolution": geometry}


def _chain(weights: Any, place: str, arrays: dict[str, Array]) -> Plain:
    parts = [_weights(part, f"{place}.{k}", arrays) for k, part in enumerate(weights.parts)]
    return {"chain": parts}


def _columns(weights: LinearMap, place: str, arrays: dict[str, Array]) -> Plain:
    return _sparse(Sparse(weights.csr()), place, arrays)


_WRITERS: Mapping[type, Callable[[Any, str, dict[str, Array]], Plain]] = {
    Chain: _chain,
    Columns: _columns,
    Convolution: _convolution,
    Dense: _dense,
    Packed: _columns,
    Sparse: _sparse,
}


def _placement(graph: Graph, placement: Placement, arrays: dict[str, Array]) -> Plain:
    index = {node.name: k for k, node in enumerate(graph.nodes)}
    rows = [(index[part.node], part.first, part.stop) for part in placement.parts]
    arrays["placement.parts"] = np.array(rows, dtype=np.int64).reshape(-1, 3)
    mesh = placement.mesh
    data: Plain = {
        "mesh": {
            "width": mesh.width,
            "height": mesh.height,
            "cores_per_tile": mesh.cores_per_tile,
        },
        "parts": "placement.parts",
    }
    if placement.cores:
        data["cores"] = "placement.cores"
        arrays["placement.cores"] = np.array(placement.cores, dtype=np.int64)
    if placement.multicast:
        data["multicast"] = True
    if placement.order:
        data["order"] = {name: f"placement.order.{index[name]}" for name in placement.order}
    for name, units in placement.order.items():
        arrays[f"placement.order.{index[name]}"] = np.asarray(units, dtype=np.int64)
    return data
