"""Checks of the Hopfield networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi import backend
from yuragi_models.dense_memory import DenseMemory, ModernHopfield
from yuragi_models.digits import digits
from yuragi_models.hopfield import ContinuousHopfield, HopfieldMemory, SpikingHopfield, energy
from yuragi_models.hopfield_rules import capacity, retrieval_overlap

__all__ = ["CHECKS"]

Array = NDArray[Any]


def _patterns(rng: np.random.Generator, count: int, size: int) -> Array:
    return rng.choice([-1.0, 1.0], size=(count, size))


def _noisy(rng: np.random.Generator, patterns: Array, noise: float) -> Array:
    return patterns * np.where(rng.random(patterns.shape) < noise, -1.0, 1.0)


def _states(model: HopfieldMemory, cues: Array, *, profile: str = "ideal", steps: int = 0) -> Array:
    """The states of every step of a recall.  shape (cues, steps, size)"""
    program = backend.compile(model.network, profile=profile, encode="sigma_delta")
    return model.read(program.run(model.stimulus(cues), steps=steps or model.steps_))


def rising_energy(units: int, patterns: int, starts: int, seed: int) -> int:
    """Steps of asynchronous recall in which the energy rises."""
    rng = np.random.default_rng(seed)
    model = HopfieldMemory(sweeps=4, seed=seed).fit(_patterns(rng, patterns, units))
    states = _states(model, _patterns(rng, starts, units))
    return int((np.diff(energy(states, model.weights_), axis=1) > 1e-9).sum())


def longest_cycle(units: int, patterns: int, starts: int, seed: int) -> int:
    """The longest cycle among those that synchronous recall ends on."""
    rng = np.random.default_rng(seed)
    model = HopfieldMemory(update="synchronous", sweeps=60, seed=seed)
    model.fit(_patterns(rng, patterns, units))
    states = _states(model, _patterns(rng, starts, units))
    last = states[:, -1:]
    same = (states[:, :-1] == last).all(axis=2)[:, ::-1]
    return int((same.argmax(axis=1) + 1).max()) if same.any(axis=1).all() else states.shape[1]


def one_step(units: int, loads: Sequence[float], cues: int, seed: int) -> list[float]:
    """The share of wrong units after one synchronous step from a stored pattern."""
    found = []
    for load in loads:
        rng = np.random.default_rng(seed)
        stored = _patterns(rng, round(load * units), units)
        model = HopfieldMemory(update="synchronous", sweeps=1).fit(stored)
        shown = stored[:cues]
        found.append(float((model.predict(shown) != shown).mean()))
    return found


def theory() -> list[float]:
    """The capacity and the overlap there."""
    return list(capacity())


def expected_overlaps(loads: Sequence[float]) -> list[float]:
    """The overlaps that theory expects of many units."""
    return [retrieval_overlap(load) for load in loads]


def _overlaps(units: int, load: float, starts: int, sweeps: int, seed: int) -> Array:
    """The overlap after recall from each of some stored patterns.  shape (starts,)"""
    rng = np.random.default_rng(seed)
    stored = _patterns(rng, round(load * units), units)
    model = HopfieldMemory(update="blocks", blocks=8, sweeps=sweeps, seed=seed).fit(stored)
    shown = stored[:starts]
    return np.asarray((model.predict(shown) * shown).mean(axis=1))


def final_overlap(units: int, load: float, starts: int, sweeps: int, seed: int) -> float:
    """The mean of the overlaps."""
    return float(_overlaps(units, load, starts, sweeps, seed).mean())


def median_overlap(units: int, load: float, starts: int, sweeps: int, seed: int) -> float:
    """Their median: the mean of few hundred units is ruled by a few that left their pattern."""
    return float(np.median(_overlaps(units, load, starts, sweeps, seed)))


def fixed_share(units: int, patterns: Sequence[int], seed: int) -> float:
    """The smallest share of patterns that the projection rule leaves as they are."""
    shares = []
    for count in patterns:
        stored = _patterns(np.random.default_rng(seed), count, units)
        model = HopfieldMemory(rule="pseudo_inverse", update="synchronous", diagonal=True, sweeps=1)
        shares.append(model.fit(stored).score(stored, stored))
    return min(shares)


def corrected_share(units: int, patterns: int, noise: float, seed: int) -> float:
    """The share of noisy patterns that the projection rule without diagonal corrects."""
    rng = np.random.default_rng(seed)
    stored = _patterns(rng, patterns, units)
    model = HopfieldMemory(rule="pseudo_inverse", update="blocks", sweeps=20).fit(stored)
    return model.score(_noisy(rng, stored, noise), stored)


def shares_of_rules(
    units: int, patterns: int, rules: Sequence[str], sets: int, seed: int
) -> list[float]:
    """The share of stored patterns that are fixed points of each rule, over several sets."""
    found = []
    for rule in rules:
        shares = []
        for k in range(sets):
            stored = _patterns(np.random.default_rng(seed + k), patterns, units)
            model = HopfieldMemory(rule=rule, update="synchronous", sweeps=1).fit(stored)
            shares.append(model.score(stored, stored))
        found.append(float(np.mean(shares)))
    return found


def mixtures(units: int, sets: int, seed: int) -> list[float]:
    """The share of 3-mixtures that are fixed points; their energy over that of a pattern."""
    fixed, ratios = [], []
    for k in range(sets):
        stored = _patterns(np.random.default_rng(seed + k), 3, units)
        mixed = np.sign(stored.sum(axis=0, keepdims=True))
        model = HopfieldMemory(update="synchronous", sweeps=1).fit(stored)
        fixed.append(model.score(mixed, mixed))
        own = energy(stored, model.weights_).mean()
        ratios.append(float(energy(mixed, model.weights_)[0] / own))
    return [float(np.mean(fixed)), float(np.mean(ratios))]


def spiking_states(
    units: int, patterns: int, noise: float, profiles: Sequence[str], seed: int
) -> int:
    """Recalls in which plain spikes on some chips end otherwise than values in floats do."""
    rng = np.random.default_rng(seed)
    stored = _patterns(rng, patterns, units)
    cues = _noisy(rng, np.repeat(stored, 8, axis=0), noise)
    wanted = HopfieldMemory(update="synchronous", sweeps=12).fit(stored).predict(cues)
    spiking = SpikingHopfield(stored)
    found = [spiking.recall(cues, profile=profile, steps=14) for profile in profiles]
    return sum(int((states != wanted).any(axis=1).sum()) for states in found)


def dense_recall(
    degree: int, units: int, patterns: int, noise: float, sets: int, profile: str, seed: int
) -> list[float]:
    """The share of noisy patterns that a dense memory recalls, and by how much less on a chip."""
    shares = []
    for k in range(sets):
        rng = np.random.default_rng(seed + k)
        stored = _patterns(rng, patterns, units)
        cues = _noisy(rng, stored, noise)
        memory = DenseMemory(stored, degree=degree)
        for p in ("ideal", profile):
            recalled = memory.recall(cues, updates=2, profile=p)
            shares.append((recalled == stored).all(axis=1).mean())
    floats, chip = np.reshape(shares, (sets, 2)).mean(axis=0)
    return [float(floats), float(floats - chip)]


def modern_recall(
    units: int, patterns: int, beta: float, noise: float, profile: str, seed: int
) -> list[float]:
    """The largest share of the length by which a chip's update is off, and the share nearest."""
    rng = np.random.default_rng(seed)
    stored = rng.normal(size=(patterns, units))
    stored *= np.sqrt(units - 1) / np.linalg.norm(stored, axis=1, keepdims=True)
    cues = stored + noise * rng.normal(size=stored.shape)
    found = ModernHopfield(stored, beta=beta, span=6.0).recall(cues, profile=profile)
    error = np.linalg.norm(found - stored, axis=1) / np.linalg.norm(stored, axis=1)
    nearest = (found @ stored.T).argmax(axis=1)
    return [float(error.max()), float((nearest == np.arange(patterns)).mean())]


