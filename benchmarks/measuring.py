"""Runs contenders in turn, each in a process and an interpreter of its own, A B C A B C."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Contender", "Measured", "measure"]

_CONTENDERS = Path(__file__).parent / "contenders"
_ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A script of `contenders/` and what to call it.

    package: what to install where it is missing.      note: what differs from the others.
    share: of the steps, for one that is too slow for all of them.
    """

    label: str
    script: str
    package: str
    options: tuple[str, ...] = ()
    share: float = 1.0
    note: str = ""


@dataclass(slots=True, kw_only=True)
class Measured:
    """What a contender answered.  runs: one mapping for each round."""

    contender: Contender
    steps: int
    facts: dict[str, Any] = field(default_factory=dict)
    runs: list[dict[str, Any]] = field(default_factory=list)
    missing: str = ""

    def values(self, key: str) -> list[float]:
        """One value a round."""
        return [float(run[key]) for run in self.runs]


def measure(
    contenders: tuple[Contender, ...],
    arrays: Path,
    steps: int,
    *,
    rounds: int,
    interpreters: tuple[str, ...],
    folder: Path,
    limit: float,
) -> list[Measured]:
    """Every contender `rounds` times, in turn; one that is missing or fails says so."""
    results: list[Measured] = []
    living: list[tuple[_Process, Measured]] = []
    try:
        for number, contender in enumerate(contenders):
            found = Measured(contender=contender, steps=max(1, round(steps * contender.share)))
            results.append(found)
            place = folder / f"{arrays.stem}-{number}"
            place.mkdir()
            process = _prepared(found, arrays, place, interpreters, limit)
            if process is not None:
                living.append((process, found))
        for _ in range(rounds):
            for process, found in living:
                if found.missing:
                    continue
                answer = process.ask("run\n", limit)
                if "seconds" in answer:
                    found.runs.append(answer)
                else:
                    found.missing = answer["failed"]
    finally:
        for process, _ in living:
            process.close()
    return results


def _prepared(
    found: Measured, arrays: Path, place: Path, interpreters: tuple[str, ...], limit: float
) -> _Process | None:
    """A process that is ready, in the first interpreter that has the package."""
    contender = found.contender
    for interpreter in interpreters:
        script = str(_CONTENDERS / contender.script)
        command = [interpreter, script, str(arrays), str(found.steps), str(place)]
        process = _Process([*command, *contender.options], place)
        found.facts = process.ask("", limit)
        if found.facts.get("ready"):
            found.missing = ""
            return process
        process.close()
        if "missing" not in found.facts:
            found.missing = found.facts["failed"]
            return None
        found.missing = f"not installed: pip install {contender.package}"
    return None


class _Process:
    """A contender at work; it answers one line of JSON for one line of input."""

    def __init__(self, command: list[str], place: Path) -> None:
        self._log = place / "stderr.txt"
        self._errors = self._log.open("wb")
        self._popen = subprocess.Popen(
            command, cwd=place, text=True, env=os.environ | _ONE_THREAD,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors,
        )  # fmt: skip

    def ask(self, line: str, limit: float) -> dict[str, Any]:
        """The next answer; {"failed": why} where there is none within `limit` seconds."""
        pipes = self._popen
        if pipes.stdin is None or pipes.stdout is None:
            return {"failed": "no pipe"}
        timer = threading.Timer(limit, pipes.kill)
        timer.start()
        try:
            pipes.stdin.write(line)
            pipes.stdin.flush()
            answer: dict[str, Any] = json.loads(pipes.stdout.readline())
        except (OSError, ValueError):
            return {"failed": self._why(timed_out=not timer.is_alive(), limit=limit)}
        finally:
            timer.cancel()
        return answer

    def _why(self, *, timed_out: bool, limit: float) -> str:
        if timed_out:
            return f"stopped after {limit:g} s"
        last = self._log.read_text(errors="replace").strip().splitlines()[-1:]
        return "failed: " + (last[0] if last else "no message")

    def close(self) -> None:
        """End it."""
        if self._popen.stdin is not None:
            self._popen.stdin.close()
        try:
            self._popen.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
        if self._popen.stdout is not None:
            self._popen.stdout.close()
        self._errors.close()
