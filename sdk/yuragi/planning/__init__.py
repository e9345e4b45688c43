"""Before anything runs: what a network would need, what would still fit, and what limits it."""

from yuragi.planning.budget import Budget, budget
from yuragi.planning.demands import Demands
from yuragi.planning.estimate import Estimate, estimate
from yuragi.planning.outline import Outline, from_numbers, outline

__all__ = [
    "Budget",
    "Demands",
    "Estimate",
    "Outline",
    "budget",
    "estimate",
    "from_numbers",
    "outline",
]
