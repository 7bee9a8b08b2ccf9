"""How ROS 2's Zenoh middleware names things: rmw_zenoh, docs/design.md.

A topic's data is at DOMAIN/TOPIC/TYPE/HASH, TOPIC without its first slash, TYPE as on DDS, HASH of the type's
definition. Every publisher (MP) and subscription (MS) holds a liveliness token that says the same, with % for /:
@ros2_lv/DOMAIN/SESSION/NODE/ENTITY/MP/ENCLAVE/NAMESPACE/NAME/TOPIC/TYPE/HASH/QOS.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal

ALL_TOKENS = "@ros2_lv/{domain}/**"
_CHUNKS = 13


@dataclass(frozen=True)
class Token:
    """What a liveliness token says of a topic: ROS name, type name on DDS, type hash."""

    kind: Literal["publication", "subscription"]
    topic: str
    type: str
    hash: str


def read_token(key: str) -> Token | None:
    """None for tokens of other things, and for those of another version."""
    chunks = key.split("/")
    if len(chunks) != _CHUNKS or chunks[5] not in ("MP", "MS"):
        return None
    return Token(
        "publication" if chunks[5] == "MP" else "subscription", chunks[9].replace("%", "/"), chunks[10], chunks[11]
    )


def data_key(domain: int, topic: str, type_name: str, type_hash: str) -> str:
    """Where the data of a topic is; the hash may be `*`."""
    return f"{domain}/{topic.strip('/')}/{type_name}/{type_hash}"


def attachment(sequence: int, nanoseconds: int, identifier: bytes) -> bytes:
    """What rmw_zenoh wants beside each message: its number, its time, and 16 bytes that name the publisher."""
    return struct.pack("<qqB", sequence, nanoseconds, len(identifier)) + identifier
