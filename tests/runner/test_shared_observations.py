from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from evalsuite.errors import SimulatorFault
from evalsuite.runner.phases import Phase
from evalsuite.runner.shared_observations import (
    SLOT_BYTES,
    ObservationReader,
    ObservationWriter,
    SharedSlot,
    create_slot_file,
)


@pytest.fixture
def fd() -> Iterator[int]:
    fd = create_slot_file()
    yield fd
    os.close(fd)


def observation(value: int) -> dict[str, Any]:
    return {"image": np.full((4, 6, 3), value, np.uint8), "goal": np.full((2, 2), 9, np.uint8), "interaction": value}


def test_an_observation_comes_out_as_it_went_in(fd: int) -> None:
    writer, reader = ObservationWriter(SharedSlot(fd)), ObservationReader(SharedSlot(fd))
    for value in (1, 2):
        description = json.loads(json.dumps(writer.put(observation(value))))
        came = reader.get(description)
        assert came["interaction"] == value
        np.testing.assert_array_equal(came["image"], observation(value)["image"])
        np.testing.assert_array_equal(came["goal"], observation(value)["goal"])


def test_what_was_read_stays_when_the_next_observation_is_written(fd: int) -> None:
    writer, reader = ObservationWriter(SharedSlot(fd)), ObservationReader(SharedSlot(fd))
    first = reader.get(writer.put(observation(1)))
    writer.put(observation(2))
    assert first["image"].max() == 1


def test_an_unchanged_array_is_read_once_and_a_changed_one_again(fd: int) -> None:
    writer, reader = ObservationWriter(SharedSlot(fd)), ObservationReader(SharedSlot(fd))
    same = observation(1)
    first = reader.get(writer.put(same))
    assert reader.get(writer.put(same))["goal"] is first["goal"]
    same["goal"][:] = 5
    assert reader.get(writer.put(same))["goal"].max() == 5


def test_an_observation_that_is_too_large_is_a_fault_of_the_world(fd: int) -> None:
    with pytest.raises(SimulatorFault, match="64 MiB"):
        ObservationWriter(SharedSlot(fd)).put({"image": np.zeros(SLOT_BYTES, np.uint8)})


def test_a_heartbeat_is_seen_through_another_mapping(fd: int) -> None:
    worker, driver = SharedSlot(fd), SharedSlot(fd)
    before = driver.heartbeat().beats
    worker.beat(Phase.STEP)
    worker.count_steps(12)
    assert (driver.heartbeat().phase, driver.heartbeat().steps) == (Phase.STEP, 12)
    assert driver.heartbeat().beats > before


def test_a_slot_takes_no_memory_before_it_is_used(fd: int) -> None:
    assert os.fstat(fd).st_size == SLOT_BYTES
    assert os.fstat(fd).st_blocks == 0