def dense_share(degree: int, units: int, patterns: int, sets: int, seed: int) -> float:
    """The share of fixed patterns of a dense memory, over several sets of patterns."""
    shares = []
    for k in range(sets):
        stored = _patterns(np.random.default_rng(seed + k), patterns, units)
        recalled = DenseMemory(stored, degree=degree).recall(stored)
        shares.append((recalled == stored).all(axis=1).mean())
    return float(np.mean(shares))


def modern(
    units: int, patterns: int, beta: float, noise: float, queries: int, seed: int
) -> list[float]:
    """The median relative error after one update, and the share nearest to the right pattern."""
    rng = np.random.default_rng(seed)
    stored = rng.normal(size=(patterns, units))
    stored *= np.sqrt(units - 1) / np.linalg.norm(stored, axis=1, keepdims=True)
    wanted = stored[:queries]
    found = ModernHopfield(stored, beta=beta).recall(wanted + noise * rng.normal(size=wanted.shape))
    error = np.linalg.norm(found - wanted, axis=1) / np.linalg.norm(wanted, axis=1)
    nearest = (found @ stored.T).argmax(axis=1)
    return [float(np.median(error)), float((nearest == np.arange(queries)).mean())]


def continuous_energy(
    units: int, patterns: int, gain: float, step: float, starts: int, seed: int
) -> int:
    """Steps of the continuous network in which its energy rises."""
    rng = np.random.default_rng(seed)
    model = ContinuousHopfield(_patterns(rng, patterns, units), gain=gain, step=step, seed=seed)
    potentials = model.recall(rng.uniform(-0.5, 0.5, size=(starts, units)), steps=300)
    return int((np.diff(model.energy(potentials[:, 1:]), axis=1) > 1e-9).sum())


