"""A network learns a movement and goes on alone; its weights learn in a chip's integers too.

Each weight follows a local rule, the error of its own target times what it received, and the
chip's bill has a line for what the synapses learned. A cosine survives weights of eight bits.

Run: python examples/learn_movement.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import yuragi as yg
from yuragi_models.reservoir_figures import prediction_figure
from yuragi_models.trajectories import TrajectoryLearner, cosine


def main(units: int = 100, rounds: int = 150, folder: Path = Path()) -> dict[str, float]:
    wanted = cosine()
    learned = {
        name: TrajectoryLearner(units, rounds=rounds, profile=profile).fit(wanted)
        for name, profile in (("floats", "ideal"), ("Loihi 2", "loihi2"))
    }
    for name, learner in learned.items():
        print(f"{name}: alone, the movement is {learner.error_:.1%} off")
    chip = learned["Loihi 2"].run_
    report = yg.energy(chip, name=f"{rounds} rounds")
    again = yg.baseline.simulated(learned["Loihi 2"].network(len(wanted)), steps=chip.steps)
    print(f"\n{report}\n")
    print(yg.compare(report, again, profiles=["cortex_m4", "desktop_cpu"]))
    print("the computers' figures have no learning in them\n")
    paths = {name: aligned(learner.path_[:, 0], wanted[:, 0]) for name, learner in learned.items()}
    figure = prediction_figure(np.tile(wanted[:, 0], 3), paths, "three rounds alone")
    figure.savefig(folder / "learn_movement.png", dpi=150)
    print(f"figure: {folder / 'learn_movement.png'}")
    return {name: learner.error_ for name, learner in learned.items()}


def aligned(path: np.ndarray, wanted: np.ndarray, rounds: int = 3) -> np.ndarray:
    """The last rounds of a movement, begun where they fit what was taught best."""
    lasts = rounds * len(wanted)
    tail, goal = path[-lasts - len(wanted) :], np.tile(wanted, rounds)
    shift = min(range(len(wanted)), key=lambda k: float(((tail[k : k + lasts] - goal) ** 2).sum()))
    return tail[shift : shift + lasts]


if __name__ == "__main__":
    main()
