"""The procedure: idle windows around every repetition, on whatever meter there is."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Literal, TypeAlias

from yuragi.errors import DependencyError, RunError
from yuragi.hardware import load
from yuragi.metering.machine import machine
from yuragi.metering.measurement import Measurement, Repetition
from yuragi.metering.meter import Clock, Meter, RealClock
from yuragi.metering.modelled import Modelled
from yuragi.metering.nvml import Nvml
from yuragi.metering.rapl import Rapl

__all__ = ["Measuring", "Source", "find_meter", "measure"]

Source: TypeAlias = Literal["auto", "rapl", "nvml", "model"]
IDLE_S = 10.0


class Measuring:
    """A context manager: every `with` is a repetition; `result` is the mean of them all.

    An idle window lies before the first repetition and after each, so that every repetition has
    one on both sides. The work itself must last at least 10 s for the meter's sake, and a GPU must
    be waited for inside the block.
    """

    def __init__(
        self,
        meter: Meter,
        *,
        inferences: float = 1.0,
        idle_s: float | None = None,
        clock: Clock | None = None,
        name: str = "this work",
        accuracy: float | None = None,
    ) -> None:
        if not inferences > 0:
            raise RunError(f"inferences {inferences}: expected a number above 0")
        self.meter = meter
        self.inferences = inferences
        self._name, self._accuracy = name, accuracy
        self.clock = RealClock() if clock is None else clock
        self._idle_s = (IDLE_S if meter.measured else 0.0) if idle_s is None else idle_s
        self._repetitions: list[Repetition] = []
        self._idle: float | None = None
        self._start: tuple[float, float] | None = None

    def __enter__(self) -> Measuring:
        if self._start is not None:
            raise RunError("a repetition is being measured already")
        if not self._repetitions:
            self._idle = self._window()
        self._start = (self.clock.now(), self.meter.read())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        begin, before = self._start or (0.0, 0.0)
        self._start = None
        if kind is not None:  # what was interrupted is no repetition
            return
        joules, seconds = self.meter.read() - before, self.clock.now() - begin
        after = self._window()
        self._repetitions.append(
            Repetition(
                seconds=seconds, gross_j=joules, idle_before_w=self._idle, idle_after_w=after
            )
        )
        self._idle = after

    @property
    def result(self) -> Measurement:
        """All repetitions so far.  Errors: RunError where there is none."""
        return Measurement(
            source=self.meter.source,
            boundary=self.meter.boundary,
            resolution_j=self.meter.resolution_j,
            measured=self.meter.measured,
            inferences=self.inferences,
            repetitions=tuple(self._repetitions),
            machine=machine(),
            name=self._name,
            accuracy=self._accuracy,
        )

    def _window(self) -> float | None:
        """Watts while nothing is done; None where no window is wanted."""
        if self._idle_s <= 0:
            return None
        begin, before = self.clock.now(), self.meter.read()
        self.clock.sleep(self._idle_s)
        joules = self.meter.read() - before
        return joules / (self.clock.now() - begin)


def find_meter(
    source: Source = "auto", *, profile: str = "desktop_cpu", watts: float | None = None
) -> Meter:
    """A meter of this machine.

    auto: RAPL where it may be read, else the model, which says so; a GPU is measured where "nvml"
    is asked for, since a process does not say which it uses.
    Errors: DependencyError where the meter that was asked for is missing.
    """
    if source != "auto":
        return _SOURCES[source](profile, watts)
    if watts is not None:
        return Modelled(watts=watts)
    try:
        return Rapl()
    except DependencyError:
        return Modelled(load(profile))


_SOURCES: dict[str, Callable[[str, float | None], Meter]] = {
    "rapl": lambda _profile, _watts: Rapl(),
    "nvml": lambda _profile, _watts: Nvml(),
    "model": lambda profile, watts: (
        Modelled(load(profile)) if watts is None else Modelled(watts=watts)
    ),
}


def measure(
    meter: Meter | Source = "auto",
    *,
    inferences: float = 1,
    idle_s: float | None = None,
    profile: str = "desktop_cpu",
    watts: float | None = None,
    name: str = "this work",
    accuracy: float | None = None,
) -> Measuring:
    """Measure the joules of a block of work.

        meter: "auto", "rapl", "nvml", "model", or any `Meter`.
        inferences: done in one block.
        idle_s: seconds of each idle window, by default 10 on a meter and none on a model.
        name, accuracy: of the work, where it is compared: `yg.compare(..., measurements=[...])`.
        profile, watts: what the model multiplies with time where there is no meter.

    Errors: DependencyError where the meter that was asked for is missing.

    >>> work = measure("model", watts=20.0)
    >>> for _ in range(5):
    ...     with work:
    ...         total = sum(range(1000))
    >>> work.result.measured, len(work.result.repetitions)
    (False, 5)
    """
    found = find_meter(meter, profile=profile, watts=watts) if isinstance(meter, str) else meter
    return Measuring(found, inferences=inferences, idle_s=idle_s, name=name, accuracy=accuracy)
