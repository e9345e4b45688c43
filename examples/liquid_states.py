"""A liquid-state machine: spikes remember what was heard, and a read-out asks what it was.

Two hundred leaky units, a fifth of them inhibitory (Maass, Natschläger & Markram, Neural
Computation 14 (2002) 2531), hear noise. Linear read-outs of their filtered spikes say what the
input was some steps ago, in floats and with the liquid in Loihi 2's integers.

Run: python examples/liquid_states.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from yuragi_models.bills import bill
from yuragi_models.liquid import LiquidRegressor
from yuragi_models.reservoir_figures import memory_figure


def main(units: int = 200, steps: int = 2000, folder: Path = Path()) -> dict[str, float]:
    rng = np.random.default_rng(0)
    drive = np.convolve(rng.normal(size=3 * steps), np.ones(5) / 5.0, "same")
    delays = np.arange(16)
    asked = np.stack([np.roll(drive, d) for d in delays], axis=1)[None]
    heard = drive[None, :, None]
    half = 2 * steps
    curves = {}
    for name, profile in (("floats", "ideal"), ("Loihi 2", "loihi2")):
        model = LiquidRegressor(units, washout=100, direct=False, ridge=10.0, profile=profile)
        model.fit(heard[:, :half], asked[:, :half])
        found = model.predict(heard[:, half:])[0, 100:]
        wanted = asked[0, half + 100 :]
        curves[name] = [np.corrcoef(found[:, k], wanted[:, k])[0, 1] ** 2 for k in delays]
        print(f"{name}: {sum(curves[name]):.2f} of {len(delays)} delays remembered")
    priced = bill(model.network, {"input.i": heard[:, half:]}, name=f"liquid, {steps:,} steps")
    rate = priced.recordings["loihi2"].counts.spikes / units / steps
    print(f"{rate:.2f} spikes a unit and step\n\n{priced}\n")
    figure = memory_figure(curves, f"what {units} spiking units remember")
    figure.savefig(folder / "liquid_states.png", dpi=150)
    print(f"figure: {folder / 'liquid_states.png'}")
    return {name: float(sum(curve)) for name, curve in curves.items()}


if __name__ == "__main__":
    main()
