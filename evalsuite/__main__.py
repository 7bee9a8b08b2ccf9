"""`python -m evalsuite` is the `evalsuite` command."""

from __future__ import annotations

from evalsuite.commands.main import main

if __name__ == "__main__":
    raise SystemExit(main())
