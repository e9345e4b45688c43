"""A reservoir predicts: NARMA-10 step by step in a chip's integers, the Lorenz attractor by itself.

An echo state network learns the tenth-order moving average (Atiya & Parlos, IEEE Trans. Neural
Networks 11 (2000) 697), in floats and in Loihi 2's integers; the read-out stays on the host, since
its weights are too large for eight bits. A network with such a read-out is what is priced. Another
learns the next point of the Lorenz attractor, and then hears only itself.

Run: python examples/predict_series.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from yuragi_models.bills import bill
from yuragi_models.echo_state import EchoStateRegressor
from yuragi_models.reservoir_figures import prediction_figure
from yuragi_models.series import nrmse
from yuragi_models.series_tasks import lorenz, narma10

WEIGHTS = {"synapses": 5, "spectral_radius": 0.95, "input_scaling": 0.3, "weight_bits": 8}
PLACES = {
    "floats": {"profile": "ideal"},
    "Loihi 2": {"profile": "loihi2", "options": {"segments": 1024, "formats": {"reservoir.x": 15}}},
}


def main(units: int = 100, train: int = 2000, folder: Path = Path()) -> dict[str, float]:
    u, y = (a[None] for a in narma10(train + 500, seed=0))
    test, wanted = u[:, train:, None], y[0, train:]
    found, errors = {}, {}
    for name, place in PLACES.items():
        model = EchoStateRegressor(units, washout=200, **WEIGHTS, **place)
        found[name] = model.fit(u[:, :train, None], y[:, :train]).predict(test)[0]
        errors[name] = nrmse(found[name][100:], wanted[100:])
        print(f"NARMA-10, {name}: error {errors[name]:.3f} of the standard deviation")

    orbit = lorenz(train + 800, washout=200)
    settings = {"spectral_radius": 0.4, "input_scaling": 0.1, "squares": True, "ridge": 1e-8}
    free = EchoStateRegressor(3 * units, washout=100, steps=None, **settings)
    free.fit(orbit[:train], orbit[1 : train + 1])
    errors["Lorenz"] = follows(free.forecast(orbit[:train], 800), orbit[train:])
    print(f"Lorenz, alone: follows for {errors['Lorenz']:.1f} Lyapunov times\n")

    print(bill(model.network, {"input.i": test}, name="NARMA-10, 500 steps"), end="\n\n")
    shown = {name: line[100:250] for name, line in found.items()}
    figure = prediction_figure(wanted[100:250], shown, "NARMA-10, one step ahead")
    figure.savefig(folder / "predict_series.png", dpi=150)
    print(f"figure: {folder / 'predict_series.png'}")
    return errors


def follows(
    found: np.ndarray, wanted: np.ndarray, dt: float = 0.02, exponent: float = 0.906
) -> float:
    """Lyapunov times until the error is .4 of the orbit's spread."""
    error = np.linalg.norm(found - wanted, axis=1) / np.sqrt((wanted.var(axis=0)).sum())
    return float(np.argmax(np.append(error, 1.0) > 0.4) * dt * exponent)


if __name__ == "__main__":
    main()
