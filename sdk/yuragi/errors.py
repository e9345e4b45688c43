"""The tree of errors: every failure that yuragi means to raise."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "BackendError",
    "CapacityError",
    "DependencyError",
    "EquationError",
    "GraphError",
    "MissingConstantError",
    "ModelFileError",
    "ProfileError",
    "RunError",
    "UnsupportedError",
    "YuragiError",
]


class YuragiError(Exception):
    """Root of the errors that yuragi raises on purpose."""


class EquationError(YuragiError, ValueError):
    """An equation text breaks a rule; the message carries line and column."""


class GraphError(YuragiError, ValueError):
    """A network is not well formed: unknown name, wrong shape, impossible delay."""


class ModelFileError(YuragiError, ValueError):
    """A model file is wrong; the message carries file, line and field."""


class ProfileError(YuragiError, ValueError):
    """A hardware profile is wrong; the message carries file, line and field."""


class MissingConstantError(YuragiError, LookupError):
    """A constant that a calculation needs is not in the profile."""


class RunError(YuragiError, RuntimeError):
    """A run failed or was asked for something impossible."""


class BackendError(YuragiError, LookupError):
    """No backend of that name is installed."""


class DependencyError(YuragiError, ImportError):
    """Something that yuragi depends on is missing; the message says how to get it."""


class _ListedError(YuragiError, ValueError):
    """An error that lists everything it found, not only the first."""

    def __init__(self, message: str, violations: Sequence[object] = ()) -> None:
        super().__init__(message)
        self.violations = tuple(violations)


class CapacityError(_ListedError):
    """The network does not fit the chip; `violations` lists every broken limit."""


class UnsupportedError(_ListedError):
    """The profile or backend cannot express the network; `violations` says what and why."""
