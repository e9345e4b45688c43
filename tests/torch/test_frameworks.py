"""Trained networks of snnTorch and Norse: the same spikes here, and in their own readers of NIR.

They need PyTorch, which `make test` installs where pip finds its build for CPUs.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from itertools import pairwise
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
    norse = pytest.importorskip("norse.torch", reason="needs Norse: make torch")
    nir = pytest.importorskip("nir", reason="needs the extra nir")

torch.set_num_threads(1)
pytestmark = pytest.mark.filterwarnings("ignore")
STEPS = 25
LABELS = 3


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    torch.manual_seed(0)
    yield
    snn.SpikingNeuron.instances.clear()


def images(trials: int = 6) -> tuple[Any, Any]:
    """Moving bars in three directions as events, (steps, trials, 2, 8, 8), and their labels."""
    rng = np.random.default_rng(0)
    frames = np.zeros((STEPS, trials, 2, 8, 8), dtype=np.float32)
    labels = np.arange(trials) % LABELS
    for trial, label in enumerate(labels):
        for step in range(STEPS):
            row = (step // 2 + trial) % 8
            where = [(row, slice(None)), (slice(None), row), (row, row)][label]
            frames[step, trial, step % 2][where] = 1.0
    frames[rng.random(frames.shape) < 0.05] = 1.0
    return torch.from_numpy(frames), torch.from_numpy(labels)


def network(reset: str, *, late: bool, recurrent: str) -> Any:
    """A convolution, a mean over windows, a recurrent layer, a current-based layer at the end."""
    unit = {"reset_mechanism": reset, "reset_delay": late, "init_hidden": True}
    middle = {
        "RLeaky": lambda: snn.RLeaky(beta=0.8, linear_features=10, **unit),
        "RSynaptic": lambda: snn.RSynaptic(alpha=0.6, beta=0.8, linear_features=10, **unit),
        "one to one": lambda: snn.RLeaky(
            beta=0.8, all_to_all=False, V=torch.linspace(-0.5, 0.5, 10), **unit
        ),
    }[recurrent]
    net = torch.nn.Sequential(
        torch.nn.Conv2d(2, 4, 3, stride=1, padding=1),
        snn.Leaky(beta=torch.linspace(0.5, 0.9, 4 * 64).reshape(4, 8, 8), **unit),
        torch.nn.AvgPool2d(2),
        torch.nn.Conv2d(4, 6, (3, 2), bias=False),
        snn.Leaky(beta=0.7, threshold=0.7, **unit),
        torch.nn.Flatten(),
        torch.nn.Linear(6 * 2 * 3, 10),
        middle(),
        torch.nn.Linear(10, LABELS, bias=False),
        snn.Synaptic(alpha=0.5, beta=0.9, **unit),
    )
    with torch.no_grad():
        for layer in (net[0], net[3], net[6], net[8]):
            layer.weight *= 3.0  # so that every layer spikes before it is trained
    return net


def run(net: Any, frames: Any) -> list[np.ndarray]:
    """The spikes of every spiking layer.  shape (trials, steps, units)"""
    spiking = [m for m in net if isinstance(m, snn.SpikingNeuron)]
    kept: dict[int, list[Any]] = {k: [] for k in range(len(spiking))}
    hooks = [
        unit.register_forward_hook(lambda _m, _i, out, k=k: kept[k].append(out.detach().clone()))
        for k, unit in enumerate(spiking)
    ]
    forget(net)
    with torch.no_grad():
        for frame in frames:
            net(frame)
    for hook in hooks:
        hook.remove()
    forget(net)
    return [torch.stack(each, 1).flatten(2).numpy() for each in kept.values()]


def forget(net: Any) -> None:
    """Start from the beginning."""
    for module in net.modules():
        for state in ("mem", "syn", "spk"):
            if isinstance(getattr(module, state, None), torch.Tensor):
                setattr(module, state, torch.zeros(0))


def train(net: Any, frames: Any, labels: Any, epochs: int = 2) -> list[float]:
    optimiser = torch.optim.Adam(net.parameters(), lr=5e-3)
    losses = []
    for _ in range(epochs):
        forget(net)
        counts = sum(net(frame) for frame in frames)
        loss = torch.nn.functional.cross_entropy(counts, labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    forget(net)
    return losses


def ours(network_: yg.Network, frames: Any) -> list[np.ndarray]:
    values = frames.numpy().swapaxes(0, 1).reshape(frames.shape[1], STEPS, -1)
    program = yg.compile(network_, backend="reference")
    recording = program.run({"input": values}, steps=STEPS)
    names = [node.name for node in network_.graph().nodes if node.dynamics.name.startswith("nir_")]
    return [recording.spikes(name).reshape(len(values), STEPS, -1) for name in names]


@pytest.mark.parametrize(
    ("reset", "recurrent"),
    [
        ("subtract", "RLeaky"),
        ("zero", "RLeaky"),
        ("none", "RLeaky"),
        ("zero", "RSynaptic"),
        ("subtract", "one to one"),
    ],
)
def test_a_trained_snntorch_network_spikes_the_same_here(
    reset: str, recurrent: str, tmp_path: Path
) -> None:
    frames, labels = images()
    net = network(reset, late=True, recurrent=recurrent)
    before, *_, after = train(net, frames, labels)
    expected = run(net, frames)
    imported = yg.from_torch(net, frames[0])
    yg.to_nir(imported, tmp_path / "trained.nir")

    found = ours(imported, frames)
    again = ours(yg.load(tmp_path / "trained.nir"), frames)

    assert after != before
    assert sum(each.sum() for each in expected) > 200
    assert len(found) == 4
    for wanted, here, reread in zip(expected, found, again, strict=True):
        assert int((wanted != here).sum()) == 0
        assert int((wanted != reread).sum()) == 0


@pytest.mark.parametrize("reset", ["subtract", "zero", "none"])
def test_a_reset_within_the_step_is_carried_too(reset: str) -> None:
    frames, _ = images(6)
    net = network(reset, late=False, recurrent="RLeaky")
    expected = run(net, frames)

    found = ours(yg.from_torch(net, frames[0]), frames)

    for wanted, here in zip(expected, found, strict=True):
        assert int((wanted != here).sum()) == 0


@pytest.mark.parametrize("kind", ["Leaky", "Synaptic"])
def test_an_input_that_is_the_threshold_itself_is_no_spike_here_either(kind: str) -> None:
    decays = torch.linspace(0.35, 0.95, 64)
    unit = {"beta": decays, "reset_mechanism": "zero", "init_hidden": True}
    if kind == "Synaptic":
        unit["alpha"] = decays.flip(0)
    frames = (torch.rand(STEPS, 2, 64) < 0.3).float()
    net = torch.nn.Sequential(getattr(snn, kind)(threshold=1.0, **unit))
    (expected,) = run(net, frames)

    (found,) = ours(yg.from_torch(net, frames[0]), frames)

    assert expected.sum() > 100
    assert int((expected != found).sum()) == 0


@pytest.mark.parametrize("reset", ["subtract", "zero", "none"])
def test_a_file_of_snntorchs_own_exporter_is_read_with_the_reset_told(
    reset: str, tmp_path: Path
) -> None:
    from snntorch.export_nir import export_to_nir

    frames, _ = images(6)
    flat = frames.flatten(2)
    unit = {"reset_mechanism": reset, "init_hidden": True}
    net = torch.nn.Sequential(
        torch.nn.Linear(128, 20),
        snn.Leaky(beta=torch.full((20,), 0.8), threshold=torch.ones(20), **unit),
        torch.nn.Linear(20, 10),
        snn.RLeaky(beta=0.8, linear_features=10, **unit),
    )
    expected = run(net, flat)
    graph = export_to_nir(net, flat[0, :1], ignore_dims=[0])
    nir.write(tmp_path / "theirs.nir", graph)
    kinds = {"subtract": "subtract_next", "zero": "zero_next", "none": "none"}

    network_ = yg.load(tmp_path / "theirs.nir", dialect="snntorch", reset=kinds[reset])
    first = yg.load(tmp_path / "theirs.nir", dialect="snntorch", reset={"1": reset})

    assert network_.origin is not None
    found = ours(network_, flat)
    if reset != "zero":  # Leaky spares the input of the step after a spike, RLeaky does not
        assert [int((a != b).sum()) for a, b in zip(expected, found, strict=True)] == [0, 0]
    else:
        assert int((expected[1] != ours(_mixed(tmp_path), flat)[1]).sum()) == 0
    del first


def _mixed(folder: Path) -> yg.Network:
    resets = {"1": "zero", "3.lif": "zero_next"}
    return yg.load(folder / "theirs.nir", dialect="snntorch", reset=resets)


@pytest.mark.parametrize("reset", ["zero", "subtract"])
def test_a_norse_network_spikes_the_same_here(reset: str) -> None:
    from norse.torch.functional.reset import reset_subtract, reset_value

    frames, _ = images(6)
    method = reset_subtract if reset == "subtract" else reset_value
    box = norse.LIFBoxParameters(tau_mem_inv=torch.tensor(300.0), reset_method=method)
    net = norse.SequentialState(
        torch.nn.Conv2d(2, 4, 3),
        norse.LIFBoxCell(box._replace(v_th=torch.tensor(0.05))),
        torch.nn.Flatten(),
        torch.nn.Linear(144, 10),
        norse.LIFCell(norse.LIFParameters(v_th=torch.tensor(0.2))),
    )
    expected, state = [], None
    with torch.no_grad():
        for frame in frames:
            out, state = net(frame, state)
            expected.append(out.to_dense() if out.is_sparse else out)
    network_ = yg.from_torch(net, frames[0])

    found = ours(network_, frames)[-1]

    assert network_.dt == 1e-3
    wanted = torch.stack(expected, 1).numpy()
    assert wanted.sum() > 50
    assert int((wanted != found).sum()) == 0


def test_what_we_write_opens_in_snntorch_and_norse_and_spikes_there(tmp_path: Path) -> None:
    from norse.torch.utils.import_nir import from_nir as norse_from_nir
    from snntorch.import_nir import import_from_nir

    rng = np.random.default_rng(1)
    graph = nir.NIRGraph(
        {
            "input": nir.Input(np.array([16])),
            "fc1": nir.Affine(rng.normal(0, 6, (12, 16)), rng.normal(0, 1, 12)),
            "lif1": nir.LIF(
                tau=np.full(12, 1e-3), r=np.full(12, 1.0), v_leak=np.zeros(12),
                v_threshold=np.full(12, 1.0),
            ),
            "fc2": nir.Linear(rng.normal(0, 8, (12, 12))),
            "lif2": nir.LIF(
                tau=np.full(12, 5e-4), r=np.full(12, 1.0), v_leak=np.zeros(12),
                v_threshold=np.full(12, 1.0),
            ),
            "output": nir.Output(np.array([12])),
        },
        [("input", "fc1"), ("fc1", "lif1"), ("lif1", "fc2"), ("fc2", "lif2"), ("lif2", "output")],
    )  # fmt: skip
    raster = (rng.random((STEPS, 16)) < 0.4).astype(np.float32)
    for dialect in ("snntorch", "norse"):
        path = tmp_path / f"{dialect}.nir"
        network_ = yg.from_nir(graph, dialect=dialect)
        yg.to_nir(network_, path)
        module = (
            import_from_nir(nir.read(path))
            if dialect == "snntorch"
            else norse_from_nir(nir.read(path), dt=1e-4)
        )
        state, theirs = None, []
        with torch.no_grad():
            for frame in torch.from_numpy(raster):
                out = module(frame[None], state)
                spikes, state = out if isinstance(out, tuple) else (out, None)
                theirs.append(spikes[0].numpy())
        here = (
            yg.compile(network_, backend="reference")
            .run({"input": raster}, steps=STEPS)
            .spikes("lif2")
        )

        assert here.sum() > 20
        assert int((here != np.array(theirs)).sum()) == 0, dialect


def test_norse_runs_a_recurrent_convolutional_file_with_the_same_spikes(tmp_path: Path) -> None:
    from norse.torch.utils.import_nir import from_nir as norse_from_nir

    rng = np.random.default_rng(0)
    image = np.ones((4, 4, 6), dtype=np.float32)
    cells = np.ones(12, dtype=np.float32)
    nodes = {
        "input": nir.Input(np.array([1, 2, 8, 8])),
        "conv": nir.Conv2d(
            input_shape=(8, 8), weight=rng.normal(0, 6, (4, 2, 3, 3)), stride=(2, 1),
            padding=(1, 0), dilation=(1, 1), groups=1, bias=rng.normal(0, 1, 4),
        ),
        "lif1": nir.LIF(tau=1e-3 * image, r=image, v_leak=0 * image, v_threshold=image),
        "flat": nir.Flatten(np.array([1, 4, 4, 6]), start_dim=1, end_dim=-1),
        "fc": nir.Affine(rng.normal(0, 3, (12, 96)), rng.normal(0, 1, 12)),
        "cuba": nir.CubaLIF(
            tau_syn=5e-4 * cells, tau_mem=1e-3 * cells, r=2 * cells, v_leak=0 * cells,
            v_threshold=0.3 * cells, w_in=1.5 * cells,
        ),
        "w_rec": nir.Affine(rng.normal(0, 1, (12, 12)), rng.normal(0, 1, 12)),
        "fc2": nir.Affine(rng.normal(0, 3, (5, 12)), rng.normal(0, 1, 5)),
        "last": nir.IF(r=cells[:5], v_threshold=4 * cells[:5]),
        "output": nir.Output(np.array([1, 5])),
    }  # fmt: skip
    names = [name for name in nodes if name != "w_rec"]
    edges = [("cuba", "w_rec"), ("w_rec", "cuba"), *pairwise(names)]
    nir.write(tmp_path / "first.nir", nir.NIRGraph(nodes, edges, type_check=False))
    network_ = yg.load(tmp_path / "first.nir", dialect="norse")
    yg.to_nir(network_, tmp_path / "second.nir")
    frames = (rng.random((STEPS, 1, 2, 8, 8)) < 0.3).astype(np.float32)
    program = yg.compile(network_, backend="reference")
    here = program.run({"input": frames.reshape(STEPS, -1)}, steps=STEPS)

    for file in ("first", "second"):
        module = norse_from_nir(nir.read(tmp_path / f"{file}.nir", type_check=False), dt=1e-4)
        state, hidden, last = None, [], []
        with torch.no_grad():
            for frame in torch.from_numpy(frames):
                out, state = module(frame, state)
                last.append(out.reshape(-1).numpy())
                hidden.append(state.cache["cuba"].reshape(-1).numpy())
        assert here.spikes("cuba").sum() > 50
        assert int((here.spikes("cuba") != np.array(hidden)).sum()) == 0
        assert int((here.spikes("last") != np.array(last)).sum()) == 0


def test_layers_without_a_counterpart_are_refused_together() -> None:
    net = torch.nn.Sequential(
        torch.nn.MaxPool2d(2), torch.nn.Linear(4, 4), snn.Lapicque(beta=0.5, init_hidden=True)
    )

    with pytest.raises(UnsupportedError, match="MaxPool2d: no kind of NIR") as caught:
        yg.from_torch(net, torch.zeros(1, 4))
    assert "Lapicque" in str(caught.value)
