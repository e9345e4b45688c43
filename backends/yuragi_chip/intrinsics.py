"""The few machine instructions that compiled loops need and Numba does not offer."""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]  # has no types
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array

from yuragi_chip.vectors import LANES, SIDE

__all__ = [
    "add_four",
    "add_products",
    "array_at",
    "bits_of",
    "flags",
    "from_bits",
    "lowest",
    "ones",
    "per_line",
    "prefetch",
    "sum_rows",
]

_intrinsic: Any = intrinsic
_populate: Any = populate_array
_unpack: Any = cgutils.unpack_tuple
_variable: Any = cgutils.alloca_once_value
_function: Any = cgutils.get_or_insert_function
_WORD = ir.IntType(64)
_SUMS = 6
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
def lowest(typing: Any, word: Any) -> Any:
    """The place of the lowest bit of a word that is 1; any number for 0."""

    def generate(_context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.IntType(1)(1))

    return types.uint64(types.uint64), generate


@_intrinsic
def sum_rows(
    typing: Any, sums: Any, rows: Any, own: Any, listed: Any, width: Any, place: Any
) -> Any:
    """Sums over the listed units j, for 16 cores c from `place`, in registers on the way.

    sums[0, c], sums[5, c]: rows[j, c], and how many of them are not 0.
    sums[1, c] to sums[4, c]: 1 and own[j, 1:], of units with own[j, 0] = c.
    sums: uint32, shape (6, width)      rows: whole numbers, shape (size, width)
    own: whole numbers, shape (size, 4)      listed: int32
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kinds, lanes = signature.args, _lanes(LANES, 32)
        held, _, single, chosen = (
            context.make_array(kind)(context, builder, array)
            for kind, array in zip(kinds[:4], args[:4], strict=True)
        )
        first = builder.trunc(args[5], ir.IntType(32))
        cores = builder.add(_every(builder, first), lanes(list(range(LANES))))
        found = [_variable(builder, lanes(None)) for _ in range(_SUMS)]
        with cgutils.for_range(builder, builder.extract_value(chosen.shape, 0)) as loop:
            unit = builder.zext(builder.load(builder.gep(chosen.data, [loop.index])), _WORD)
            index = builder.add(builder.mul(unit, args[4]), args[5])
            row = builder.load(_place(context, builder, kinds[1], args[1], index, LANES), align=1)
            wide = row if row.type == lanes else builder.zext(row, lanes)
            mine = builder.gep(single.data, [builder.mul(unit, _WORD(4))])
            found_at = (builder.load(builder.gep(mine, [_WORD(k)])) for k in range(4))
            home, *others = (_every(builder, _wide(builder, one)) for one in found_at)
            here = builder.icmp_unsigned("==", cores, home)
            more = [wide, builder.zext(here, lanes)]
            more += [builder.select(here, other, lanes(None)) for other in others]
            more += [builder.zext(builder.icmp_unsigned("!=", row, row.type(None)), lanes)]
            for sum_, value in zip(found, more, strict=True):
                builder.store(builder.add(builder.load(sum_), value), sum_)
        for k, sum_ in enumerate(found):
            start = builder.add(builder.mul(_WORD(k), args[4]), args[5])
            target = builder.bitcast(builder.gep(held.data, [start]), lanes.as_pointer())
            builder.store(builder.load(sum_), target, align=1)
        return context.get_dummy_value()

    return types.void(sums, rows, own, listed, types.uint64, types.uint64), generate


def _wide(builder: Any, word: Any) -> Any:
    wide = ir.IntType(32)
    return word if word.type == wide else builder.zext(word, wide)


def _every(builder: Any, word: Any, number: int = LANES) -> Any:
    """A vector of so many times the same."""
    empty = ir.VectorType(word.type, number)(ir.Undefined)
    one = builder.insert_element(empty, word, ir.IntType(32)(0))
    return builder.shuffle_vector(one, empty, _lanes(number, 32)(None))


@_intrinsic
def add_four(typing: Any, row: Any, target: Any, weight: Any, place: Any) -> Any:
    """row[target[e]] += weight[e] for four e from `place`, one after the other.

    Four weights, and as many targets as a word holds, are read at a time: a processor reads and
    writes less often than it adds.      row, target, weight: shape (n,)
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kinds = signature.args
        sums = context.make_array(kinds[0])(context, builder, args[0]).data
        at = _place(context, builder, kinds[2], args[2], args[3], 4)
        weights = _kept(builder, _as(builder, builder.load(at, align=1), sums.type.pointee))
        units = _units(context, builder, kinds[1], args[1], args[3])
        add = builder.add if isinstance(kinds[0].dtype, types.Integer) else builder.fadd
        for k, unit in enumerate(units):
            sum_ = builder.gep(sums, [unit])
            one = builder.extract_element(weights, ir.IntType(32)(k))
            builder.store(add(builder.load(sum_), one), sum_)
        return context.get_dummy_value()

    return types.void(row, target, weight, types.int64), generate


