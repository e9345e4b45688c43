"""How much memory a described network will take, before any of it is taken."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from yuragi.documents import Field

__all__ = ["Need", "all_to_all", "check_memory", "physical_memory", "sparse", "state"]

_SHARE = 0.8
_UNKNOWN = 1 << 34
_WORD = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Bytes that one part of a network takes, and the field that asks for them."""

    field: Field
    what: str
    bytes: int


def physical_memory() -> int:
    """Bytes of memory of this machine; 16 GiB where it does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return _UNKNOWN


def state(size: int, states: int, ports: int, delay: int, trials: int) -> int:
    """Bytes of the state of a population, with the ring of what is still to arrive."""
    return _WORD * trials * size * (states + ports * (delay + 1) + 4)


def all_to_all(post: int, pre: int, copies: int = 2) -> int:
    """Bytes of a full array of weights while it is made."""
    return _WORD * post * pre * copies


def sparse(post: int, inputs: int) -> int:
    """Bytes of compressed rows while they are made and sorted."""
    return _WORD * post * inputs * 5


def check_memory(needs: Iterable[Need], memory: int | None = None) -> tuple[Field, str] | None:
    """The field that takes most and the reason to refuse it; None where all fits.

    memory: bytes of the machine; at most 80 % of them are given to one network.
    """
    held = list(needs)
    total = sum(need.bytes for need in held)
    available = int(_SHARE * (physical_memory() if memory is None else memory))
    if total <= available or not held:
        return None
    worst = max(held, key=lambda need: need.bytes)
    return worst.field, (
        f"{worst.what} takes about {_text(worst.bytes)}, the network about {_text(total)}; "
        f"{_text(available)} of this machine's memory may be used"
    )


def _text(size: int) -> str:
    for unit, bits in (("TiB", 40), ("GiB", 30), ("MiB", 20)):
        if size >= 1 << bits:
            return f"{size / (1 << bits):,.1f} {unit}"
    return f"{size:,} bytes"
