"""Twelve departments find their places: a search by tired units, and by descent alone.

A unit that has fired does not propose the same exchange again for a while, so the search leaves the
minima where a descent ends (Hasegawa, Ikeguchi, Aihara & Itoh, Eur. J. Oper. Res. 139 (2002) 543).
The units run on a chip; the host counts what an exchange would save, and is not in the joules.

Run: python examples/quadratic_assignment.py
"""

from __future__ import annotations

from pathlib import Path

from yuragi_models.assignment_instances import OPTIMA, assignment_instance
from yuragi_models.bills import bill
from yuragi_models.chaotic_assignment import ChaoticAssignment
from yuragi_models.memory_figures import cuts_figure


def main(starts: int = 40, sweeps: int = 1000, folder: Path = Path()) -> dict[str, float]:
    problem, optimum = assignment_instance("nug12"), OPTIMA["nug12"]
    chaos = ChaoticAssignment(problem)
    costs = {
        "tired units": chaos.solve(starts, sweeps=sweeps).costs,
        "descent": ChaoticAssignment(problem, alpha=0.0, theta=0.0)
        .solve(starts, sweeps=sweeps)
        .costs,
    }
    for name, found in costs.items():
        print(
            f"{name}: mean cost {found.mean():.1f}, {(found == optimum).sum()} of {starts} optimal"
        )
    priced = bill(chaos.network(200), name="144 units, 200 sweeps", chips=("loihi2", "spinnaker2"))
    _, fired = chaos.gains(200)
    same = (chaos.read(priced.recordings["loihi2"])[: len(fired)] == fired).mean()
    print(f"decisions that Loihi 2's integers take as floats do: {same:.2%}\n\n{priced}\n")
    figure = cuts_figure(costs, best=optimum, title="nug12", label="cost", of="starts")
    figure.savefig(folder / "quadratic_assignment.png", dpi=150)
    print(f"figure: {folder / 'quadratic_assignment.png'}")
    return {"gap": float(costs["tired units"].mean() / optimum - 1.0), "same": float(same)}


if __name__ == "__main__":
    main()
