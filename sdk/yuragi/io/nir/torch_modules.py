"""Modules of snnTorch and Norse as networks, with their reset rules and decays as they are.

The exporters of both frameworks leave out how a unit resets; here each module becomes a NIR node
whose metadata say it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.errors import DependencyError, UnsupportedError
from yuragi.io.nir.deciding import KEY
from yuragi.io.nir.dialects.table import DEFAULT_DT
from yuragi.io.nir.document import nir_module
from yuragi.io.nir.importing import from_nir
from yuragi.io.nir.torch_graph import PASSING, follow
from yuragi.network import Network

__all__ = ["from_torch"]

Array = NDArray[Any]
_RECURRENT = ("RLeaky", "RSynaptic")
_WRITERS = {"rockpool": "rockpool.nn.modules.torch.nir.to_nir", "sinabs": "sinabs.nir.to_nir"}
_KEEPS_ALL = 1e-12  # of a state that does not decay at all


def from_torch(
    module: Any, sample: Any, *, dt: float | None = None, spiking: bool = True
) -> Network:
    """The network of a PyTorch module of snnTorch or Norse units.

    module: a Sequential, or any module whose forward calls layers, adds what they send and flattens
        it; NIRTorch's tracer follows it.
    sample: one step of input with its batch, as the module takes it.
    dt: seconds of a step; by default that of Norse's cells, or 0.1 ms.
    spiking: inputs send spikes wherever a value is above 0.5; else the values themselves.
    Raises UnsupportedError with every layer that has no counterpart, DependencyError without
    nirtorch and the `nir` package.
    """
    for given, wanted in ((module, "children"), (sample, "shape")):
        if not hasattr(given, wanted):
            raise UnsupportedError(
                f"expected a PyTorch module and a tensor, found {type(given).__name__}"
            )
    table = _Table(dt)
    layers = list(_layers(module))
    refused = [f"{type(each).__name__}: {why}" for each in layers if (why := table.refuses(each))]
    if refused:
        raise UnsupportedError("\n".join(dict.fromkeys(refused)), refused)
    graph = _graph(module, sample, table)
    kinds = {_family(each) for each in layers} & {"norse", "snntorch"}
    if len(kinds) != 1:
        raise UnsupportedError(
            f"expected units of one framework, snnTorch or Norse; found {sorted(kinds) or 'none'}"
        )
    graph.metadata[KEY] = json.dumps({"dialect": kinds.pop(), "dt": table.dt})
    return from_nir(graph, spiking=spiking)


def _family(module: Any) -> str:
    return str(type(module).__module__.split(".")[0])


def _layers(module: Any) -> Iterator[Any]:
    """The modules that are layers, not containers."""
    children = list(module.children())
    if type(module).__name__ in (*_RECURRENT, *_MAPS) or not children:
        yield module
        return
    for child in children:
        yield from _layers(child)


def _graph(module: Any, sample: Any, table: _Table) -> Any:
    """The NIR graph: a chain for a Sequential, else what NIRTorch's tracer sees of the forward."""
    nir = nir_module("nir")
    chain = _sequence(module)
    if chain is not None:
        shape = np.array(tuple(sample.shape)[1:] or (1,))
        nodes = {"input": nir.Input(shape)}
        nodes |= {str(k): table.node(each) for k, each in enumerate(chain)}
        nodes["output"] = nir.Output(None)
        names = list(nodes)
        edges = list(pairwise(names))
        return nir.NIRGraph(nodes=nodes, edges=edges, type_check=False)
    try:
        tracer = nir_module("nirtorch.torch_tracer").NIRTorchTracer
    except DependencyError as missing:
        raise DependencyError(f"pip install 'yuragi[torch]' ({missing})") from None
    made = {
        "input": nir.Input(np.array(tuple(sample.shape)[1:] or (1,))),
        "flatten": nir.Flatten(input_type=None, start_dim=0, end_dim=-1),
        "output": nir.Output(None),
    }
    nodes, edges = {}, []
    for kind, name, layer, sources in follow(module, {type(e) for e in _layers(module)}, tracer):
        nodes[name] = made.get(kind) or table.node(layer)
        edges += [(source, name) for source in sources]
    return nir.NIRGraph(nodes=nodes, edges=edges, type_check=False)


