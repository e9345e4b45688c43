"""NVML: the energy counters of NVIDIA GPUs.

Volta and newer count millijoules; older boards say their power only, which is then added up.
Source: NVIDIA, NVML API reference, nvmlDeviceGetTotalEnergyConsumption and GetPowerUsage.
"""

from __future__ import annotations

import threading
import time
from importlib import import_module
from typing import Any

from yuragi.errors import DependencyError

__all__ = ["Nvml"]

_MILLI = 1e-3
_UPDATE_S = 0.1
_POLL_S = 0.05
_TYPICAL_W = 100.0


class Nvml:
    """All GPUs of the machine, or those with the indices given.

    library: the module of nvidia-ml-py, or what stands for it.
    Errors: DependencyError where it, a driver or a GPU is missing.
    """

    measured = True

    def __init__(self, devices: tuple[int, ...] | None = None, *, library: Any = None) -> None:
        self._nvml = _library() if library is None else library
        try:
            self._nvml.nvmlInit()
        except self._nvml.NVMLError as problem:
            raise DependencyError(f"no NVML: no NVIDIA driver answers ({problem})") from None
        try:
            self._open(devices)
        except BaseException:
            self._nvml.nvmlShutdown()
            raise

    def _open(self, devices: tuple[int, ...] | None) -> None:
        count = int(self._nvml.nvmlDeviceGetCount())
        chosen = tuple(range(count)) if devices is None else devices
        if not chosen or max(chosen) >= count or min(chosen) < 0:
            raise DependencyError(f"no NVML: {count} GPU(s), asked for {list(chosen) or 'all'}")
        self._handles = [self._nvml.nvmlDeviceGetHandleByIndex(index) for index in chosen]
        names = " + ".join(
            f"GPU {index} {_text(self._nvml.nvmlDeviceGetName(handle))}"
            for index, handle in zip(chosen, self._handles, strict=True)
        )
        self.boundary = f"{names}: whole boards; no host processor, no supply loss"
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._first = self._counters()
        if self._first is not None:
            self.source = f"NVML energy counter, {names}"
            self.resolution_j = len(chosen) * _UPDATE_S * _TYPICAL_W
            return
        self.source = f"NVML power, read every {_POLL_S * 1e3:.0f} ms, {names}"
        self.resolution_j = len(chosen) * 2 * _UPDATE_S * _TYPICAL_W
        self._total, self._at, self._watts = 0.0, time.perf_counter(), self._power()
        self._thread = threading.Thread(target=self._poll, daemon=True)
        self._thread.start()

    def read(self) -> float:
        """Joules since the meter was opened."""
        if self._first is None:
            return self._add()
        now = self._counters()
        if now is None:
            raise DependencyError("a GPU stopped counting its energy")
        return sum(new - old for new, old in zip(now, self._first, strict=True)) * _MILLI

    def close(self) -> None:
        """End the thread and let the library go."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        self._nvml.nvmlShutdown()

    def _counters(self) -> list[int] | None:
        """Millijoules since the driver was loaded; None where a board does not count."""
        try:
            return [int(self._nvml.nvmlDeviceGetTotalEnergyConsumption(h)) for h in self._handles]
        except self._nvml.NVMLError:
            return None

    def _power(self) -> float:
        return sum(int(self._nvml.nvmlDeviceGetPowerUsage(h)) for h in self._handles) * _MILLI

    def _add(self) -> float:
        """Trapezia between two readings of the power."""
        with self._lock:
            now, watts = time.perf_counter(), self._power()
            self._total += (now - self._at) * (watts + self._watts) / 2
            self._at, self._watts = now, watts
            return self._total

    def _poll(self) -> None:
        while not self._over.wait(_POLL_S):
            self._add()


def _library() -> Any:
    try:
        return import_module("pynvml")
    except ImportError as problem:
        raise DependencyError(
            f"no NVML: pip install 'yuragi[nvml]' for the GPU meter ({problem})"
        ) from problem


def _text(name: object) -> str:
    return name.decode(errors="replace") if isinstance(name, bytes) else str(name)
