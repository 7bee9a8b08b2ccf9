"""Sizes of memory as people write them, and back."""

from __future__ import annotations

import argparse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsuite.commands.worker_memory import LEAST_BYTES, size, size_words


@pytest.mark.parametrize(
    ("text", "count"), [("4G", 4 * 2**30), ("1.5g", 1536 * 2**20), ("800MiB", 800 * 2**20), ("70000000", 70_000_000)]
)
def test_a_size_is_read_with_its_unit(text: str, count: int) -> None:
    assert size(text) == count


@pytest.mark.parametrize("text", ["", "much", "-4G", "4X", "63M", "1000"])
def test_what_is_no_size_or_too_small_a_one_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is no size of at least 64M"):
        size(text)


def test_a_size_is_told_as_people_write_it() -> None:
    assert [size_words(2**32), size_words(3 * 2**29), size_words(70_000_001)] == ["4G", "1536M", "70000001"]


@given(st.integers(LEAST_BYTES, 2**45))
def test_what_is_told_reads_as_the_same_size(count: int) -> None:
    assert size(size_words(count)) == count