def _sequence(module: Any) -> list[Any] | None:
    """The layers of Sequentials inside each other; None for any other module."""
    if type(module).__name__ not in ("Sequential", "SequentialState"):
        return [module] if type(module).__name__ in _MAPS else None
    found: list[Any] = []
    for child in module.children():
        inner = _sequence(child) if list(child.children()) else [child]
        if inner is None:
            return None
        found += [each for each in inner if type(each).__name__ not in PASSING]
    return found


def _numbers(tensor: Any) -> Array:
    return np.asarray(tensor.detach().cpu().numpy(), dtype=np.float64)


class _Table:
    """Layers as NIR nodes; remembers the step that Norse's cells were made for."""

    def __init__(self, dt: float | None) -> None:
        self._given = dt
        self.dt = DEFAULT_DT if dt is None else dt

    def refuses(self, module: Any) -> str | None:
        """Why a layer has no counterpart; None where it has one."""
        name = type(module).__name__
        if _family(module) in _WRITERS:
            return f"write a file with {_WRITERS[_family(module)]} and load that"
        if name not in (*_MAPS, *PASSING):
            return f"no kind of NIR; there are {', '.join(sorted(_MAPS))}"
        if _family(module) == "snntorch":
            if module.inhibition or module.state_quant:
                return "inhibition and state_quant have no counterpart"
            if float(module.graded_spikes_factor) != 1.0:
                return "graded_spikes_factor has no counterpart"
        elif hasattr(module, "dt") and self._given is None:
            self.dt = float(module.dt)
        return None

    def node(self, module: Any) -> Any:
        """The node of a layer; a graph for a recurrent one."""
        return _MAPS[type(module).__name__](nir_module("nir"), module, self.dt)


# -- layers of PyTorch ---------------------------------------------------------------------------


def _linear(nir: Any, module: Any, _dt: float) -> Any:
    weight = _numbers(module.weight)
    if module.bias is None:
        return nir.Linear(weight=weight)
    return nir.Affine(weight=weight, bias=_numbers(module.bias))


def _conv(nir: Any, module: Any, _dt: float) -> Any:
    axes = len(module.kernel_size)
    if module.padding_mode != "zeros":
        raise UnsupportedError(f"{type(module).__name__}: padding_mode {module.padding_mode!r}")
    bias = np.zeros(module.out_channels) if module.bias is None else _numbers(module.bias)
    pick: Callable[[Any], Any] = (lambda v: v[0]) if axes == 1 else tuple
    return getattr(nir, f"Conv{axes}d")(
        input_shape=None,
        weight=_numbers(module.weight),
        stride=pick(module.stride),
        padding=module.padding if isinstance(module.padding, str) else pick(module.padding),
        dilation=pick(module.dilation),
        groups=module.groups,
        bias=bias,
    )


def _pair(value: Any) -> Array:
    return np.array(value if isinstance(value, tuple) else (value, value))


def _average(nir: Any, module: Any, _dt: float) -> Any:
    if module.ceil_mode or not module.count_include_pad or module.divisor_override:
        raise UnsupportedError("AvgPool2d: ceil_mode, count_include_pad=False, divisor_override")
    stride = module.kernel_size if module.stride is None else module.stride
    return nir.AvgPool2d(
        kernel_size=_pair(module.kernel_size), stride=_pair(stride), padding=_pair(module.padding)
    )


def _flatten(nir: Any, _module: Any, _dt: float) -> Any:
    return nir.Flatten(input_type=None, start_dim=0, end_dim=-1)


# -- units of snnTorch ---------------------------------------------------------------------------


def _told(node: Any, reset: str) -> Any:
    node.metadata[KEY] = json.dumps({"reset": reset})
    return node


def _reset(module: Any, *, keeps_input: bool) -> str:
    """The reset in our words; `keeps_input`: whether a late reset to zero spares the new input.

    RSynaptic of snnTorch 1.0 resets within a step what it was given, not the state that it keeps.
    """
    kind = str(module.reset_mechanism)
    at_once = not module.reset_delay and type(module).__name__ != "RSynaptic"
    if kind == "none" or at_once or (kind == "zero" and keeps_input):
        return kind
    return f"{kind}_next"


def _time(decay: Any, dt: float) -> Array:
    """The time constant with which a forward Euler step keeps `decay`."""
    kept = np.clip(_numbers(decay), 0.0, 1.0)
    return np.asarray(dt / np.maximum(1.0 - kept, _KEEPS_ALL))


