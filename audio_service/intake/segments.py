"""Records in a segment file: what survives a power cut, and how the damage is found.

Record, little endian: magic `CDr1`, sequence number u32, first sample u64, sample count u16, two zero bytes, CRC-32 u32 over the fields
before it and the samples, then the samples as int16. The first sample stands in every record so that audio after a damaged spot keeps
its time, and the magic so that it can be found again.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAGIC = b"CDr1"
_FIELDS = struct.Struct("<4sIQHxx")
_CRC = struct.Struct("<I")
HEADER_BYTES = _FIELDS.size + _CRC.size
RECORD_BYTES_MAX = HEADER_BYTES + 2 * 0xFFFF


@dataclass(frozen=True, slots=True)
class Record:
    """One stored packet: `samples` int16 16 kHz starting at `first_sample` of the conversation; `end` is the byte after it in its file."""

    seq: int
    first_sample: int
    samples: NDArray[np.int16]
    end: int


def encode_record(seq: int, first_sample: int, samples: NDArray[np.int16]) -> bytes:
    """The bytes of one record."""
    payload = samples.astype("<i2", copy=False).tobytes()
    fields = _FIELDS.pack(MAGIC, seq, first_sample, samples.size)
    return fields + _CRC.pack(zlib.crc32(payload, zlib.crc32(fields))) + payload


def decode_record(data: bytes | memoryview, offset: int) -> Record | None:
    """The record at `offset`, or None if there is no whole and sound one."""
    body = offset + HEADER_BYTES
    if body > len(data):
        return None
    magic, seq, first_sample, count = _FIELDS.unpack_from(data, offset)
    end = body + 2 * count
    if magic != MAGIC or count == 0 or end > len(data):
        return None
    payload = bytes(data[body:end])
    (crc,) = _CRC.unpack_from(data, offset + _FIELDS.size)
    if zlib.crc32(payload, zlib.crc32(bytes(data[offset : offset + _FIELDS.size]))) != crc:
        return None
    return Record(seq, first_sample, np.frombuffer(payload, dtype="<i2"), end)


def scan_records(data: bytes) -> Iterator[Record]:
    """Every sound record of a segment, in order; damaged bytes are passed over up to the next sound one."""
    offset = 0
    while offset < len(data):
        record = decode_record(data, offset)
        if record is not None:
            yield record
            offset = record.end
            continue
        offset = data.find(MAGIC, offset + 1)
        if offset < 0:
            return
