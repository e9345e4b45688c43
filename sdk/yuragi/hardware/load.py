"""Profiles found by name or by path."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pathlib import Path

from yuragi.documents import Document, read_yaml
from yuragi.errors import ProfileError
from yuragi.hardware.given import with_given
from yuragi.hardware.profile import Profile
from yuragi.hardware.reading import constant_sets, profile_from
from yuragi.hardware.sanafe import is_architecture, profile_from_architecture

__all__ = ["load", "names", "sets"]

_PACKAGE = Path(__file__).resolve().parents[1]
# A wheel carries the folder inside the package; a checkout has it beside sdk/.
_FOLDERS = (_PACKAGE / "hw_profiles", _PACKAGE.parents[1] / "hw_profiles")
_LARGEST = 1 << 20
# At least two characters before the colon: C:\profile.yaml names no set.
_WITH_SET = re.compile(r"(.{2,}):([a-z][a-z0-9_]{0,39})")


def names() -> tuple[str, ...]:
    """The names of the profiles that come with yuragi, sorted."""
    folder = _folder()
    return tuple(sorted(path.stem for path in folder.glob("*.yaml")))


def load(
    name_or_path: str | Path,
    *,
    constants: str | None = None,
    power_w: float | None = None,
    static_w: float | None = None,
    step_s: float | None = None,
    clock_hz: float | None = None,
) -> Profile:
    """Load a profile that comes with yuragi by its name, or any other by its path.

    A text with a path separator or ending in .yaml or .yml is a path; a SANA-FE architecture
    (a file that starts with `architecture:`) is read as a profile too.

        constants: a named set of constants; "loihi:sanafe" says the same in one text.
        power_w: watts of the whole chip, instead of every energy and power of the profile.
        static_w: watts of a chip in use whatever it does, instead of the profile's.
        step_s: seconds from step to step, instead of every latency of the profile.
        clock_hz: another clock, for a profile that states one; latencies scale with its period.

    Errors: ProfileError where there is no such profile or set, its file is wrong, or a given
    number is.
    """
    text = str(name_or_path)
    found = _WITH_SET.fullmatch(text)
    if found:
        if constants is not None and constants != found[2]:
            raise ProfileError(f"profile {text!r}: constants {constants!r} are asked for too")
        text, constants = found[1], found[2]
    document = _document(text, is_path=isinstance(name_or_path, Path) or _is_path(text))
    if is_architecture(document):
        if constants is not None:
            raise ProfileError(f"{document.path}: an architecture has one set of constants only")
        profile = profile_from_architecture(document)
    else:
        profile = profile_from(document, constants)
    if not _is_path(text) and not isinstance(name_or_path, Path) and profile.name != text:
        raise ProfileError(f"{document.where(('name',))}: {profile.name!r} in a file of {text!r}")
    given = {"power_w": power_w, "static_w": static_w, "step_s": step_s, "clock_hz": clock_hz}
    return with_given(profile, {name: x for name, x in given.items() if x is not None})


def sets(name_or_path: str | Path) -> Mapping[str, str]:
    """The sets of constants of a profile, the main one first, each with its description.

    Empty where the profile has one set only.  Errors: ProfileError.
    """
    text = str(name_or_path)
    found = _WITH_SET.fullmatch(text)
    text = found[1] if found else text
    document = _document(text, is_path=isinstance(name_or_path, Path) or _is_path(text))
    return {} if is_architecture(document) else constant_sets(document)


def _document(text: str, *, is_path: bool) -> Document:
    if is_path:
        return read_yaml(text, max_bytes=_LARGEST, error=ProfileError, number_keys=True)
    if text not in names():
        raise ProfileError(f"there is no profile {text!r}{_hint(text)}")
    path = _folder() / f"{text}.yaml"
    shown = f"{path.parent.name}/{path.name}"
    return read_yaml(path, max_bytes=_LARGEST, error=ProfileError, shown=shown)


def _is_path(text: str) -> bool:
    return "/" in text or "\\" in text or text.endswith((".yaml", ".yml"))


def _hint(text: str) -> str:
    near = difflib.get_close_matches(text, names(), n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(names())}"


def _folder() -> Path:
    for folder in _FOLDERS:
        if folder.is_dir():
            return folder
    raise ProfileError(f"the profiles of yuragi are missing: no {_FOLDERS[0]}, no {_FOLDERS[1]}")
