"""Programs that read a stranger's file: processes of their own, with limits of time and memory."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from yuragi.errors import ModelFileError

__all__ = ["confined"]

# The kernel keeps these limits, so that they hold when whoever started the program is gone, too.
# Without `site` it starts faster, and finds what this process finds.
_LIMITED = """
import runpy, sys
seconds, memory, *paths = sys.argv[1].split("\\n")
try:
    import resource, signal
    for kind in (resource.RLIMIT_AS, resource.RLIMIT_FSIZE):
        resource.setrlimit(kind, (int(memory), int(memory)))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(int(seconds))
except ImportError:
    pass
sys.path[:] = paths
del sys.argv[:2]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
_GRACE = 5


@contextmanager
def confined(
    program: Path, *arguments: str, what: str, seconds: int, memory: int, content: bytes = b""
) -> Iterator[IO[bytes]]:
    """What a program writes to its standard output, as an open file.

    program: a Python file that imports the library it needs and nothing of this package.
    what: begins messages, such as "x.nir: not readable".      content: its standard input.
    seconds, memory: the most that it may take; memory counts bytes, of its output as well.
    Raises ModelFileError where it takes more, crashes, or ends with an error.
    """
    paths = [path for path in sys.path if path and Path(path).exists()]
    limits = "\n".join((str(seconds), str(memory), *paths))
    with tempfile.TemporaryFile() as output:
        try:
            done = subprocess.run(  # noqa: S603 - this interpreter, a program of this package
                [sys.executable, "-I", "-S", "-c", _LIMITED, limits, str(program), *arguments],
                input=content,
                stdout=output,
                stderr=subprocess.PIPE,
                timeout=seconds + _GRACE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ModelFileError(f"{what}: it took longer than {seconds} s") from None
        if done.returncode:
            raise ModelFileError(f"{what}: {_reason(done.returncode, done.stderr, seconds)}")
        output.seek(0)
        yield output


def _reason(code: int, told: bytes, seconds: int) -> str:
    """Why a program ended: its own last line, or the signal that ended it."""
    if code == -getattr(signal, "SIGALRM", 0):
        return f"it took longer than {seconds} s"
    lines = told.decode("utf-8", "replace").strip().splitlines()
    text = "".join(c if c.isprintable() else "?" for c in lines[-1])[:200] if lines else ""
    return text or f"its reader ended with {code}"
