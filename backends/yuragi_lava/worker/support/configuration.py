"""Which ProcessModel runs a Process: Lava's own by the tag, and ours for what must be kept."""

from __future__ import annotations

from typing import Any

from lava.magma.core.run_configs import Loihi2HwCfg, Loihi2SimCfg
from lava.proc.io.sink import Read
from lava.proc.io.sink import RingBuffer as Sink
from lava.proc.sparse.process import DelaySparse

from support import models


def simulation(tag: str) -> Any:
    """Everything on this machine, in floats ("floating_pt") or integers ("fixed_pt")."""
    fixed = tag == "fixed_pt"
    return Loihi2SimCfg(
        select_tag=tag,
        exception_proc_model_map={
            Sink: models.KeptFixed if fixed else models.KeptFloat,
            Read: models.ReadFixed if fixed else models.ReadFloat,
            DelaySparse: models.DelaysFixed if fixed else models.DelaysFloat,
        },
    )


def hardware() -> Any:
    """Lava's configuration for Loihi 2; it needs Intel's extension of Lava and a board."""
    return Loihi2HwCfg(select_tag="fixed_pt")
