"""Energy and time: counts times constants, with a band, a boundary and an origin."""

from yuragi.power import baseline
from yuragi.power.band import Band
from yuragi.power.compare import Comparison, compare
from yuragi.power.digital import DigitalReport, price
from yuragi.power.energy import energy
from yuragi.power.report import EnergyReport
from yuragi.power.row import Row
from yuragi.power.workload import Workload

__all__ = [
    "Band",
    "Comparison",
    "DigitalReport",
    "EnergyReport",
    "Row",
    "Workload",
    "baseline",
    "compare",
    "energy",
    "price",
]
