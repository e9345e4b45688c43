"""Cut the graph G1 by discrete simulated bifurcation, in floats and in Loihi 2's integers.

Run: python examples/max_cut.py
"""

from __future__ import annotations

from pathlib import Path

from yuragi_models.bifurcation import SimulatedBifurcation
from yuragi_models.bills import bill
from yuragi_models.instances import BEST_CUTS, instance
from yuragi_models.memory_figures import cuts_figure


def main(steps: int = 10_000, replicas: int = 40, folder: Path = Path()) -> dict[str, float]:
    problem = instance("G1")
    machine = SimulatedBifurcation(problem, steps=steps)
    floats = machine.solve(replicas)
    given = machine.stimulus(replicas)
    priced = bill(machine.network, given, name="G1, one replica", steps=steps)
    recording = priced.recordings["loihi2"]
    chip = machine.read(recording)

    best = {"floats": -floats.energies.min(), "loihi2": -chip.energies.min()}
    for name, cut in best.items():
        print(f"{name}: best cut of {replicas} replicas {cut:,.0f}, known {BEST_CUTS['G1']:,}")
    per_step = recording.counts.spikes / (replicas * steps)
    print(f"{per_step:.1f} of {problem.size} signs change and are sent in a step\n")
    print(priced, end="\n\n")
    cuts = {"floats": -floats.energies, "Loihi 2": -chip.energies}
    cuts_figure(cuts, best=BEST_CUTS["G1"], title="G1").savefig(folder / "max_cut.png", dpi=150)
    print(f"figure: {folder / 'max_cut.png'}")
    return best


if __name__ == "__main__":
    main()
