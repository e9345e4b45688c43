"""Networks drawn at random, in snnTorch and Norse and here: no spike differs."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import yuragi as yg
from yuragi.errors import UnsupportedError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    torch = pytest.importorskip("torch", reason="needs PyTorch: make torch")
    snn = pytest.importorskip("snntorch", reason="needs snnTorch: make torch")
    pytest.importorskip("norse.torch", reason="needs Norse: make torch")
    nir = pytest.importorskip("nir", reason="needs the extra nir")

torch.set_num_threads(1)
pytestmark = pytest.mark.filterwarnings("ignore")
STEPS = 25


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    torch.manual_seed(0)
    yield
    snn.SpikingNeuron.instances.clear()


class Drawn(torch.nn.Module):
    """A convolution, a mean, a recurrent layer, and a connection that skips it."""

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__()
        self.conv = torch.nn.Conv2d(
            2, 4, (3, int(rng.integers(1, 4))), stride=(int(rng.integers(1, 3)), 1),
            padding=int(rng.integers(0, 2)), dilation=(1, int(rng.integers(1, 3))),
            groups=int(rng.choice([1, 2])), bias=bool(rng.integers(2)),
        )  # fmt: skip
        self.first = self.unit(rng, "Leaky", "Synaptic")
        self.pool = torch.nn.AvgPool2d(2, stride=int(rng.integers(1, 3)))
        size = self.pool(self.conv(torch.zeros(1, 2, 9, 9))).numel()
        self.narrow = torch.nn.Linear(size, 8)
        self.middle = self.unit(rng, "RLeaky", "RSynaptic", linear_features=8)
        self.wide = torch.nn.Linear(8, 8, bias=False)
        self.rest = torch.nn.Dropout()
        self.output = self.unit(rng, "Leaky", "Synaptic")
        with torch.no_grad():
            for layer in (self.conv, self.narrow, self.wide):
                layer.weight *= 3.0

    @staticmethod
    def unit(rng: np.random.Generator, *kinds: str, **more: Any) -> Any:
        kind = str(rng.choice(kinds))
        given = {"beta": float(rng.uniform(0.4, 0.95)), "threshold": float(rng.uniform(0.5, 1.2))}
        if "Synaptic" in kind:
            given["alpha"] = float(rng.uniform(0.2, 0.8))
        # RSynaptic of snnTorch 1.0 fails where it resets within the step and keeps its own state.
        late = kind == "RSynaptic" or bool(rng.integers(2))
        reset = str(rng.choice(["subtract", "zero", "none"]))
        return getattr(snn, kind)(
            reset_mechanism=reset, reset_delay=late, init_hidden=True, **given, **more
        )

    def forward(self, x: Any) -> Any:
        x = self.narrow(torch.flatten(self.pool(self.first(self.conv(x))), 1))
        spikes = self.middle(x)
        return self.output(self.wide(self.rest(spikes)) + spikes)


def spikes_of(net: Any, frames: Any, *names: str) -> dict[str, np.ndarray]:
    """What units send.  shape (steps, units)"""
    kept: dict[str, list[Any]] = {name: [] for name in names}
    for name in names:
        net.get_submodule(name).register_forward_hook(
            lambda _m, _i, out, name=name: kept[name].append(out.detach().reshape(-1).numpy())
        )
    with torch.no_grad():
        for frame in frames:
            net(frame[None])
    return {name: np.array(each) for name, each in kept.items()}


@pytest.mark.parametrize("seed", range(8))
def test_a_network_drawn_at_random_spikes_as_in_snntorch(seed: int) -> None:
    rng = np.random.default_rng(seed)
    net = Drawn(rng).eval()
    frames = torch.from_numpy((rng.random((STEPS, 2, 9, 9)) < 0.3).astype(np.float32))
    network = yg.from_torch(net, frames[:1])
    expected = spikes_of(net, frames, "first", "middle", "output")

    program = yg.compile(network, backend="reference")
    found = program.run({"input": frames.numpy().reshape(STEPS, -1)}, steps=STEPS)

    assert sum(each.sum() for each in expected.values()) > 100
    for name, unit in (("first", "first"), ("middle", "middle_lif"), ("output", "output_")):
        here = found.spikes(unit)
        assert int((here != expected[name]).sum()) == 0, name


def test_a_reset_within_the_step_of_rsynaptic_is_the_one_that_snntorch_makes() -> None:
    unit = snn.RSynaptic(alpha=0.5, beta=0.8, linear_features=6, reset_mechanism="zero",
                         reset_delay=False)  # fmt: skip
    frames = torch.rand(STEPS, 1, 6)
    states, expected = (torch.zeros(1, 6),) * 3, []
    with torch.no_grad():
        for frame in frames:
            states = unit(frame, *states)
            expected.append(states[0][0].numpy())

    network = yg.from_torch(torch.nn.Sequential(unit), frames[0], spiking=False)
    found = yg.compile(network, backend="reference").run(
        {"input": frames[:, 0].numpy()}, steps=STEPS
    )

    assert np.sum(expected) > 20
    assert int((found.spikes("0_lif") != np.array(expected)).sum()) == 0


class Plain(torch.nn.Module):
    """What a forward may do with a layer and a unit."""

    def __init__(self, use: Any) -> None:
        super().__init__()
        self.layer, self.unit = torch.nn.Linear(4, 4), snn.Leaky(beta=0.5, init_hidden=True)
        self.use = use

    def forward(self, x: Any) -> Any:
        return self.use(self, x)


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda net, x: net.unit(torch.relu(net.layer(x))), "relu: no layer; a forward may call"),
        (lambda net, x: net.unit(2 * net.layer(x)), "mul: no layer"),
        (lambda net, x: net.unit(net.layer(x) + 1), "1 is no signal"),
        (lambda net, x: net.unit(net.layer(x) + x + x), "the same signal twice"),
        (lambda net, x: net.unit(net.unit(x)), "unit is used twice, with one state for both"),
        (lambda net, x: net.unit(x) if x.sum() > 1 else x, "its forward cannot be followed"),
    ],
)
def test_a_forward_that_does_more_than_layers_is_refused_by_what_it_does(
    use: Any, message: str
) -> None:
    with pytest.raises(UnsupportedError, match=message):
        yg.from_torch(Plain(use), torch.zeros(1, 4))


def test_a_module_of_no_units_is_refused_and_so_is_what_is_no_module() -> None:
    rate = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU())

    with pytest.raises(UnsupportedError, match="ReLU: no kind of NIR"):
        yg.from_torch(rate, torch.zeros(1, 4))
    with pytest.raises(UnsupportedError, match="expected a PyTorch module and a tensor, found str"):
        yg.from_torch("net", torch.zeros(1, 4))


RECORDS = Path(__file__).parents[1] / "recorded_nir"


@pytest.mark.parametrize(
    ("name", "shape"), [("norse_images", (1, 2, 9, 8)), ("snntorch_images", (1, 2, 9, 8))]
)
def test_what_we_write_spikes_in_the_reader_of_the_framework(
    name: str, shape: tuple[int, ...], tmp_path: Path
) -> None:
    from norse.torch.utils.import_nir import from_nir
    from snntorch.import_nir import import_from_nir

    recorded = dict(np.load(RECORDS / f"{name}.npz"))
    (tmp_path / "first.nir").write_bytes(recorded.pop("graph").tobytes())
    events = recorded.pop("input")
    network = yg.load(tmp_path / "first.nir", dialect=name.partition("_")[0])
    yg.to_nir(network, tmp_path / "second.nir")
    written = nir.read(tmp_path / "second.nir", type_check=False)
    module = from_nir(written, dt=1e-4) if "norse" in name else import_from_nir(written)
    frames = torch.from_numpy(events.reshape(-1, *shape).astype(np.float32))
    kept: dict[str, list[Any]] = {node: [] for node in recorded}
    for node in recorded:
        module.get_submodule(node).register_forward_hook(
            lambda _m, _i, out, node=node: kept[node].append(
                (out[0] if isinstance(out, tuple) else out).detach().reshape(-1).numpy().copy()
            )
        )
    state = None
    with torch.no_grad():
        for frame in frames:
            out = module(frame, state)
            state = out[1] if isinstance(out, tuple) else None

    for node, expected in recorded.items():
        assert int((np.array(kept[node]) != expected).sum()) == 0, node
