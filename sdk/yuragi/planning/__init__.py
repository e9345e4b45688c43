"""Before anything runs: what a network would need, what would still fit, and what limits it."""

from yuragi.planning.estimate import Estimate, estimate
from yuragi.planning.outline import Outline, from_numbers, outline

__all__ = ["Estimate", "Outline", "estimate", "from_numbers", "outline"]
