"""How training's commands end when they are asked for what can't be."""

from __future__ import annotations

import sys
from collections.abc import Callable

from evalsuite.errors import UsageError


def one_line_for_mistakes(main: Callable[[], None]) -> None:
    """Run `main`; what it can't do it says in one line, with exit code 2."""
    try:
        main()
    except UsageError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
