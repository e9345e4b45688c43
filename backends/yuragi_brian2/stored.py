"""Functions that hold an array: look-up tables, and rings of what was sent before.

Each is a text in C++, a text in Cython and a function in NumPy, for Brian2's three targets; an
exported script carries the same texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from brian2.core.functions import Function
from numpy.typing import NDArray

from yuragi_brian2.plan import Ring

__all__ = [
    "RING_CYTHON",
    "ring_cpp",
    "ring_cython",
    "ring_function",
    "ring_numpy",
    "table_cpp",
    "table_cython",
    "table_function",
    "table_numpy",
]

_TABLE = """
    static const int64_t knots[] = {{{knots}}};
    int64_t place = x - ({first}ll), span = {span}ll;
    place = place < 0 ? 0 : (place > span ? span : place);
    int64_t index = place >> {width};
    if (index > {last}) index = {last};
    int64_t rise = (knots[index + 1] - knots[index])*(place - (index << {width}));
    return knots[index] + {rounded};
"""
_RING = """
    {type} *at = {memory};
    at[(step % {depth})*{size} + unit] = x;
    return step < late ? 0 : at[((step - late) % {depth})*{size} + unit];
"""
RING_CYTHON = """
cdef {type} {name}({type} x, int64_t unit, int64_t step, int64_t late):
    global _namespace{name}_memory
    _namespace{name}_memory[(step % {depth})*{size} + unit] = x
    if step < late:
        return 0
    return _namespace{name}_memory[((step - late) % {depth})*{size} + unit]
"""


def table_numpy(table: Any, x: Any) -> Any:
    """Linear interpolation between the knots of a table, flat beyond its ends.

    table: [first, shift, y_0, ..., y_n]; knot k stands at first + k 2^shift.
    """
    first, width, knots = int(table[0]), int(table[1]), np.asarray(table[2:], dtype=np.int64)
    place = np.minimum(np.maximum(x - first, 0), (len(knots) - 1) << width)
    index = np.minimum(np.right_shift(place, width), len(knots) - 2)
    rise = (knots[index + 1] - knots[index]) * (place - np.left_shift(index, width))
    half = (1 << width) >> 1
    return knots[index] + np.right_shift(rise + half, width)


def ring_numpy(memory: Any, x: Any, unit: Any, step: Any, late: Any) -> Any:
    """Keep x, and return what was kept `late` steps before; 0 before the first.

    memory: shape (steps, units)
    """
    memory[step % len(memory), unit] = x
    return memory[(step - late) % len(memory), unit] if step >= late else np.zeros_like(memory[0])


def table_cpp(name: str, table: tuple[int, ...]) -> str:
    """The C++ text of a table."""
    first, width, *knots = table
    body = _TABLE.format(
        knots=", ".join(f"{knot}ll" for knot in knots),
        first=first,
        span=(len(knots) - 1) << width,
        width=width,
        last=len(knots) - 2,
        rounded=f"((rise + {1 << (width - 1)}ll) >> {width})" if width else "rise",
    )
    return f"static inline int64_t {name}(int64_t x) {{{body}}}\n"


def table_cython(name: str, table: tuple[int, ...]) -> str:
    """The same C++, made known to Cython."""
    body = "\n".join(f"    {line}" for line in table_cpp(name, table).splitlines())
    return (
        f'cdef extern from *:\n    """\n    #include <stdint.h>\n{body}\n    """\n'
        f"    int64_t {name}(int64_t) noexcept nogil\n"
    )


def table_function(name: str, table: tuple[int, ...]) -> Any:
    """A table as a Brian2 function."""
    return _made(
        1,
        lambda x: table_numpy(table, x),
        {"cython": table_cython(name, table), "cpp": table_cpp(name, table)},
        name,
        whole=True,
    )


def ring_cpp(ring: Ring) -> str:
    """The C++ text of a ring; a standalone program lives as long as its run."""
    kind = _type(ring)
    body = _RING.format(
        type=kind, memory=f"{ring.name}_memory.data()", depth=ring.depth, size=ring.size
    )
    return (
        f"#include <vector>\n"
        f"static std::vector<{kind}> {ring.name}_memory({ring.depth * ring.size}, 0);\n"
        f"static inline {kind} {ring.name}({kind} x, int64_t unit, int64_t step, int64_t late) "
        f"{{{body}}}\n"
    )


def ring_cython(ring: Ring) -> str:
    """The Cython text of a ring, whose array goes away with the run."""
    kind = _type(ring)
    return RING_CYTHON.format(type=kind, name=ring.name, depth=ring.depth, size=ring.size)


def ring_function(ring: Ring) -> Any:
    """A ring as a Brian2 function, with an array of its own."""
    kind = np.int64 if ring.whole else np.float64
    memory: NDArray[Any] = np.zeros((ring.depth, ring.size), dtype=kind)
    return _made(
        4,
        lambda x, unit, step, late: ring_numpy(memory, x, unit, step, late),
        {"cython": ring_cython(ring), "cpp": ring_cpp(ring)},
        ring.name,
        whole=ring.whole,
        held={f"{ring.name}_memory": memory.reshape(-1)},
    )


def _type(ring: Ring) -> str:
    return "int64_t" if ring.whole else "double"


def _made(
    count: int,
    numpy: Any,
    texts: Mapping[str, str],
    name: str,
    *,
    whole: bool,
    held: Mapping[str, Any] | None = None,
) -> Any:
    """A Brian2 function; `held` are the arrays of its Cython form."""
    made = Function(
        numpy,
        arg_units=[None] * count,
        return_unit=1,
        arg_types=["any"] * count,
        return_type="integer" if whole else "float",
        stateless=held is None,
    )
    made.implementations.add_numpy_implementation(numpy, discard_units=True)
    for target, text in texts.items():
        namespace = dict(held) if held and target == "cython" else None
        made.implementations.add_implementation(target, text, name=name, namespace=namespace)
    return made
