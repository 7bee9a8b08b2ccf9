"""The secret that a client shows a policy server. It never stands in a command line, where every user can read it."""

from __future__ import annotations

import hmac
import os
from pathlib import Path

from evalsuite.errors import UsageError

VARIABLE = "EVALSUITE_TOKEN"
FEWEST_CHARACTERS = 16
_HOW = "make one with: openssl rand -hex 32"


def token_here(file: Path | None = None) -> str:
    """The token in `file`, else in the environment; empty when there is none.

    Raises:
        UsageError: the file can't be read, or what is there is no token.
    """
    if file is None:
        return _checked(os.environ.get(VARIABLE, "").strip(), VARIABLE, needed=False)
    try:
        text = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"can't read a token from {file}: {getattr(error, 'strerror', None) or error}") from error
    return _checked(text, str(file), needed=True)


def authorization(token: str) -> str:
    """The value of the header `Authorization` (RFC 6750)."""
    return f"Bearer {token}"


def is_authorized(header: str | None, token: str) -> bool:
    """Whether the header shows `token`; takes as long for a wrong one as for the right one."""
    return hmac.compare_digest((header or "").encode("utf-8", "replace"), authorization(token).encode())


def _checked(text: str, place: str, *, needed: bool) -> str:
    if not text and not needed:
        return ""
    if len(text) < FEWEST_CHARACTERS or not (text.isascii() and text.isprintable()) or " " in text:
        raise UsageError(
            f"the token in {place} should be a line of at least {FEWEST_CHARACTERS} letters, digits or signs; {_HOW}"
        )
    return text
