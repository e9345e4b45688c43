"""RAPL: the energy counters of Intel and AMD processors, from Linux's powercap files.

Domains nest: psys holds the packages, a package holds core and uncore. Packages are read, with
their DRAM where it has a counter of its own; nothing that lies inside another is added.
Source: Linux, Documentation/power/powercap/powercap.rst.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from pathlib import Path

from yuragi.errors import DependencyError

__all__ = ["POWERCAP", "Domain", "Rapl", "domains"]

POWERCAP = Path("/sys/class/powercap")
_ZONE = re.compile(r"intel-rapl:(\d{1,4})(?::(\d{1,4}))?")
_MICRO = 1e-6
_MOST_WATTS = 2000.0
_SLOWEST_POLL_S = 10.0
_UPDATE_J = 0.1
"""A counter is written about every millisecond; at 100 W that is a tenth of a joule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """One counter.

    name: "package-0", "dram of package-0".
    wraps_at: microjoules after which it starts from 0 again.
    """

    name: str
    folder: Path
    wraps_at: int

    def read(self) -> int:
        """The counter in microjoules.  Errors: DependencyError."""
        return _number(self.folder / "energy_uj")


def domains(root: Path = POWERCAP) -> tuple[Domain, ...]:
    """The counters that may be added: packages, and DRAM where it stands on its own.

    Errors: DependencyError where there is none, or none may be read.
    """
    if not root.is_dir():
        raise DependencyError(
            f"no RAPL: there is no {root}; virtual machines and containers mostly hide it"
        )
    found = []
    names = {path.name: path for path in sorted(root.iterdir()) if _ZONE.fullmatch(path.name)}
    for zone, path in names.items():
        match = _ZONE.fullmatch(zone)
        name = _word(path / "name")
        if match is None or not name:
            continue
        if match[2] is None and name.startswith("package"):
            found.append(_domain(name, path))
        elif match[2] is not None and name == "dram":
            parent = names.get(f"intel-rapl:{match[1]}")
            inside = "" if parent is None else _word(parent / "name")
            if inside.startswith("package"):
                found.append(_domain(f"dram of {inside}", path))
    if not found:
        raise DependencyError(f"no RAPL: {root} holds no package of a processor")
    return tuple(found)


class Rapl:
    """The counters of all packages together; a thread sees every wrap.

    root: where powercap lies.   poll_s: seconds between readings of the thread; None: often enough
    for 2 kW; 0: no thread, `read` alone must then be called often enough.
    """

    measured = True

    def __init__(self, root: Path = POWERCAP, *, poll_s: float | None = None) -> None:
        self._domains = domains(root)
        names = " + ".join(domain.name for domain in self._domains)
        self.source = f"RAPL, {names}"
        self.boundary = (
            f"{names}: the whole machine's work on them; no supply loss, disk, fan or separate GPU"
        )
        self.resolution_j = _UPDATE_J * len(self._domains)
        self._lock = threading.Lock()
        self._last = [domain.read() for domain in self._domains]
        self._total = 0
        self._lost: DependencyError | None = None
        self._over = threading.Event()
        smallest = min(domain.wraps_at for domain in self._domains) * _MICRO
        wait = min(_SLOWEST_POLL_S, smallest / _MOST_WATTS / 2) if poll_s is None else poll_s
        self._thread: threading.Thread | None = None
        if wait > 0:
            self._thread = threading.Thread(target=self._poll, args=(wait,), daemon=True)
            self._thread.start()

    def read(self) -> float:
        """Joules since the meter was opened."""
        if self._lost is not None:
            raise self._lost
        with self._lock:
            for place, domain in enumerate(self._domains):
                now, last = domain.read(), self._last[place]
                self._total += now - last if now >= last else now - last + domain.wraps_at
                self._last[place] = now
            return self._total * _MICRO

    def close(self) -> None:
        """End the thread."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _poll(self, wait: float) -> None:
        try:
            while not self._over.wait(wait):
                self.read()
        except DependencyError as problem:  # wraps may be missed from now on: `read` says so
            self._lost = problem


def _domain(name: str, folder: Path) -> Domain:
    domain = Domain(name=name, folder=folder, wraps_at=_number(folder / "max_energy_range_uj"))
    domain.read()
    return domain


def _word(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


def _number(path: Path) -> int:
    try:
        return int(path.read_text(encoding="ascii"))
    except PermissionError:
        raise DependencyError(
            f"{path} may be read by root only (Linux since 5.10, CVE-2020-8694); either run as "
            f"root, or let yourself read it: sudo chmod a+r {path.parent.parent}/*/energy_uj"
        ) from None
    except (OSError, ValueError) as problem:
        raise DependencyError(f"{path}: no counter of RAPL: {problem}") from None
