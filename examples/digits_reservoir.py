"""Train a reservoir on scanned digits, put it on an emulated Loihi 2, and read its bill.

Run: python examples/digits_reservoir.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import yuragi as yg
from yuragi.power.figure import accuracy_figure
from yuragi_models.digits import digits
from yuragi_models.reservoir import ReservoirClassifier


def main(units: int = 300, folder: Path = Path()) -> dict[str, float]:
    images = digits(seed=0)
    model = ReservoirClassifier(units, seed=0).fit(images.train, images.train_labels)
    program = yg.compile(model.network, backend="chip", profile="loihi2")
    recording = program.run(model.stimulus(images.test))
    on_chip = float(np.mean(model.classify(recording) == images.test_labels))
    in_floats = model.score(images.test, images.test_labels)
    print(f"accuracy: {in_floats:.2%} in floats, {on_chip:.2%} in the chip's integers\n")
    report = yg.energy(recording, name="reservoir", accuracy=on_chip)
    print(report, end="\n\n")
    again = yg.baseline.simulated(
        model.network, recording, accuracy=in_floats, name="the same, simulated"
    )
    perceptron = yg.baseline.mlp([64, 100, 10])
    table = yg.compare(report, [again, perceptron], profiles=["cortex_m4", "desktop_cpu", "a100"])
    print(table, end="\n\n")
    figure = accuracy_figure(table, title="scanned digits, 8 x 8")
    figure.savefig(folder / "digits_reservoir.png", dpi=150)
    print(f"figure: {folder / 'digits_reservoir.png'}")
    return {"in_floats": in_floats, "on_chip": on_chip}


if __name__ == "__main__":
    main()