def _leaky(nir: Any, module: Any, dt: float) -> Any:
    tau = _time(module.beta, dt)
    values = _same_shape(tau=tau, r=tau / dt, v_threshold=_numbers(module.threshold))
    late = _reset(module, keeps_input=type(module).__name__ == "Leaky")
    return _told(nir.LIF(**values, **_zeros(values["tau"])), late)


def _synaptic(nir: Any, module: Any, dt: float) -> Any:
    membrane, synapse = _time(module.beta, dt), _time(module.alpha, dt)
    values = _same_shape(
        tau_mem=membrane,
        tau_syn=synapse,
        r=membrane / dt,
        w_in=synapse / dt,
        v_threshold=_numbers(module.threshold),
    )
    return _told(nir.CubaLIF(**values, **_zeros(values["r"])), _reset(module, keeps_input=False))


def _same_shape(**values: Array) -> dict[str, Array]:
    shape = np.broadcast_shapes(*(value.shape for value in values.values()))
    return {name: np.broadcast_to(value, shape).copy() for name, value in values.items()}


def _zeros(like: Array) -> dict[str, Array]:
    return {"v_leak": np.zeros_like(like), "v_reset": np.zeros_like(like)}


def _with_feedback(unit: Callable[[Any, Any, float], Any]) -> Callable[[Any, Any, float], Any]:
    def made(nir: Any, module: Any, dt: float) -> Any:
        if module.all_to_all:
            back = _MAPS[type(module.recurrent).__name__](nir, module.recurrent, dt)
        else:
            back = nir.Scale(scale=_numbers(module.recurrent.V))
        nodes = {
            "input": nir.Input(None), "lif": unit(nir, module, dt), "w_rec": back,
            "output": nir.Output(None),
        }  # fmt: skip
        edges = [("input", "lif"), ("lif", "w_rec"), ("w_rec", "lif"), ("lif", "output")]
        return nir.NIRGraph(nodes=nodes, edges=edges, type_check=False)

    return made


# -- cells of Norse ------------------------------------------------------------------------------


def _lif_box(nir: Any, module: Any, _dt: float) -> Any:
    p = module.p
    reset = "subtract" if p.reset_method.__name__ == "reset_subtract" else "zero"
    return _told(nir.LIF(**_norse(p, "tau"), v_threshold=_numbers(p.v_th)), _checked(p, reset))


def _li_box(nir: Any, module: Any, _dt: float) -> Any:
    return nir.LI(**_norse(module.p, "tau"))


def _lif_cell(nir: Any, module: Any, dt: float) -> Any:
    """Its current takes in the whole input, is used, and then decays."""
    p = module.p
    synapse = 1.0 / _numbers(p.tau_syn_inv)
    if np.any(_numbers(p.v_leak) != 0):
        raise UnsupportedError("LIFCell: v_leak other than 0 has no counterpart")
    node = nir.CubaLIF(
        **_norse(p, "tau_mem"),
        tau_syn=synapse,
        w_in=synapse / dt,
        v_threshold=_numbers(p.v_th),
    )
    return _told(node, _checked(p, "zero"))


def _iaf(nir: Any, module: Any, _dt: float) -> Any:
    threshold = _numbers(module.p.v_th)
    node = nir.IF(r=np.ones_like(threshold), v_threshold=threshold)
    return _told(node, _checked(module.p, "zero"))


def _norse(p: Any, tau: str) -> dict[str, Array]:
    membrane = 1.0 / _numbers(p.tau_mem_inv)
    leak = np.broadcast_to(_numbers(p.v_leak), membrane.shape).copy()
    return {tau: membrane, "r": np.ones_like(membrane), "v_leak": leak}


def _checked(p: Any, reset: str) -> str:
    if reset == "zero" and np.any(_numbers(p.v_reset) != 0):
        raise UnsupportedError("a cell of Norse with v_reset other than 0 has no counterpart")
    return reset


_MAPS: Mapping[str, Callable[[Any, Any, float], Any]] = {
    "AvgPool2d": _average,
    "Conv1d": _conv,
    "Conv2d": _conv,
    "Flatten": _flatten,
    "IAFCell": _iaf,
    "LIBoxCell": _li_box,
    "LIFBoxCell": _lif_box,
    "LIFCell": _lif_cell,
    "Leaky": _leaky,
    "Linear": _linear,
    "RLeaky": _with_feedback(_leaky),
    "RSynaptic": _with_feedback(_synaptic),
    "Synaptic": _synaptic,
}
