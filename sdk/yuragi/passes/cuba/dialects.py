"""The readings of Loihi's compartment by name."""

from __future__ import annotations

from collections.abc import Mapping

from yuragi.errors import UnsupportedError
from yuragi.passes.cuba.brian2_loihi import BRIAN2_LOIHI
from yuragi.passes.cuba.dialect import Dialect
from yuragi.passes.cuba.lava import LAVA
from yuragi.passes.cuba.loihi import LOIHI
from yuragi.passes.cuba.nengo_loihi import NENGO_LOIHI

__all__ = ["DIALECTS", "find_dialect"]

DIALECTS: Mapping[str, Dialect] = {
    dialect.name: dialect for dialect in (LOIHI, LAVA, NENGO_LOIHI, BRIAN2_LOIHI)
}


def find_dialect(name: str | None) -> Dialect:
    """The dialect of that name, `loihi` for None; UnsupportedError where there is none."""
    if name is None:
        return LOIHI
    if name not in DIALECTS:
        raise UnsupportedError(f"no dialect {name!r}; there are {', '.join(DIALECTS)}")
    return DIALECTS[name]
