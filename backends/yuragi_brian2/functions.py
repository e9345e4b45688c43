"""The functions of the equation language as Brian2 functions: NumPy, Cython and C++.

Brian2's own `exp` and the like are NumPy's on one target and the C library's on the others, and
sympy rewrites them. These are opaque to sympy and give the same bits everywhere.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from brian2.core.functions import Function

from yuragi.equations import exponential
from yuragi_brian2 import numpy_functions

__all__ = ["CPP", "cpp_source", "cython_source", "function", "numpy_source"]

_UNIFORM = """
    uint64_t low = 0xFFFFFFFFull;
    uint64_t c0 = (uint64_t)unit, c1 = (uint64_t)step & low;
    uint64_t c2 = (uint64_t)trial, c3 = (uint64_t)draw;
    uint64_t k0 = (uint64_t)key0, k1 = (uint64_t)key1;
    for (int round = 0; round < 10; round++) {
        uint64_t left = c0 * 0xD2511F53ull, right = c2 * 0xCD9E8D57ull;
        c0 = (right >> 32) ^ c1 ^ k0; c1 = right & low;
        c2 = (left >> 32) ^ c3 ^ k1; c3 = left & low;
        k0 = (k0 + 0x9E3779B9ull) & low; k1 = (k1 + 0xBB67AE85ull) & low;
    }
    uint64_t bits = (c0 >> 6) * (1ull << 26) + (c1 >> 6);
    return ((double)bits + 0.5) * 2.220446049250313e-16;
"""
_POW = """
    if (y == 2.0) return x*x;
    if (y == 0.5) return std::sqrt(x);
    if (y == -1.0) return 1.0/x;
    return x == 2.0 ? exp2(y) : std::pow(x, y);
