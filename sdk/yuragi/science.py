"""Published numbers that the models must reproduce, and what was found beside them.

A package offers families of targets through the entry-point group `yuragi.science`; each entry
names a package. In it `FAMILY.yaml` lists targets with their sources, and the module `FAMILY`
beside it, where there is one, maps ids to functions: `CHECKS = {"HOP-4": capacity, ...}`. A check
is called with the parameters of its row and returns a value, or one for each value of the row.
A row without a check is "not covered".
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, model_validator
from threadpoolctl import threadpool_limits

from yuragi.documents import read_yaml
from yuragi.errors import DependencyError, ModelFileError, YuragiError
from yuragi.schemas import Strict, checked

__all__ = ["Finding", "Target", "Value", "Verdict", "all_targets", "checks", "chosen", "examine"]

Value: TypeAlias = float | int | bool | str
Verdict: TypeAlias = Literal["holds", "fails", "not covered", "not run", "reported", "missing"]
Check: TypeAlias = Callable[..., Value | Sequence[Value]]


class Rule(Strict):
    """When a value is accepted; one of these is given.

    exact: equal to the target.      within: |ours - target| is at most this.
    relative: |ours - target| is at most this times |target|.
    factor: ours and target are above 0 and neither is more than this times the other.
    between: [least, most].      at_least, at_most, above, below: as they say.
    """

    exact: Literal[True] | None = None
    within: float | None = None
    relative: float | None = None
    factor: float | None = None
    between: tuple[float, float] | None = Field(default=None, strict=False)
    at_least: float | None = None
    at_most: float | None = None
    above: float | None = None
    below: float | None = None

    @model_validator(mode="after")
    def _one(self) -> Rule:
        if len(self.model_fields_set) != 1:
            raise ValueError("expected one rule, such as {within: 0.01}")
        return self

    def __str__(self) -> str:
        (name,) = self.model_fields_set
        bound = getattr(self, name)
        if name == "exact":
            return "exact"
        shown = " to ".join(f"{x:g}" for x in bound) if name == "between" else f"{bound:g}"
        return shown if name == "between" else f"{_SHOWN[name]}{shown}"

    def holds(self, ours: Value, target: Value) -> bool:
        """Whether ours is accepted; a nan never is."""
        (name,) = self.model_fields_set
        if name == "exact":
            return ours == target
        if isinstance(ours, str) or (isinstance(target, str) and name in _BESIDE):
            return False
        return _TESTS[name](ours, target, getattr(self, name))


def _factor(ours: float, target: float, most: float) -> bool:
    return ours > 0 and target > 0 and max(ours / target, target / ours) <= most


_BESIDE = ("within", "relative", "factor")
_SHOWN = {
    "within": "+-", "relative": "+- relative ", "factor": "within a factor ",
    "at_least": ">= ", "at_most": "<= ", "above": "> ", "below": "< ",
}  # fmt: skip
_TESTS: dict[str, Callable[[Any, Any, Any], bool]] = {
    "within": lambda ours, target, most: abs(ours - target) <= most,
    "relative": lambda ours, target, most: abs(ours - target) <= most * abs(target),
    "factor": _factor,
    "between": lambda ours, _, ends: ends[0] <= ours <= ends[1],
    "at_least": lambda ours, _, bound: ours >= bound,
    "at_most": lambda ours, _, bound: ours <= bound,
    "above": lambda ours, _, bound: ours > bound,
    "below": lambda ours, _, bound: ours < bound,
}

Rules: TypeAlias = Rule | list[Rule]
Values: TypeAlias = Value | list[Value]
Parameters: TypeAlias = dict[str, Any]


class _Short(Strict):
    """What a short form of a check changes."""

    parameters: Parameters = Field(default_factory=dict)
    accept: Rules | None = None


class _Row(Strict):
    id: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,39}$")]
    model: Annotated[str, Field(min_length=1, max_length=80)]
    quantity: Annotated[str, Field(min_length=1, max_length=400)]
    parameters: Parameters = Field(default_factory=dict)
    target: Values
    accept: Rules | None = None
    short: _Short | None = None
    long: bool = False
    source: Annotated[str, Field(min_length=1, max_length=800)]
    note: Annotated[str, Field(max_length=800)] = ""

    @model_validator(mode="after")
    def _lengths(self) -> _Row:
        count = len(self.target) if isinstance(self.target, list) else 1
        for accept in (self.accept, self.short.accept if self.short else None):
            if isinstance(accept, list) and len(accept) != count:
                raise ValueError(f"{len(accept)} rules for {count} value(s)")
        return self


class _File(Strict):
    yuragi: Literal[1]
    targets: list[_Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A number, or several, that a model must reproduce.

    parameters: what its check is called with;  short_parameters: in the short form.
    values: the target;  accept, short_accept: a rule for each; empty: reported, never judged.
    long: whether its full check takes minutes, so that it runs only where it is asked for.
    source: where the number is published, or from what it follows.
    """

    id: str
    family: str
    model: str
    quantity: str
    parameters: Mapping[str, Any]
    short_parameters: Mapping[str, Any]
    values: tuple[Value, ...]
    accept: tuple[Rule, ...]
    short_accept: tuple[Rule, ...]
    long: bool
    source: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found for one target.

    ours: a value for each of the target; empty where there is none.
    verdict: holds, fails, reported (no rule), not covered (no check), not run (it takes minutes),
        or missing (the check needs something that is not installed).
    """

    target: Target
    ours: tuple[Value, ...]
    verdict: Verdict
    seconds: float = 0.0
    message: str = ""


def all_targets() -> tuple[Target, ...]:
    """Every target of every installed package, by family, in the order of its file.

    Raises ModelFileError where a file is wrong or an id is used twice.
    """
    found = tuple(target for _, target in _targets())
    seen: dict[str, str] = {}
    for target in found:
        if target.id in seen:
            families = f"{seen[target.id]} and {target.family}"
            raise ModelFileError(f"the target {target.id} is listed twice, in {families}")
        seen[target.id] = target.family
    return found


def checks(family: str | None = None) -> Mapping[str, Check]:
    """The check of each id that has one, in one family or in all; loads no other family."""
    found: dict[str, Check] = {}
    for package in _packages():
        for path in _families(package):
            name = f"{package}.{path.stem}"
            wanted = family is None or path.stem == family
            if wanted and importlib.util.find_spec(name) is not None:
                found.update(importlib.import_module(name).CHECKS)
    return found


def chosen(names: Sequence[str]) -> tuple[Target, ...]:
    """The targets of these ids and families, all where there are none; ModelFileError otherwise."""
    targets = all_targets()
    known = {target.id for target in targets} | {target.family for target in targets}
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, sorted(known), n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ModelFileError(f"no target or family {name!r}{hint}")
    return tuple(t for t in targets if not names or t.id in names or t.family in names)


def examine(target: Target, check: Check | None, *, short: bool = False) -> Finding:
    """Run a check and judge what it returns.

    short: with the parameters and rules of the short form.
    """
    if check is None:
        return Finding(target=target, ours=(), verdict="not covered")
    accept = target.short_accept if short else target.accept
    start = time.perf_counter()
    try:
        with threadpool_limits(limits=1):  # small matrices wait for each other's threads
            found = check(**(target.short_parameters if short else target.parameters))
    except DependencyError as problem:
        return Finding(target=target, ours=(), verdict="missing", message=str(problem))
    except YuragiError as problem:
        return Finding(target=target, ours=(), verdict="fails", message=str(problem))
    seconds = time.perf_counter() - start
    ours = (found,) if isinstance(found, (int, float, str)) else tuple(found)
    verdict: Verdict = "reported"
    message = ""
    if len(ours) != len(target.values):
        verdict, message = "fails", f"{len(ours)} values for {len(target.values)}"
    elif accept:
        judged = zip(accept, ours, target.values, strict=True)
        verdict = "holds" if all(rule.holds(*pair) for rule, *pair in judged) else "fails"
    return Finding(target=target, ours=ours, verdict=verdict, seconds=seconds, message=message)


def _packages() -> list[str]:
    entries = sorted(entry_points(group="yuragi.science"), key=lambda entry: entry.name)
    return [entry.value for entry in entries]


def _families(package: str) -> list[Path]:
    with as_file(files(package)) as folder:
        return sorted(folder.glob("*.yaml"))


def _targets() -> Iterator[tuple[str, Target]]:
    for package in _packages():
        for path in _families(package):
            document = read_yaml(path, shown=f"{path.parent.name}/{path.name}")
            for row in checked(document, _File).targets:
                yield path.stem, _target(path.stem, row)


def _target(family: str, row: _Row) -> Target:
    values = tuple(row.target) if isinstance(row.target, list) else (row.target,)
    short = row.short or _Short()
    accept = _rules(row.accept, len(values))
    return Target(
        id=row.id,
        family=family,
        model=row.model,
        quantity=row.quantity,
        parameters=row.parameters,
        short_parameters={**row.parameters, **short.parameters},
        values=values,
        accept=accept,
        short_accept=_rules(short.accept, len(values)) or accept,
        long=row.long,
        source=row.source,
        note=row.note,
    )


def _rules(accept: Rules | None, count: int) -> tuple[Rule, ...]:
    if accept is None:
        return ()
    return tuple(accept) if isinstance(accept, list) else (accept,) * count
