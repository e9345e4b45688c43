"""Settings of every test: no deadlines, since the first use of a kernel compiles it.

In CI the examples are the same in every run; elsewhere new ones are tried each time.
"""

import os

from hypothesis import settings

settings.register_profile("yuragi", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("yuragi")
