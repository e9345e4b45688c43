"""How far the words of a population can go, and what can be said of their overflows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from yuragi.equations.spans import Span

__all__ = ["Reach"]

_LARGE = 2**49


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far each word of a population can go, and how far it may: name -> (reached, limit)."""

    words: Mapping[str, tuple[Span, Span | None]]

    @property
    def proved(self) -> bool:
        """Whether no word can overflow, whatever spikes arrive."""
        return all(self.within(name) for name in self.words)

    def within(self, name: str) -> bool:
        """Whether a word cannot overflow."""
        found, limit = self.words[name]
        return limit is None or (limit[0] <= found[0] and found[1] <= limit[1])

    def verdict(self, *, counted: bool) -> str:
        """What is known of overflows.  counted: whether a run counts them"""
        if not self.proved:
            return "overflow is not ruled out, counted" if counted else "overflow is not ruled out"
        proved = "cannot overflow"
        return f"{proved} with the stimulus it was compiled with, counted" if counted else proved

    def __str__(self) -> str:
        return ", ".join(_text(name, *word) for name, word in self.words.items())


def _text(name: str, found: Span, limit: Span | None) -> str:
    low, high = ("unbounded" if abs(end) >= _LARGE else f"{end:,}" for end in (found[0], found[1]))
    within = "no limit" if limit is None else f"word {limit[0]:,} to {limit[1]:,}"
    return f"{name} from {low} to {high} ({within})"
