"""The weights of a projection in a model file, and the memory that they will take."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from yuragi.errors import GraphError
from yuragi.io.model_arrays import ModelArrays
from yuragi.io.model_schema import ConvSchema, RandomSchema, RuleSchema
from yuragi.memory import all_to_all, sparse
from yuragi.wiring.convolution import avg_pool2d, conv1d, conv2d, sum_pool2d
from yuragi.wiring.maps import LinearMap, as_map
from yuragi.wiring.rules import hebbian, one_to_one, random, ring

__all__ = ["weights_need", "weights_of"]

_FEW_SOURCES = 4


def weights_need(weights: Any, post: int, pre: int, arrays: ModelArrays) -> int:
    """Bytes that `weights_of` will take at most."""
    if isinstance(weights, RuleSchema):
        return _rule_need(weights, post, pre, arrays)
    if isinstance(weights, (int, float)):
        return all_to_all(post, pre)
    return 2 * 8 * math.prod(arrays.shape(weights))


def _rule_need(rule: RuleSchema, post: int, pre: int, arrays: ModelArrays) -> int:
    if rule.hebbian is not None:
        size = arrays.shape(rule.hebbian)[-1:] or (1,)
        return all_to_all(size[0], size[0], copies=3)
    if rule.conv is not None:
        return _conv_need(rule.conv, post, arrays)
    pool = rule.sum_pool or rule.avg_pool
    if pool is not None:
        return sparse(post, math.prod(_pair(pool.window)))
    if rule.random is None:
        return sparse(post, 1)
    inputs = _inputs(rule.random, pre)
    # Many sources are chosen by sorting a full row of draws.
    full = inputs * _FEW_SOURCES >= pre
    return sparse(post, inputs) + (all_to_all(post, pre) if full else 0)


def _conv_need(rule: ConvSchema, post: int, arrays: ModelArrays) -> int:
    return sparse(post, math.prod(arrays.shape(rule.kernel)[1:]))


def _pair(window: Any) -> tuple[int, ...]:
    return tuple(window) if isinstance(window, list) else (window, window)


def _inputs(rule: RandomSchema, pre: int) -> int:
    if rule.inputs is not None:
        return rule.inputs
    return max(1, round((1.0 if rule.density is None else rule.density) * pre))


def weights_of(
    weights: Any, post: int, pre: int, arrays: ModelArrays, *, seed: tuple[int, int]
) -> LinearMap:
    """The map of what a projection says.

    seed: the model's and the place of the projection, for a random rule without a seed of its own.
    Raises GraphError where it does not fit the populations.
    """
    if isinstance(weights, RuleSchema):
        return _rule(weights, post, pre, arrays, seed)
    if isinstance(weights, (int, float)):
        return as_map(np.full((post, pre), float(weights)))
    return as_map(arrays.array(weights))


def _rule(
    rule: RuleSchema, post: int, pre: int, arrays: ModelArrays, seed: tuple[int, int]
) -> LinearMap:
    if rule.hebbian is not None:
        return hebbian(arrays.array(rule.hebbian))
    if rule.random is not None:
        own = rule.random.seed
        drawn = int(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0])
        return random(
            post,
            pre,
            inputs=_inputs(rule.random, pre),
            radius=rule.random.radius,
            low=rule.random.low,
            high=rule.random.high,
            seed=drawn if own is None else own,
        )
    if rule.conv is not None:
        return _conv(rule.conv, arrays)
    for pool, make in ((rule.sum_pool, sum_pool2d), (rule.avg_pool, avg_pool2d)):
        if pool is not None:
            return make(
                pool.channels, pool.size, pool.window, stride=pool.stride, padding=pool.padding
            )
    if post != pre:
        raise GraphError(f"the rule joins populations of one size, found {post} and {pre}")
    if rule.ring is not None:
        return ring(post, rule.ring)
    return one_to_one(post, 1.0 if rule.one_to_one is None else rule.one_to_one)


def _conv(rule: ConvSchema, arrays: ModelArrays) -> LinearMap:
    kernel = arrays.array(rule.kernel)
    make = conv1d if kernel.ndim == 3 else conv2d
    return make(
        kernel,
        rule.size,
        stride=rule.stride,
        padding=rule.padding,
        dilation=rule.dilation,
        groups=rule.groups,
    )
