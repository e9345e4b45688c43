"""Whether Brian2 can be imported here; if not, what to install."""

from __future__ import annotations

import sys
import warnings

_HOOK = sys.excepthook
try:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import brian2
except (ImportError, AttributeError) as problem:
    # With a NumPy that is too new, Brian2 2.9 ends in an AttributeError.
    raise ImportError(
        f"{problem}; pip install 'yuragi[brian2]' brings versions that work together: brian2 2.9 "
        "with numpy < 2.4 on Python 3.11, brian2 2.10 on Python 3.12"
    ) from problem
finally:
    # On import Brian2 makes every uncaught error look like one of its own.
    sys.excepthook = _HOOK

VERSION: str = brian2.__version__
