"""Tables of ratios: medians over the rounds, with the smallest and the largest."""

from __future__ import annotations

import statistics
from collections.abc import Callable

from measuring import Measured

__all__ = ["lif_table", "ratio", "states_table"]

_TOLERANCE = 0.05


def ratio(ours: list[float], theirs: list[float]) -> str:
    """Median, smallest and largest of ours / theirs, round by round."""
    each = [a / b for a, b in zip(ours, theirs, strict=False)]
    if not each:
        return "-"
    middle = statistics.median(each)
    return f"{_short(middle)} ({_short(min(each))}-{_short(max(each))})"


def _short(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def lif_table(results: list[Measured], units: int) -> list[str]:
    """The rate of yuragi over that of each contender, in synaptic events and in neuron updates."""
    ours = results[0]
    rows = [("contender", "spikes", "events a step", "events/s", "updates/s", "events/s",
             "peak MB", "")]  # fmt: skip
    notes = []
    for found in results:
        if found.missing or not found.runs:
            rows.append((found.contender.label, "-", "-", "-", "-", "-", "-", found.missing))
            continue
        same = _same_work(ours, found)
        events = ratio(_rate(ours, "events"), _rate(found, "events"))
        updates = ratio(_updates(ours, units), _updates(found, units)) if same else "refused"
        rows.append(
            (
                found.contender.label,
                f"{statistics.median(found.values('spikes')):,.0f}",
                f"{_per_step(found):,.0f}",
                events if same else f"{events} *",
                updates,
                f"{statistics.median(_rate(found, 'events')):.2e}",
                f"{statistics.median(found.values('peak_mb')):,.0f}",
                _length(found, ours),
            )
        )
        if "compile_s" in found.facts:
            notes.append(
                f"{found.contender.label}: {found.facts['compile_s']:.1f} s of compilation "
                "before the run, not counted"
            )
        if found.contender.note:
            notes.append(f"{found.contender.label}: {found.contender.note}")
        if not same:
            notes.append(
                f"* {found.contender.label}: its events a step differ by more than 5 %, so its "
                "ratio is per event, and that of updates is refused"
            )
    head = ("", "", "", "yuragi / it", "yuragi / it", "its own", "its own", "")
    return [*_aligned([head, *rows]), *notes]


def states_table(results: dict[int, list[Measured]]) -> list[str]:
    """Steps per second of yuragi over those of ReservoirPy, by size."""
    rows = [("units", "contender", "steps/s, yuragi / it", "its steps/s", "peak MB",
             "largest difference")]  # fmt: skip
    for units, (ours, theirs) in results.items():
        for found in (ours, theirs):
            if found.missing or not found.runs or not ours.runs:
                rows.append((str(units), found.contender.label, "-", "-", "-", found.missing))
                continue
            mine, other = ours.runs[0]["last"], found.runs[0]["last"]
            apart = max(abs(a - b) for a, b in zip(mine, other, strict=True))
            rows.append(
                (
                    str(units),
                    found.contender.label,
                    ratio(_steps(ours), _steps(found)) if apart < 1e-6 else "refused",
                    f"{statistics.median(_steps(found)):,.0f}",
                    f"{statistics.median(found.values('peak_mb')):,.0f}",
                    f"{apart:.0e}" if found is not ours else "",
                )
            )
    return _aligned(rows)


def _rate(found: Measured, key: str) -> list[float]:
    return [run[key] / run["seconds"] for run in found.runs]


def _updates(found: Measured, units: int) -> list[float]:
    return [units * steps for steps in _steps(found)]


def _steps(found: Measured) -> list[float]:
    return [found.steps / seconds for seconds in found.values("seconds")]


def _per_step(found: Measured) -> float:
    return statistics.median(found.values("events")) / found.steps


def _same_work(ours: Measured, found: Measured) -> bool:
    return bool(ours.runs) and abs(_per_step(found) / _per_step(ours) - 1) <= _TOLERANCE


def _length(found: Measured, ours: Measured) -> str:
    return "" if found.steps == ours.steps else f"{found.steps:,} steps only"


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    pad: tuple[Callable[[str, int], str], ...] = (str.ljust, str.rjust)
    return [
        "  ".join(pad[k > 0 and k < len(row) - 1](cell, widths[k]) for k, cell in enumerate(row))
        .rstrip()
        for row in rows
    ]  # fmt: skip
