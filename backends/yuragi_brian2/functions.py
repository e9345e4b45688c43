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
from yuragi_brian2 import numpy_functions, numpy_integers

__all__ = ["CPP", "INTEGER", "cpp_source", "cython_source", "function", "numpy_source"]

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

_TOP = "int64_t top = ((int64_t)1 << (bits - 1)) - 1;"
_SHIFT = """
    if (bits >= 0) return (int64_t)((uint64_t)x << bits);
    return (x + ((int64_t)1 << (-bits - 1))) >> -bits;
"""
# The same on int64: name -> (types of the arguments, arguments, body in C++)
INTEGER: Mapping[str, tuple[str, str, str]] = {
    "abs": ("int64_t", "x", "return x < 0 ? -x : x;"),
    "clip": (
        "int64_t int64_t int64_t",
        "x low high",
        "int64_t m = x > low ? x : low; return m < high ? m : high;",
    ),
    "decay": (
        "int64_t int64_t",
        "x keep",
        "return x < 0 ? -((-x*keep) >> 12) : (x*keep) >> 12;",
    ),
    "fixed": ("double int64_t", "x bits", "return (int64_t)std::floor(std::ldexp(x, (int)bits));"),
    "max": ("int64_t int64_t", "x y", "return x > y ? x : y;"),
    "min": ("int64_t int64_t", "x y", "return x < y ? x : y;"),
    "relu": ("int64_t", "x", "return x > 0 ? x : 0;"),
    "saturate": (
        "int64_t int64_t",
        "x bits",
        f"{_TOP} return x < -top ? -top : (x > top ? top : x);",
    ),
    "shift": ("int64_t int64_t", "x bits", _SHIFT),
    "shiftdown": ("int64_t int64_t", "x bits", "return x >> bits;"),
    "sign": ("int64_t", "x", "return (x > 0) - (x < 0);"),
    "where": ("int64_t int64_t int64_t", "condition x y", "return condition ? x : y;"),
    "whole": ("double", "x", "return (int64_t)x;"),
    "wrap": (
        "int64_t int64_t",
        "x bits",
        f"{_TOP} return ((x + top + 1) & (2*top + 1)) - top - 1;",
    ),
}


def _signature(name: str) -> tuple[str, list[str], list[str], str]:
    """The result, the types and names of the arguments, and the body of `exp_f` or `shift_w`."""
    stem, _, kind = name.rpartition("_")
    if kind == "f":
        words, body = CPP[stem]
        return "double", ["double"] * len(words.split()), words.split(), body
    types, words, body = INTEGER[stem]
    return "int64_t", types.split(), words.split(), body


def cpp_source(name: str) -> str:
    """The C++ text of a function, by its name in the code."""
    result, types, words, body = _signature(name)
    arguments = ", ".join(f"{kind} {word}" for kind, word in zip(types, words, strict=True))
    before = _REDUCED if name.removesuffix("_f") in _EXPONENTIAL else ""
    return f"{before}static inline {result} {name}({arguments}) {{{body}}}\n"


def cython_source(name: str) -> str:
    """The same C++, made known to Cython; the compiler can put it in line."""
    result, types, _, _ = _signature(name)
    lines = ["#include <cmath>", "#include <stdint.h>", *cpp_source(name).splitlines()]
    body = "\n".join(f"    {line}" for line in lines)
    return (
        f'cdef extern from *:\n    """\n{body}\n    """\n'
        f"    {result} {name}({', '.join(types)}) noexcept nogil\n"
    )


def _numpy(name: str) -> Any:
    return getattr(numpy_functions if name.endswith("_f") else numpy_integers, name)


def numpy_source(names: Iterable[str]) -> str:
    """The Python text of the NumPy functions, with what they call."""
    names = sorted(names)
    parts = []
    if any(name.removesuffix("_f") in _EXPONENTIAL for name in names):
        _, _, body = inspect.getsource(exponential).partition("Array = NDArray[Any]\n")
        parts.append(body.strip().replace("Array", "Any") + "\n")
    wanted = [numpy_functions.each] if any(name.endswith("_f") for name in names) else []
    wanted += [_numpy(name) for name in names]
    return "\n\n".join([*parts, *(inspect.getsource(found) for found in wanted)])


@cache
def function(name: str) -> Any:
    """The Brian2 function of that name in the code, for its three targets."""
    result, types, _, _ = _signature(name)
    numpy = _numpy(name)
    made = Function(
        numpy,
        arg_units=[None] * len(types),
        return_unit=1,
        arg_types=["any"] * len(types),
        return_type="float" if result == "double" else "integer",
    )
    made.implementations.add_numpy_implementation(numpy, discard_units=True)
    made.implementations.add_implementation("cython", cython_source(name), name=name)
    made.implementations.add_implementation("cpp", cpp_source(name), name=name)
    return made
