"""The engine of the world `driven`, a program of its own: `python fragile_engine.py FD`.

It answers each four bytes with four bytes, which depend on all that it was sent since it was last set back.
Standard library only, so that another is there quickly.
"""

from __future__ import annotations

import socket
import sys
import time
import zlib

SET_BACK = b"\0\0\0\0"
FRAME_SECONDS = 0.002


def main() -> None:
    with socket.socket(fileno=int(sys.argv[1])) as line:
        state = 0
        while len(word := line.recv(4, socket.MSG_WAITALL)) == 4:
            state = 0 if word == SET_BACK else zlib.crc32(word, state)
            time.sleep(FRAME_SECONDS)
            line.sendall(state.to_bytes(4, "big"))


if __name__ == "__main__":
    main()
