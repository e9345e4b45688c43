"""Grids of profiles, sizes, precisions and activities: resumable, on all cores, one table out."""

from yuragi.sweeping.plan import Plan, Point, read_plan
from yuragi.sweeping.sweep import Swept, sweep

__all__ = ["Plan", "Point", "Swept", "read_plan", "sweep"]
