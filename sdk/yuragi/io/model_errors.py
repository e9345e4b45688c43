"""What is wrong with a model file, by file, line and field, with the nearest word that exists."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from yuragi.documents import Document, Field
from yuragi.errors import ModelFileError
from yuragi.io.model_schema import ModelSchema

__all__ = ["checked_model"]

_MOST_SHOWN = 10


def checked_model(document: Document) -> ModelSchema:
    """Check a file's data.  Raises ModelFileError, one line for each failure (the first ten)."""
    try:
        return ModelSchema.model_validate(document.data)
    except ValidationError as problem:
        failures = problem.errors(include_url=False, include_context=False)
    lines = [
        f"{document.where(_field(failure['loc']))}: "
        f"{_reason(failure['type'], failure['msg'], failure['loc'])}"
        for failure in failures[:_MOST_SHOWN]
    ]
    if len(failures) > _MOST_SHOWN:
        lines.append(f"... and {len(failures) - _MOST_SHOWN} more")
    raise ModelFileError("\n".join(lines))


def _field(loc: Field) -> Field:
    """The place in the file: without the names that the schema gives to its branches."""
    return tuple(part for part in loc if not (isinstance(part, str) and part.startswith("<")))


def _reason(kind: str, message: str, loc: Field) -> str:
    if kind == "missing":
        return "this key is missing"
    if kind == "model_type":
        return "expected keys with values"
    if kind != "extra_forbidden":
        return message.removeprefix("Value error, ")
    known = sorted(_keys(loc))
    near = difflib.get_close_matches(str(loc[-1]), known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
    return f"unknown key; {hint}" if known else "unknown key"


def _keys(loc: Field) -> set[str]:
    """The keys that the schema has beside the last part of `loc`."""
    here: list[type[BaseModel]] = [ModelSchema]
    for part in loc[:-1]:
        inner = [
            found
            for model in here
            for name, info in model.model_fields.items()
            if part == (info.alias or name)
            for found in _models(info.annotation)
        ]
        here = inner or here
    return {info.alias or name for model in here for name, info in model.model_fields.items()}


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The schemas that an annotation mentions."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)
