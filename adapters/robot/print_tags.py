"""`python -m evalsuite.adapters.robot.print_tags 0 1 10 11 --size 0.15`: tags to print, one a page, true to size."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path

from evalsuite.adapters.robot.tag_images import FAMILIES, modules_across, tag_modules
from evalsuite.errors import UsageError

_PAGE = (210.0, 297.0)
_EDGE = 5.0
_ABOVE = 20.0


def tag_page(number: int, size: float, family: str = "36h11") -> str:
    """An SVG page of A4 whose tag's black edge is `size` metres long. Raises `UsageError` when it can't be."""
    if not (math.isfinite(size) and size > 0.0):
        raise UsageError(f"a tag's black edge is some metres long, such as 0.15, not {size:g}")
    modules = tag_modules(number, family)
    module = size * 1000.0 / modules_across(family)
    whole = module * len(modules)
    left, top = (_PAGE[0] - whole) / 2, _ABOVE
    if left < _EDGE:
        most = (_PAGE[0] - 2 * _EDGE) / len(modules) * modules_across(family) / 1000.0
        raise UsageError(f"a tag of {size:g} m does not fit on A4; {most:.3f} m is the most")
    squares = "".join(
        f'<rect x="{left + column * module:.4f}" y="{top + row * module:.4f}" width="{module * 1.002:.4f}" '
        f'height="{module * 1.002:.4f}"/>'
        for row, column in zip(*(modules == 0).nonzero(), strict=True)
    )
    ruler, right = top + whole + 8.0, left + whole - module
    note = (
        f"tag{family} {number}: this line and the black edge are {size * 100:.1f} cm; this side down. "
        "Print at 100 %, measure, leave the white border on."
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_PAGE[0]:.0f}mm" height="{_PAGE[1]:.0f}mm" '
        f'viewBox="0 0 {_PAGE[0]:.0f} {_PAGE[1]:.0f}"><rect width="100%" height="100%" fill="white"/>{squares}'
        f'<path d="M{left + module:.4f} {ruler - 3} v6 M{left + module:.4f} {ruler} H{right:.4f} M{right:.4f} '
        f'{ruler - 3} v6" stroke="black" stroke-width="0.3" fill="none"/>'
        f'<text x="{_PAGE[0] / 2}" y="{ruler + 8}" font-size="4" font-family="sans-serif" text-anchor="middle">'
        f"{note}</text></svg>\n"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Write one SVG a tag; 2 for a mistake in the call."""
    parser = argparse.ArgumentParser(prog="python -m evalsuite.adapters.robot.print_tags", description=__doc__)
    parser.add_argument("numbers", type=int, nargs="+", metavar="NUMBER", help="of the tags, as robot.yaml has them")
    parser.add_argument("--size", type=float, default=0.15, help="edge of the black square in metres (default 0.15)")
    parser.add_argument("--family", choices=tuple(FAMILIES), default="36h11")
    parser.add_argument("--out", type=Path, default=Path(), help="folder for tagFAMILY-NUMBER.svg (default: here)")
    chosen = parser.parse_args(arguments)
    try:
        pages = {number: tag_page(number, chosen.size, chosen.family) for number in chosen.numbers}
        chosen.out.mkdir(parents=True, exist_ok=True)
        for number, page in pages.items():
            (chosen.out / f"tag{chosen.family}-{number}.svg").write_text(page, encoding="utf-8")
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"can't write to {chosen.out}: {error.strerror or error}", file=sys.stderr)
        return 2
    print(
        f"{len(pages)} page(s) in {chosen.out.resolve()}: print them at 100 %, then put a ruler to the black edge; "
        f"it is {chosen.size * 100:.1f} cm, or write into robot.yaml what you measure"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