def integer_steps(units: int, patterns: Sequence[int], steps: int, profile: str, seed: int) -> int:
    """Steps in which the states in a chip's integers differ from those in floats."""
    wrong = 0
    for count in patterns:
        rng = np.random.default_rng(seed)
        stored = _patterns(rng, count, units)
        model = HopfieldMemory(update="synchronous").fit(stored)
        cues = _noisy(rng, stored[:10], 0.2)
        floats, chip = (_states(model, cues, profile=p, steps=steps) for p in ("ideal", profile))
        wrong += int((floats != chip).any(axis=2).sum())
    return wrong


def digit_recall(
    images: int, noise: float, cues: int, rule: str, profile: str, seed: int
) -> list[float]:
    """Points of accuracy that a chip's integers lose, and the accuracy in floats in percent.

    Scanned digits, black where a pixel is above half, the same number of each class, are stored;
    a cue is one of them with this share of its pixels turned over.
    """
    rng = np.random.default_rng(seed)
    pages = digits(seed=seed)
    pixels = np.where(pages.train.reshape(len(pages.train), -1) > 0.5, 1.0, -1.0)
    chosen = [np.flatnonzero(pages.train_labels == label)[: images // 10] for label in range(10)]
    stored = pixels[np.concatenate(chosen)]
    wanted = stored[rng.integers(0, len(stored), size=cues)]
    shown = _noisy(rng, wanted, noise)
    model = HopfieldMemory(rule=rule, update="asynchronous", sweeps=8, seed=seed).fit(stored)
    floats, chip = (
        100.0 * float((model.predict(shown, profile=p) == wanted).all(axis=1).mean())
        for p in ("ideal", profile)
    )
    return [floats - chip, floats]


CHECKS = {
    "HOP-1": rising_energy,
    "HOP-2": longest_cycle,
    "HOP-3": one_step,
    "HOP-4": theory,
    "HOP-5": expected_overlaps,
    "HOP-6a": final_overlap,
    "HOP-6b": final_overlap,
    "HOP-6c": final_overlap,
    "HOP-7": median_overlap,
    "HOP-10a": fixed_share,
    "HOP-10b": corrected_share,
    "HOP-10c": corrected_share,
    "HOP-8": shares_of_rules,
    "HOP-9": mixtures,
    "HOP-12": dense_share,
    "HOP-13": modern,
    "HOP-14": continuous_energy,
    "HOP-15": integer_steps,
    "HOP-16": digit_recall,
    "HOP-17": spiking_states,
    "HOP-18": dense_recall,
    "HOP-19": modern_recall,
}
