"""`--worker-memory`: how much memory a worker may hold before it is ended and its episode tried again."""

from __future__ import annotations

import argparse
import re

UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
LEAST_BYTES = 64 * 2**20


def add_worker_memory(parser: argparse.ArgumentParser) -> None:
    """Let `parser` take `--worker-memory`; `arguments.worker_memory` is then bytes, or None."""
    parser.add_argument(
        "--worker-memory",
        metavar="SIZE",
        type=size,
        help="end a simulator's worker that holds more memory than this with all its processes, such as 4G, and try "
        "its episode again; default: what the world declares, mostly nothing",
    )


def size(text: str) -> int:
    """Bytes for "4G", "1.5G", "800M" or a plain number, for argparse."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    count = int(float(found.group(1)) * UNITS[found.group(2).upper()]) if found else 0
    if count < LEAST_BYTES:
        raise argparse.ArgumentTypeError(f"{text!r} is no size of at least 64M; write such as 4G or 800M")
    return count


def size_words(count: int) -> str:
    """What `size` reads as `count` bytes, such as "4G" or "1536M"."""
    units = (unit for unit in reversed(UNITS) if count % UNITS[unit] == 0)
    unit = next(units)
    return f"{count // UNITS[unit]}{unit}"
