"""Programs that read strangers' files get time and memory, and leave nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from yuragi.confined import confined
from yuragi.errors import ModelFileError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")
ENDLESS = "while True: pass\n"


def read(folder: Path, text: str, *words: str, seconds: int = 30, content: bytes = b"") -> bytes:
    program = folder / "program.py"
    program.write_text(text, encoding="utf-8")
    limits = {"seconds": seconds, "memory": 1 << 30}
    with confined(program, *words, what="x.nir", content=content, **limits) as output:
        return output.read()


def test_a_program_is_given_its_words_and_what_it_reads(tmp_path: Path) -> None:
    text = "import sys\nprint(sys.argv[1:], sys.stdin.read())\n"

    assert read(tmp_path, text, "one", "two", content=b"three") == b"['one', 'two'] three\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (ENDLESS, "it took longer than 1 s"),
        ("import signal\nsignal.pause()\n", "it took longer than 1 s"),
        ("import os\nos.abort()\n", "its reader ended with -6"),
        ("raise ValueError('\\x1b[2J broken')\n", r"ValueError: \?\[2J broken"),
    ],
)
def test_what_goes_wrong_is_said_in_a_line(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(ModelFileError, match=f"^x.nir: {reason}$"):
        read(tmp_path, text, seconds=1)


@pytest.mark.parametrize(
    "text", ["held = bytes(1 << 31)\n", "while True: print('x' * (1 << 20))\n"], ids=str.split
)
def test_a_program_that_takes_too_much_is_ended(tmp_path: Path, text: str) -> None:
    with pytest.raises(ModelFileError, match=r"^x.nir: (MemoryError|OSError: .*File too large)"):
        read(tmp_path, text)


def test_an_endless_program_ends_though_whoever_started_it_is_killed(tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    (tmp_path / "program.py").write_text(
        f"import os, pathlib\npathlib.Path({str(noted)!r}).write_text(str(os.getpid()))\n{ENDLESS}"
    )
    text = (
        "from pathlib import Path\nfrom yuragi.confined import confined\n"
        f"with confined(Path({str(tmp_path / 'program.py')!r}), what='x', seconds=3, "
        "memory=1 << 30): pass\n"
    )
    starter = subprocess.Popen([sys.executable, "-c", text], env=_env())
    until = time.monotonic() + 60
    while not (noted.exists() and noted.read_text()) and time.monotonic() < until:
        time.sleep(0.05)
    starter.kill()
    starter.wait()

    while _runs(int(noted.read_text())) and time.monotonic() < until:
        time.sleep(0.05)

    assert not _runs(int(noted.read_text()))


def _env() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def _runs(pid: int) -> bool:
    """Whether a process is there and is no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
