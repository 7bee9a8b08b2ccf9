"""The `evalsuite` command, and `python -m evalsuite`."""

from __future__ import annotations

import signal


def main() -> int:
    """Run this process's command line. Ctrl-C while that is still being imported ends it without a traceback."""
    heeded = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if heeded:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from evalsuite.commands.main import main as command_line

    if heeded:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return command_line()


if __name__ == "__main__":
    raise SystemExit(main())
