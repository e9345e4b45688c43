"""`python -m yuragi` is the command line."""

from __future__ import annotations

from yuragi.cli import main

if __name__ == "__main__":
    main()
