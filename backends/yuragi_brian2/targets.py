"""The three ways to run a plan: NumPy, Cython, and a C++ program of its own."""

from __future__ import annotations

import gc
import os
import shlex
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import platformdirs
from brian2.core.preferences import prefs
from brian2.devices.cpp_standalone.device import CPPStandaloneDevice
from brian2.units import second

from yuragi.errors import DependencyError, RunError
from yuragi_brian2.isolation import exact_flags, isolated
from yuragi_brian2.objects import Objects, construct
from yuragi_brian2.plan import Plan
from yuragi_brian2.processes import ended_by_signals, grouped_compilers, run_together

__all__ = ["Target", "compiler", "runtime", "session", "settings"]

_MESSAGE = 2000
Target = Literal["cython", "numpy", "standalone"]
Progress = Callable[[int, int], None]


def compiler() -> str | None:
    """The C++ compiler that Brian2 would call; None where there is none."""
    return shutil.which("g++") or shutil.which("c++") or shutil.which("cl")


@cache
def runtime() -> Target:
    """Cython, or NumPy where no compiler is found, which is said once."""
    if compiler():
        return "cython"
    warnings.warn(
        "no C++ compiler found: Brian2 runs on NumPy, which is several times slower; install g++",
        stacklevel=2,
    )
    return "numpy"


def settings(target: Target) -> dict[str, Any]:
    """Preferences of a run.

    Cython keeps modules by their text alone, whatever the flags: ours have a folder of their own.
    """
    chosen: dict[str, Any] = {
        "codegen.loop_invariant_optimisations": False,
        "codegen.target": "cython" if target == "cython" else "numpy",
    }
    if target != "numpy":
        chosen["codegen.cpp.extra_compile_args"] = exact_flags()
    if target == "cython":
        chosen["codegen.runtime.cython.cache_dir"] = str(_folder())
    return chosen


@cache
def _folder() -> Path:
    folder = Path(platformdirs.user_cache_dir("yuragi")) / "brian2"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return Path(tempfile.mkdtemp(prefix="yuragi-brian2-"))


@contextmanager
def session(
    plan: Plan, *, steps: int, target: Target, progress: Progress | None
) -> Iterator[Objects]:
    """Build and run; the objects can be read until the end of the session.

    Raises DependencyError where a C++ program is asked for and there is no compiler.
    """
    run = _standalone if target == "standalone" else _runtime
    with (
        np.errstate(all="ignore"),
        ended_by_signals(),
        grouped_compilers(),
        run(plan, steps, target, progress) as objects,
    ):
        yield objects


@contextmanager
def _runtime(
    plan: Plan, steps: int, target: Target, progress: Progress | None
) -> Iterator[Objects]:
    with isolated(settings(target)), _few_objects():
        objects = construct(plan)
        watch: dict[str, Any] = {}
        if progress is not None:
            watch = {"report": _Report(progress, steps), "report_period": 0.2 * second}
        objects.network.run(steps * plan.dt * second, namespace={}, **watch)
        yield objects


@contextmanager
def _few_objects() -> Iterator[None]:
    """Keep Brian2's garbage collection at the start of each run to what this run makes.

    It takes a tenth of a second over all that yuragi and its libraries hold, as much as a run.
    """
    ours = gc.get_freeze_count() == 0
    if ours:
        gc.freeze()
    try:
        yield
    finally:
        if ours:
            gc.unfreeze()


@dataclass(frozen=True, slots=True)
class _Report:
    """Brian2's report as ours."""

    progress: Progress
    steps: int

    def __call__(self, elapsed: Any, completed: float, start: Any, duration: Any) -> None:
        del elapsed, start, duration
        self.progress(round(completed * self.steps), self.steps)


class _Device(CPPStandaloneDevice):  # type: ignore[misc]  # Brian2 has no types
    """Compiles in a group of processes that ends with ours; Brian2's own would go on."""

    def compile_source(self, directory: str, compiler: str, debug: Any, clean: Any) -> None:
        """Call make, as Brian2 does."""
        if compiler == "msvc":
            super().compile_source(directory, compiler, debug, clean)
            return
        options = prefs.devices.cpp_standalone
        jobs = f"-j{os.cpu_count() or 1}"  # Brian2's own -j starts them all at once
        given = (jobs if word == "-j" else word for word in options.extra_make_args_unix)
        command = [*shlex.split(options.make_cmd_unix), *given]
        log = Path(directory) / "compile.log"
        if run_together(command, folder=Path(directory), log=log):
            last = log.read_text(errors="replace").strip()[-_MESSAGE:]
            raise RuntimeError(f"the compiler says: {last}")


@contextmanager
def _standalone(
    plan: Plan, steps: int, target: Target, progress: Progress | None
) -> Iterator[Objects]:
    """A device of its own, so that a user's standalone project is not touched."""
    if not compiler():
        raise DependencyError("Brian2's C++ standalone needs a C++ compiler such as g++")
    device = _Device()
    with (
        tempfile.TemporaryDirectory(prefix="yuragi-brian2-") as folder,
        isolated(settings(target), device),
    ):
        device.activate(build_on_run=False)
        objects = construct(plan, standalone=True)
        objects.network.run(steps * plan.dt * second, namespace={})
        try:
            device.build(directory=folder, compile=True, run=True, with_output=False)
        except (RuntimeError, OSError) as problem:
            raise RunError(f"Brian2's C++ program failed: {problem}") from problem
        if progress is not None:
            progress(steps, steps)
        yield objects
