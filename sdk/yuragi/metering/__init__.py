"""Joules as meters read them, and a labelled model where there is no meter."""

from yuragi.metering.measure import Measuring, measure
from yuragi.metering.measurement import Interval, Measurement
from yuragi.metering.meter import Meter

__all__ = ["Interval", "Measurement", "Measuring", "Meter", "measure"]