def _units(context: Any, builder: Any, kind: Any, array: Any, index: Any) -> list[Any]:
    """Four whole numbers that are not negative, from words of 64 bits."""
    width = kind.dtype.bitwidth
    each, mask = 64 // width, _WORD((1 << width) - 1)
    start = context.make_array(kind)(context, builder, array).data
    units = []
    for k in range(0, 4, each):
        place = builder.gep(start, [builder.add(index, _WORD(k))])
        word = builder.load(builder.bitcast(place, _WORD.as_pointer()), align=1)
        units += [
            builder.and_(builder.lshr(word, _WORD(width * part)), mask) for part in range(each)
        ]
    return units


def _kept(builder: Any, vector: Any) -> Any:
    """The same floats, read as a vector: LLVM would read them one by one."""
    kind = vector.type
    if isinstance(kind.element, ir.IntType):
        return vector
    name = f"llvm.arithmetic.fence.v{kind.count}{kind.element.intrinsic_name}"
    fence = _function(builder.module, ir.FunctionType(kind, [kind]), name)
    return builder.call(fence, [vector])


@_intrinsic
def add_products(
    typing: Any,
    row: Any,
    place: Any,
    weight: Any,
    source: Any,
    values: Any,
    scale: Any,
    start: Any,
    stop: Any,
) -> Any:
    """row[place + k] += weight[e, k] (values[source[e, k]] scale) for e from start to stop-1.

    k < SIDE; one product after the other for each k, each rounded.
    row: shape (n,)      weight, source: shape (entries, SIDE)      values: shape (units,)
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kinds = signature.args
        kind = context.get_data_type(kinds[0].dtype)
        real = isinstance(kind, (ir.DoubleType, ir.FloatType))
        target = _place(context, builder, kinds[0], args[0], args[1], SIDE)
        units = context.make_array(kinds[3])(context, builder, args[3]).data
        sent = context.make_array(kinds[4])(context, builder, args[4]).data
        factor = _every(builder, context.cast(builder, args[5], kinds[5], kinds[0].dtype), SIDE)
        held = _variable(builder, builder.load(target, align=1))
        with cgutils.for_range_slice(builder, args[6], args[7], _WORD(1), _WORD) as (entry, _):
            first = builder.mul(entry, _WORD(SIDE))
            gathered = ir.VectorType(kind, SIDE)(ir.Undefined)
            for k in range(SIDE):
                unit = builder.load(builder.gep(units, [builder.add(first, _WORD(k))]))
                value = builder.load(builder.gep(sent, [builder.zext(unit, _WORD)]))
                value = context.cast(builder, value, kinds[4].dtype, kinds[0].dtype)
                gathered = builder.insert_element(gathered, value, ir.IntType(32)(k))
            at = _place(context, builder, kinds[2], args[2], first, SIDE)
            w = _as(builder, builder.load(at, align=1), kind)
            multiply, add = (builder.fmul, builder.fadd) if real else (builder.mul, builder.add)
            product = multiply(w, multiply(gathered, factor))
            builder.store(add(builder.load(held), product), held)
        builder.store(builder.load(held), target, align=1)
        return context.get_dummy_value()

    word = types.int64
    return types.void(row, types.uint64, weight, source, values, word, word, word), generate


def _as(builder: Any, vector: Any, kind: Any) -> Any:
    """Signed whole numbers or floats as other such numbers."""
    old, new = vector.type.element, ir.VectorType(kind, vector.type.count)
    if old == kind:
        return vector
    if isinstance(old, ir.IntType):
        if not isinstance(kind, ir.IntType):
            return builder.sitofp(vector, new)
        return (builder.sext if old.width < kind.width else builder.trunc)(vector, new)
    return builder.fpext(vector, new)
