"""Published power and energy beside what the profiles give for the same events."""

from yuragi.validation.point import Answer, Finding, Point, Rule
from yuragi.validation.points import points, validate

__all__ = ["Answer", "Finding", "Point", "Rule", "points", "validate"]
