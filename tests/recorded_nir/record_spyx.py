"""Networks of Spyx as NIR files, with their spikes: `pip install spyx==1.0.0 nir`."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import spyx
from flax import nnx
from saving import save
from spyx.nir import to_nir

STEPS = 40


def between(low: float, high: float, shape: tuple[int, ...], seed: int) -> Any:
    return jnp.asarray(np.random.default_rng(seed).uniform(low, high, shape), dtype=jnp.float32)


def decaying(unit: Any, seed: int) -> Any:
    """With decays of its own for every unit; of both, where it has two."""
    for k, name in enumerate(("beta", "alpha")):
        if hasattr(unit, name):
            held = getattr(unit, name)
            held[...] = between(0.4, 0.95, held[...].shape, seed + k)
    if hasattr(unit, "recurrent_w"):
        unit.recurrent_w[...] = between(-0.8, 0.8, unit.recurrent_w[...].shape, seed + 2)
    return unit


def networks(rngs: Any) -> dict[str, Any]:
    """By name: the shape of an input (channels first), the layers."""

    def linear(inputs: int, outputs: int, seed: int, bias: bool = True) -> Any:
        layer = nnx.Linear(inputs, outputs, use_bias=bias, rngs=rngs)
        layer.kernel[...] = between(-0.5, 1.2, layer.kernel[...].shape, seed)
        if bias:
            layer.bias[...] = between(-0.1, 0.2, layer.bias[...].shape, seed + 1)
        return layer

    conv = nnx.Conv(2, 3, kernel_size=(3, 3), strides=(2, 1), padding="VALID", rngs=rngs)
    conv.kernel[...] = between(-0.4, 0.8, conv.kernel[...].shape, 20)
    conv.bias[...] = between(-0.1, 0.2, conv.bias[...].shape, 21)
    nn = spyx.nn
    return {
        "layers": ((5,), (
            linear(5, 6, 1), decaying(nn.LIF((6,), threshold=1.1, rngs=rngs), 2),
            linear(6, 6, 5, bias=False), decaying(nn.CuBaLIF((6,), threshold=1.3, rngs=rngs), 6),
            linear(6, 4, 9), nn.IF((4,), threshold=1.5),
        )),
        "recurrent": ((5,), (
            linear(5, 6, 1), decaying(nn.RLIF((6,), threshold=0.9, rngs=rngs), 2),
            linear(6, 6, 5), decaying(nn.RCuBaLIF((6,), threshold=1.5, rngs=rngs), 6),
            linear(6, 4, 9), decaying(nn.RIF((4,), threshold=2.0, rngs=rngs), 11),
        )),
        "images": ((2, 7, 6), (
            conv, decaying(nn.LIF((3, 4, 3), threshold=1.5, rngs=rngs), 2),
            nn.SumPool((2, 2), (2, 2), "VALID", channel_axis=-1), nn.Flatten(),
            linear(3 * 1 * 2, 4, 9), decaying(nn.LIF((4,), threshold=8.0, rngs=rngs), 2),
        )),
    }  # fmt: skip


def main() -> None:
    for name, (shape, layers) in networks(nnx.Rngs(0)).items():
        size = int(np.prod(shape))
        events = np.random.default_rng(7).random((STEPS, size)) < 0.3
        given = events.reshape(STEPS, 1, *shape).astype(np.float32)
        if len(shape) == 3:
            given = given.transpose(0, 1, 3, 4, 2)
        model = spyx.nn.Sequential(*layers)
        graph = to_nir(model, {"input": np.array(shape)}, {"output": np.array([4])}, dt=1e-3)
        state = model.initial_state(1)
        kept: dict[str, list[Any]] = {}
        for frame in given:
            x = jnp.asarray(frame)
            following = []
            for k, (layer, held) in enumerate(zip(model.layers, state, strict=True)):
                if held is None:
                    x = layer(x)
                    following.append(None)
                else:
                    x, after = layer(x, held)
                    following.append(after)
                    sent = np.asarray(x)[0]
                    sent = sent.transpose(2, 0, 1) if sent.ndim == 3 else sent
                    kept.setdefault(f"layer_{k}", []).append(sent.reshape(-1))
            state = following
        spikes = {key: np.array(value).astype(np.uint8) for key, value in kept.items()}
        save(f"spyx_{name}", graph, events, spikes)


if __name__ == "__main__":
    jax.config.update("jax_platforms", "cpu")
    main()
