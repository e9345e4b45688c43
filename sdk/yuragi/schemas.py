"""A document checked against a pydantic schema, each failure named by file, line and field."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from yuragi.documents import Document
from yuragi.errors import ModelFileError, YuragiError

__all__ = ["Strict", "checked"]

Schema = TypeVar("Schema", bound=BaseModel)
_MOST_SHOWN = 10


class Strict(BaseModel):
    """A schema that refuses unknown keys and converts nothing."""

    # Built when something is first checked: a command checks few of all documents.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


def checked(
    document: Document, schema: type[Schema], error: type[YuragiError] = ModelFileError
) -> Schema:
    """Check `document.data` and return the schema's object.

    Errors: `error`, one line for each failure (the first ten), as
    "hw_profiles/loihi2.yaml, line 12, energy.synaptic_events.value: ...".
    """
    try:
        return schema.model_validate(document.data)
    except ValidationError as problem:
        failures = problem.errors(include_url=False, include_context=False)
    lines = [
        f"{document.where(failure['loc'])}: {_reason(failure['type'], failure['msg'])}"
        for failure in failures[:_MOST_SHOWN]
    ]
    if len(failures) > _MOST_SHOWN:
        lines.append(f"... and {len(failures) - _MOST_SHOWN} more")
    raise error("\n".join(lines))


def _reason(kind: str, message: str) -> str:
    return _REASONS.get(kind, message.removeprefix("Value error, "))


_REASONS = {
    "extra_forbidden": "unknown key",
    "missing": "this key is missing",
    "model_type": "expected keys with values",
}
