"""Convolution and pooling: one kernel that serves every place of an image.

Units of an image are numbered channel by channel, then along its axes, the last axis fastest:
unit = (channel * height + y) * width + x. To flatten an image changes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias, final

import numpy as np
import scipy.sparse
from numpy.typing import ArrayLike, NDArray

from yuragi.errors import GraphError
from yuragi.wiring.maps import LinearMap

__all__ = ["Convolution", "Padding", "avg_pool2d", "conv1d", "conv2d", "sum_pool2d"]

Array = NDArray[Any]
Ints: TypeAlias = tuple[int, ...]
Pairs: TypeAlias = tuple[tuple[int, int], ...]
Padding: TypeAlias = int | Sequence[int] | Sequence[Sequence[int]] | Literal["same", "valid"]
_MOST = 2**31 - 1


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Convolution(LinearMap):
    """Cross-correlation of an image with a kernel; with one axis or more.

        y[o, p] = sum_c sum_k kernel[o, c, k] x[c0(o) + c, stride*p + dilation*k - padding]

    with zeros outside the image and c0 the first channel of the group of o.

    kernel: shape (channels out, channels in / groups, *window)
    size: of the image that comes in, without its channels.
    stride, dilation: for each axis.      padding: zeros (before, after) each axis.
    Sums are formed over ascending source units.
    """

    kernel: Array
    size: Ints
    stride: Ints
    padding: Pairs
    dilation: Ints
    groups: int = 1

    def __post_init__(self) -> None:
        _check(self)

    @property
    def window(self) -> Ints:
        """The size of the kernel along each axis."""
        return tuple(int(n) for n in self.kernel.shape[2:])

    @property
    def input_shape(self) -> Ints:
        """(channels, *size) of the image that comes in."""
        return (int(self.kernel.shape[1]) * self.groups, *self.size)

    @property
    def output_shape(self) -> Ints:
        """(channels, *size) of the image that goes out."""
        return (int(self.kernel.shape[0]), *_output_size(self))

    @property
    def shape(self) -> tuple[int, int]:
        return math.prod(self.output_shape), math.prod(self.input_shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.kernel.dtype

    @property
    def synapses(self) -> int:
        kept = np.ones_like(self.kernel) if self.kernel.dtype.kind == "f" else self.kernel
        used = np.count_nonzero(kept, axis=(0, 1)).reshape(-1)
        return sum(int(n) * places for n, places in zip(used, _places(self), strict=True))

    @property
    def shared_weights(self) -> int | None:
        return int(self.kernel.size)

    def csr(self) -> scipy.sparse.csr_array:
        source, taps, counts = _pattern(self)
        out, inner = self.kernel.shape[:2]
        per_group = inner * math.prod(self.size)
        first = np.repeat(np.arange(self.groups) * per_group, out // self.groups)
        indices = (first[:, None] + source).reshape(-1).astype(np.int32)
        data = self.kernel.reshape(out, -1)[:, taps].reshape(-1)
        indptr = np.concatenate(([0], np.cumsum(np.tile(counts, out)))).astype(np.int32)
        return scipy.sparse.csr_array((data, indices, indptr), shape=self.shape)

    def values(self) -> Array:
        return self.kernel.reshape(-1)

    def changed(self, values: Array) -> Convolution:
        return replace(self, kernel=values.reshape(self.kernel.shape))


def _check(conv: Convolution) -> None:
    axes = len(conv.size)
    if not 1 <= axes <= 3 or conv.kernel.ndim != axes + 2 or not conv.kernel.size:
        raise GraphError(
            f"kernel: expected shape (channels out, channels in / groups, window of {axes} "
            f"axes), found {conv.kernel.shape}"
        )
    if conv.kernel.dtype.kind == "f" and not np.isfinite(conv.kernel).all():
        raise GraphError("kernel: expected finite numbers, found nan or infinity")
    if conv.groups < 1 or conv.kernel.shape[0] % conv.groups:
        raise GraphError(
            f"groups {conv.groups}: expected a divisor of {conv.kernel.shape[0]} channels"
        )
    wanted = (("size", conv.size, 1), ("stride", conv.stride, 1), ("dilation", conv.dilation, 1))
    flat = tuple(n for pair in conv.padding for n in pair)
    for name, given, least in (*wanted, ("padding", flat, 0)):
        if not all(least <= n <= _MOST for n in given):
            raise GraphError(f"{name} {given}: expected from {least}")
    if not len(conv.stride) == len(conv.dilation) == len(conv.padding) == axes:
        raise GraphError(f"stride, padding and dilation: expected one for each of {axes} axes")
    if min(_output_size(conv)) < 1:
        raise GraphError(
            f"window {conv.window} with dilation {conv.dilation} does not fit an image of "
            f"{conv.size} with padding {conv.padding}"
        )
    inner = int(conv.kernel.shape[0]) * int(conv.kernel.shape[1])
    if max(*conv.shape, inner * sum(_places(conv))) > _MOST:
        raise GraphError(f"convolution: more than {_MOST:,} units or synapses")


def _output_size(conv: Convolution) -> Ints:
    """floor((n + padding - dilation*(window - 1) - 1) / stride) + 1 along each axis."""
    axes = zip(conv.size, conv.window, conv.stride, conv.padding, conv.dilation, strict=True)
    return tuple((n + sum(pad) - d * (k - 1) - 1) // s + 1 for n, k, s, pad, d in axes)


def _places(conv: Convolution) -> list[int]:
    """At how many places each tap of the window meets the image, taps in order."""
    total = [1]
    for axis, out in enumerate(_output_size(conv)):
        n, s, d = conv.size[axis], conv.stride[axis], conv.dilation[axis]
        low = conv.padding[axis][0]
        here = [
            min(out - 1, (n - 1 + low - k * d) // s) - max(0, -((k * d - low) // s)) + 1
            for k in range(conv.window[axis])
        ]
        total = [a * max(0, b) for a in total for b in here]
    return total


def _pattern(conv: Convolution) -> tuple[Array, Array, Array]:
    """Sources and taps of the synapses of one channel, and how many each of its units has.

    Taps count over (channel of the group, window); sources ascend for each unit.
    """
    place, met = np.zeros((1, 1), dtype=np.int64), np.ones((1, 1), dtype=np.bool_)
    for axis, out in enumerate(_output_size(conv)):
        at = np.arange(out)[:, None] * conv.stride[axis] - conv.padding[axis][0]
        at = at + np.arange(conv.window[axis]) * conv.dilation[axis]  # (out, window)
        inside = (at >= 0) & (at < conv.size[axis])
        shape = len(place) * out, place.shape[1] * conv.window[axis]
        place = (place[:, None, :, None] * conv.size[axis] + at[None, :, None, :]).reshape(shape)
        met = (met[:, None, :, None] & inside[None, :, None, :]).reshape(shape)
    channels = int(conv.kernel.shape[1])
    channel = np.arange(channels)[:, None]
    every = (len(place), channels, place.shape[1])
    chosen = np.broadcast_to(met[:, None, :], every)
    sources = (place[:, None, :] + channel * math.prod(conv.size))[chosen]
    taps = np.broadcast_to(channel * place.shape[1] + np.arange(place.shape[1]), every)[chosen]
    return sources, taps, met.sum(axis=1) * channels


# -- how people write them -----------------------------------------------------------------------


def conv2d(
    weight: ArrayLike,
    input_shape: Sequence[int],
    *,
    stride: int | Sequence[int] = 1,
    padding: Padding = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Convolution:
    """A two-dimensional convolution, as PyTorch's Conv2d without its bias.

    weight: shape (channels out, channels in / groups, window y, window x)
    input_shape: (height, width) of the image that comes in.
    padding: zeros on both sides, one number or one for each axis, or (before, after) for each
        axis; "valid": none; "same": as many as keep the size of the image, with stride 1.
    Raises GraphError where these do not fit each other.
    """
    return _convolution(weight, input_shape, 2, stride, padding, dilation, groups)


def conv1d(
    weight: ArrayLike,
    input_shape: int | Sequence[int],
    *,
    stride: int | Sequence[int] = 1,
    padding: Padding = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Convolution:
    """A one-dimensional convolution, otherwise as `conv2d`.

    weight: shape (channels out, channels in / groups, window)
    """
    return _convolution(weight, input_shape, 1, stride, padding, dilation, groups)


def sum_pool2d(
    channels: int,
    input_shape: Sequence[int],
    kernel_size: int | Sequence[int],
    *,
    stride: int | Sequence[int] | None = None,
    padding: Padding = 0,
) -> Convolution:
    """The sum over a window of each channel, laid side by side unless a stride says otherwise.

    input_shape: (height, width) of the image that comes in.
    """
    window = _each(kernel_size, 2, "kernel_size")
    if not 1 <= channels <= _MOST or not 1 <= channels * math.prod(window) <= _MOST:
        raise GraphError(f"{channels} channels, kernel_size {kernel_size}: expected from 1")
    step = kernel_size if stride is None else stride
    ones = np.ones((channels, 1, *window))
    return _convolution(ones, input_shape, 2, step, padding, 1, channels)


def avg_pool2d(
    channels: int,
    input_shape: Sequence[int],
    kernel_size: int | Sequence[int],
    *,
    stride: int | Sequence[int] | None = None,
    padding: Padding = 0,
) -> Convolution:
    """The mean over a window of each channel, padding counted, otherwise as `sum_pool2d`."""
    pool = sum_pool2d(channels, input_shape, kernel_size, stride=stride, padding=padding)
    return pool.changed(pool.values() / math.prod(pool.window))


def _convolution(
    weight: ArrayLike,
    size: int | Sequence[int],
    axes: int,
    stride: int | Sequence[int],
    padding: Padding,
    dilation: int | Sequence[int],
    groups: int,
) -> Convolution:
    try:
        kernel = np.array(weight, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise GraphError(f"kernel: expected an array of numbers ({error})") from None
    if kernel.ndim != axes + 2:
        raise GraphError(f"kernel: expected {axes + 2} dimensions, found shape {kernel.shape}")
    steps, apart = _each(stride, axes, "stride"), _each(dilation, axes, "dilation")
    if padding == "same" and max(steps) > 1:
        raise GraphError(f'padding "same" keeps the size of an image; stride {steps} does not')
    reach = tuple(d * (k - 1) for d, k in zip(apart, kernel.shape[2:], strict=True))
    return Convolution(
        kernel=kernel,
        size=_each(size, axes, "input_shape"),
        stride=steps,
        padding=_pairs(padding, reach),
        dilation=apart,
        groups=groups,
    )


def _each(given: int | Sequence[int], axes: int, name: str) -> Ints:
    """One whole number for each axis."""
    found = np.asarray(given)
    if found.dtype.kind not in "iu" or found.shape not in ((), (axes,)):
        raise GraphError(f"{name} {given!r}: expected a whole number, or {axes} of them")
    return tuple(int(n) for n in np.broadcast_to(found, (axes,)))


def _pairs(padding: Padding, reach: Ints) -> Pairs:
    """Zeros before and after each axis.  reach: how far the window goes beyond its first tap."""
    if isinstance(padding, str):
        if padding not in ("same", "valid"):
            raise GraphError(f'padding {padding!r}: expected numbers, "same" or "valid"')
        same = padding == "same"
        return tuple((n // 2, n - n // 2) if same else (0, 0) for n in reach)
    axes = len(reach)
    found = np.asarray(padding)
    if found.shape != (axes, 2):
        return tuple((n, n) for n in _each(padding, axes, "padding"))  # type: ignore[arg-type]  # checked there
    if found.dtype.kind not in "iu":
        raise GraphError(f"padding {padding!r}: expected whole numbers")
    return tuple((int(before), int(after)) for before, after in found)