"""
_EXPONENTIAL = ("exp", "exprel", "sigmoid", "tanh")
# The steps of yuragi.equations.exponential: one operation here for each there.
_REDUCED = f"""
#ifndef YURAGI_EXPONENTIAL
#define YURAGI_EXPONENTIAL
static inline double yuragi_power(int64_t k) {{
    union {{ uint64_t bits; double value; }} word;
    word.bits = ((uint64_t)k << 52) + {exponential.ONE}ull;
    return word.value;
}}
static inline double yuragi_reduced(double x, double &s, double &t) {{
    union {{ double value; int64_t bits; }} rounded;
    rounded.value = x*{exponential.LOG2_E!r} + {exponential.ROUND!r};
    double k = rounded.value - {exponential.ROUND!r};
    double r = (x - k*{exponential.LN2_HIGH!r}) - k*{exponential.LN2_LOW!r};
    double q = {exponential.COEFFICIENTS[0]!r};
{chr(10).join(f"    q = q*r + {c!r};" for c in exponential.COEFFICIENTS[1:])}
    int64_t half = rounded.bits >> 1;
    s = yuragi_power(half);
    t = yuragi_power(rounded.bits - half);
    return r + r*r*q;
}}
static inline double yuragi_within(double x) {{
    double low = x < {exponential.LOWEST!r} ? {exponential.LOWEST!r} : x;
    return low > {exponential.HIGHEST!r} ? {exponential.HIGHEST!r} : low;
}}
static inline double yuragi_exp(double x) {{
    double s, t, e = yuragi_reduced(yuragi_within(x), s, t);
    return (1.0 + e)*s*t;
}}
static inline double yuragi_expm1(double x) {{
    double s, t, z = yuragi_within(x), e = yuragi_reduced(z, s, t);
    return z > {exponential.LARGE!r} ? (1.0 + e)*s*t : (s*t)*e + (s*t - 1.0);
}}
static inline double yuragi_tanh(double x) {{
    double s, t, y = 2.0*std::fabs(x);
    double e = yuragi_reduced(y > {exponential.SATURATED!r} ? {exponential.SATURATED!r} : y, s, t);
    double grown = (s*t)*e + (s*t - 1.0);
    return copysign(grown/(grown + 2.0), x);
}}
static inline double yuragi_sigmoid(double x) {{
    double z = yuragi_exp(-std::fabs(x));
    return (x >= 0.0 ? 1.0 : z)/(1.0 + z);
}}
#endif
"""
# name -> (arguments, body in C++)
CPP: Mapping[str, tuple[str, str]] = {
    "abs": ("x", "return std::fabs(x);"),
    "and": ("x y", "return (x != 0.0) && (y != 0.0);"),
    "clip": (
        "x low high",
        "double m = (x > low || x != x) ? x : low; return (m < high || m != m) ? m : high;",
    ),
    "cos": ("x", "return std::cos(x);"),
    "div": ("x y", "return x/y;"),
    "eq": ("x y", "return x == y;"),
    "exp": ("x", "return yuragi_exp(x);"),
    "exprel": ("x", "return x == 0.0 ? 1.0 : yuragi_expm1(x)/x;"),
    "floor": ("x", "return std::floor(x);"),
    "ge": ("x y", "return x >= y;"),
    "gt": ("x y", "return x > y;"),
    "heaviside": ("x", "return x >= 0.0 ? 1.0 : 0.0;"),
    "le": ("x y", "return x <= y;"),
    "log": ("x", "return std::log(x);"),
    "lt": ("x y", "return x < y;"),
    "max": ("x y", "return (x > y || x != x) ? x : y;"),
    "min": ("x y", "return (x < y || x != x) ? x : y;"),
    "ne": ("x y", "return x != y;"),
    "not": ("x", "return x == 0.0;"),
    "or": ("x y", "return (x != 0.0) || (y != 0.0);"),
    "pow": ("x y", _POW),
    "relu": ("x", "return x > 0.0 ? x : 0.0*x;"),
    "sigmoid": ("x", "return yuragi_sigmoid(x);"),
    "sign": ("x", "return x > 0.0 ? 1.0 : (x < 0.0 ? -1.0 : (x == 0.0 ? 0.0 : x));"),
    "sin": ("x", "return std::sin(x);"),
    "sqrt": ("x", "return std::sqrt(x);"),
    "tanh": ("x", "return yuragi_tanh(x);"),
    "uniform": ("key0 key1 unit step trial draw", _UNIFORM),
    "where": ("condition x y", "return condition != 0.0 ? x : y;"),
}


def cpp_source(name: str) -> str:
    """The C++ text of a function."""
    words, body = CPP[name]
    arguments = ", ".join(f"double {word}" for word in words.split())
    before = _REDUCED if name in _EXPONENTIAL else ""
    return f"{before}static inline double {name}_f({arguments}) {{{body}}}\n"


def cython_source(name: str) -> str:
    """The same C++, made known to Cython; the compiler can put it in line."""
    words = CPP[name][0].split()
    lines = ["#include <cmath>", "#include <stdint.h>", *cpp_source(name).splitlines()]
    body = "\n".join(f"    {line}" for line in lines)
    arguments = ", ".join(["double"] * len(words))
    return (
        f'cdef extern from *:\n    """\n{body}\n    """\n'
        f"    double {name}_f({arguments}) noexcept nogil\n"
    )


def numpy_source(names: Iterable[str]) -> str:
    """The Python text of the NumPy functions, with what they call."""
    names = sorted(names)
    parts = []
    if any(name in _EXPONENTIAL for name in names):
        _, _, body = inspect.getsource(exponential).partition("Array = NDArray[Any]\n")
        parts.append(body.strip().replace("Array", "Any") + "\n")
    wanted = [numpy_functions.each, *(getattr(numpy_functions, f"{n}_f") for n in names)]
    return "\n\n".join([*parts, *(inspect.getsource(found) for found in wanted)])


@cache
def function(name: str) -> Any:
    """The Brian2 function `<name>_f`, for its three targets."""
    count = len(CPP[name][0].split())
    numpy = getattr(numpy_functions, f"{name}_f")
    made = Function(
        numpy,
        arg_units=[None] * count,
        return_unit=1,
        arg_types=["any"] * count,
        return_type="float",
    )
    made.implementations.add_numpy_implementation(numpy, discard_units=True)
    made.implementations.add_implementation("cython", cython_source(name), name=f"{name}_f")
    made.implementations.add_implementation("cpp", cpp_source(name), name=f"{name}_f")
    return made
