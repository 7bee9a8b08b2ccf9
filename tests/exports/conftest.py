from __future__ import annotations

from tests.runner.conftest import playground

__all__ = ["playground"]
