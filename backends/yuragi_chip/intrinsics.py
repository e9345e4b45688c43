"""The few machine instructions that compiled loops need and Numba does not offer."""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]  # has no types
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array

__all__ = ["array_at", "bits_of", "call", "from_bits", "prefetch"]

_intrinsic: Any = intrinsic
_populate: Any = populate_array
_unpack: Any = cgutils.unpack_tuple
_WORD = ir.IntType(64)


@_intrinsic
def array_at(typing: Any, address: Any, shape: Any, dtype: Any) -> Any:
    """The contiguous array of a shape at an address; lighter to compile than `numba.carray`."""
    kind = types.Array(dtype.dtype, len(shape), "C")

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(kind)(context, builder)
        lengths = _unpack(builder, args[1], len(shape))
        size = context.get_abi_sizeof(context.get_data_type(kind.dtype))
        strides = [context.get_constant(types.intp, size)]
        for length in reversed(lengths[1:]):
            strides.insert(0, builder.mul(strides[0], length))
        _populate(
            array,
            data=builder.inttoptr(args[0], array.data.type),
            shape=lengths,
            strides=strides,
            itemsize=context.get_constant(types.intp, size),
            meminfo=None,
        )
        return array._getvalue()

    return kind(address, shape, dtype), generate


@_intrinsic
def call(typing: Any, function: Any, table: Any, step: Any, first: Any, last: Any) -> Any:
    """Call the compiled function at an address with four whole numbers."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(ir.VoidType(), [_WORD] * 4)
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), args[1:])
        return context.get_dummy_value()

    word = types.int64
    return types.void(word, word, word, word, word), generate


@_intrinsic
def prefetch(typing: Any, array: Any, index: Any) -> Any:
    """Ask for array[index] before it is needed.  array: shape (n,)"""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        byte = ir.IntType(8).as_pointer()
        start = context.make_array(signature.args[0])(context, builder, args[0]).data
        place = builder.bitcast(builder.gep(start, [args[1]]), byte)
        kind = ir.FunctionType(ir.VoidType(), [byte, *[ir.IntType(32)] * 3])
        function = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        read, keep, data = (ir.IntType(32)(k) for k in (0, 3, 1))
        builder.call(function, [place, read, keep, data])
        return context.get_dummy_value()

    return types.void(array, types.int64), generate


def _same_bits(_context: Any, builder: Any, signature: Any, args: Any) -> Any:
    return builder.bitcast(args[0], _context.get_value_type(signature.return_type))


@_intrinsic
def bits_of(typing: Any, number: Any) -> Any:
    """The bits of a float64, as int64."""
    return types.int64(types.float64), _same_bits


@_intrinsic
def from_bits(typing: Any, bits: Any) -> Any:
    """The float64 that has these bits."""
    return types.float64(types.int64), _same_bits
