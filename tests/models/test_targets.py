"""Every published number that has a check is reproduced.

YURAGI_ALL_TARGETS=1 runs the full checks, as `yuragi science` does; otherwise the short forms run.
"""

import os

import pytest

from yuragi import science

CHECKS = science.checks()
SHORT = os.environ.get("YURAGI_ALL_TARGETS") != "1"


@pytest.mark.parametrize(
    "target", [t for t in science.all_targets() if t.id in CHECKS], ids=lambda target: target.id
)
def test_the_published_number_is_reproduced(target):
    found = science.examine(target, CHECKS[target.id], short=SHORT)
    assert found.verdict in ("holds", "reported"), f"{found.ours} {found.message}"
