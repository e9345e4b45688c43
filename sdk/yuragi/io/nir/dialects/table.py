"""The dialects by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from yuragi.errors import GraphError
from yuragi.io.nir.dialects.exact import CLOSED_FORM, EXACT
from yuragi.io.nir.dialects.lava import LAVA
from yuragi.io.nir.dialects.nengo import NENGO
from yuragi.io.nir.dialects.norse import NORSE
from yuragi.io.nir.dialects.rockpool import ROCKPOOL
from yuragi.io.nir.dialects.rule import Dialect
from yuragi.io.nir.dialects.sinabs import SINABS
from yuragi.io.nir.dialects.snntorch import SNNTORCH
from yuragi.io.nir.dialects.spyx import SPYX

__all__ = ["DEFAULT_DT", "DIALECTS", "LOIHI", "find_dialect"]

DEFAULT_DT: Final = 1e-4  # of the NIR paper and of snnTorch's exporter
LOIHI: Final = "loihi"
DIALECTS: Final[Mapping[str, Dialect]] = {
    each.name: each
    for each in (CLOSED_FORM, EXACT, LAVA, NENGO, NORSE, ROCKPOOL, SINABS, SNNTORCH, SPYX)
}


def find_dialect(name: str) -> Dialect:
    """The dialect of that name; GraphError where there is none."""
    if name not in DIALECTS:
        listed = ", ".join(sorted((*DIALECTS, LOIHI)))
        raise GraphError(f"no NIR dialect {name!r}; there are {listed}")
    return DIALECTS[name]
