"""Settings of every test: no deadlines, since the first use of a kernel compiles it."""

from hypothesis import settings

settings.register_profile("yuragi", deadline=None)
settings.load_profile("yuragi")
