"""Draw every picture and write the PNGs: `python -m evalsuite.adapters.doom.art.draw [folder]`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from evalsuite.adapters.doom.art import catalogue, sky, textures
from evalsuite.adapters.doom.art.lumps import PNG_FOLDER
from evalsuite.adapters.doom.art.png_format import encode


def pictures() -> Iterator[tuple[str, bytes]]:
    """Every picture as its path below the PNG folder and its bytes, drawn anew."""
    for name in catalogue.sprite_names():
        drawn = catalogue.sprite(name)
        yield f"sprites/{name}.png", encode(drawn.indices, drawn.anchor)
    for name in textures.WALLS:
        yield f"textures/{name}.png", encode(textures.wall(name))
    for name in textures.FLATS:
        yield f"flats/{name}.png", encode(textures.flat(name))
    for name in sky.SKIES:
        yield f"skies/{name}.png", encode(sky.sky(name))


def main() -> None:
    """Write all pictures below the folder of the command line, by default the shipped one."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=PNG_FOLDER)
    folder: Path = parser.parse_args().folder
    count, total = 0, 0
    for path, data in pictures():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        count, total = count + 1, total + len(data)
    print(f"{count} pictures, {total / 1e6:.2f} MB, in {folder}")


if __name__ == "__main__":
    main()
