"""The few machine instructions that compiled loops need and Numba does not offer."""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]  # has no types
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array

__all__ = [
    "add_row",
    "array_at",
    "bits_of",
    "flags",
    "from_bits",
    "ones",
    "per_line",
    "prefetch",
    "put",
]

_intrinsic: Any = intrinsic
_populate: Any = populate_array
_unpack: Any = cgutils.unpack_tuple
_WORD = ir.IntType(64)
_LANES = 16
_LINE = 64


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


@_intrinsic
def per_line(typing: Any, array: Any) -> Any:
    """How many elements of an array fill a cache line: known when compiled."""

    def generate(context: Any, _builder: Any, signature: Any, _args: Any) -> Any:
        size = context.get_abi_sizeof(context.get_data_type(signature.args[0].dtype))
        return context.get_constant(types.int64, _LINE // size)

    return types.int64(array), generate


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


def _place(context: Any, builder: Any, kind: Any, array: Any, index: Any, number: Any) -> Any:
    """The address of `number` in a row of an array, as that of a vector of so many."""
    start = context.make_array(kind)(context, builder, array).data
    place = builder.gep(start, [index])
    vector = ir.VectorType(context.get_data_type(kind.dtype), number)
    return builder.bitcast(place, vector.as_pointer())


def _lanes(number: int, width: int) -> Any:
    return ir.VectorType(ir.IntType(width), number)


@_intrinsic
def flags(typing: Any, row: Any, index: Any) -> Any:
    """A bit for each of 64 bytes from row[index]: whether it is not 0.  row: shape (n,)"""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = _place(context, builder, signature.args[0], args[0], args[1], 64)
        found = builder.load(place, align=1)
        return builder.bitcast(builder.icmp_unsigned("!=", found, found.type(None)), _WORD)

    return types.uint64(row, types.uint64), generate


@_intrinsic
def ones(typing: Any, word: Any) -> Any:
    """How many bits of a word are 1."""

    def generate(_context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ctpop(args[0])

    return types.uint64(types.uint64), generate


@_intrinsic
def put(typing: Any, listed: Any, place: Any, base: Any, table: Any, index: Any) -> Any:
    """listed[place + k] = base + table[index + k] for k from 0 to 7.

    listed: int32, shape (n,)      table: uint8, shape (m,)
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        into, where, start, held, row = args
        kinds = signature.args
        eight = builder.load(_place(context, builder, kinds[3], held, row, 8), align=1)
        wide = builder.zext(eight, _lanes(8, 32))
        one = builder.insert_element(wide.type(ir.Undefined), start, ir.IntType(32)(0))
        every = builder.shuffle_vector(one, one, _lanes(8, 32)(None))
        target = _place(context, builder, kinds[0], into, where, 8)
        builder.store(builder.add(wide, every), target, align=1)
        return context.get_dummy_value()

    return types.void(listed, types.uint64, types.int32, table, types.uint64), generate


@_intrinsic
def add_row(typing: Any, total: Any, seen: Any, rows: Any, index: Any, place: Any) -> Any:
    """total[place + k] += rows[index + k], and seen[place + k] += 1 where that is not 0; k < 16.

    total, seen: uint32, shape (n,)      rows: whole numbers of 32 bits at most, shape (m,)
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kinds = signature.args
        row = builder.load(_place(context, builder, kinds[2], args[2], args[3], _LANES), align=1)
        wide = row if row.type.element.width == 32 else builder.zext(row, _lanes(_LANES, 32))
        hit = builder.zext(builder.icmp_unsigned("!=", row, row.type(None)), wide.type)
        for array, kind, more in ((args[0], kinds[0], wide), (args[1], kinds[1], hit)):
            target = _place(context, builder, kind, array, args[4], _LANES)
            builder.store(builder.add(builder.load(target, align=1), more), target, align=1)
        return context.get_dummy_value()

    return types.void(total, seen, rows, types.uint64, types.uint64), generate
