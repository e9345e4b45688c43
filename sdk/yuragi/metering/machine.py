"""What stands beside a measurement: the processor, its governor, its threads, its temperature."""

from __future__ import annotations

import os
import platform
from pathlib import Path

__all__ = ["machine"]

_SYSTEM = Path("/")
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def machine(root: Path = _SYSTEM) -> dict[str, str]:
    """Facts that a reader needs to repeat a measurement; those that cannot be read are left out.

    root: where /proc and /sys lie.
    """
    found = {
        "processor": _processor(root),
        "cores": str(os.cpu_count() or ""),
        "system": f"{platform.system()} {platform.release()}",
        "governor": _word(root / "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "threads": ", ".join(f"{n}={os.environ[n]}" for n in _THREADS if n in os.environ),
        "temperature": _temperature(root),
    }
    return {name: text for name, text in found.items() if text}


def _processor(root: Path) -> str:
    for line in _text(root / "proc/cpuinfo").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor()


def _temperature(root: Path) -> str:
    text = _word(root / "sys/class/thermal/thermal_zone0/temp")
    return f"{int(text) / 1000:.0f} degrees Celsius" if text.lstrip("-").isdigit() else ""


def _word(path: Path) -> str:
    return _text(path).strip()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
