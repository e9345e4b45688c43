"""The folder that a run hands over and `yuragi export lava` writes; the same files for both."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi import noise
from yuragi.equations import exponential
from yuragi.equations import functions as meaning
from yuragi_lava.plan import Plan
from yuragi_lava.script import network_text, processes_text

__all__ = ["WORKER", "write_folder"]

Array = NDArray[Any]
WORKER = Path(__file__).with_name("worker")
_COPIED = (
    "run.py",
    "processes/__init__.py",
    "processes/projection.py",
    "support/__init__.py",
    "support/configuration.py",
    "support/equations.py",
    "support/models.py",
    "support/reading.py",
)


def write_folder(folder: Path, plans: Sequence[Plan], *, title: str) -> None:
    """Write everything that a run needs, one network for each plan.

    The meaning of functions and noise is the source of yuragi's own modules, so that there is one.
    """
    for name in ("processes", "support"):
        (folder / name).mkdir()
    for name in _COPIED:
        (folder / name).write_text((WORKER / name).read_text(encoding="utf-8"), encoding="utf-8")
    own = inspect.getsource(meaning).replace(
        f"from {exponential.__name__} ", "from support.exponential "
    )
    for name, text in (
        ("exponential", inspect.getsource(exponential)),
        ("functions", own),
        ("noise", inspect.getsource(noise)),
    ):
        (folder / "support" / f"{name}.py").write_text(text, encoding="utf-8")
    text, names = processes_text(plans)
    (folder / "processes" / "generated.py").write_text(text, encoding="utf-8")
    for plan in plans:
        text, arrays = network_text(plan, names, title)
        (folder / f"network_{plan.tag}.py").write_text(text, encoding="utf-8")
        with (folder / f"arrays_{plan.tag}.npz").open("wb") as stream:
            np.savez(stream, **arrays)  # type: ignore[arg-type]  # a dict of arrays
