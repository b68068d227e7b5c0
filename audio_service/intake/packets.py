"""The binary frame: 4-byte big-endian sequence number, then one audio packet of 20–200 ms."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from audio_service.errors import AudioError, ErrorCode

HEADER = struct.Struct(">I")
MAX_PAYLOAD = 16_384
"""Bytes; 200 ms of PCM are 6 400. Anything above is an attack or a broken client."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet as it came: sequence number and undecoded payload."""

    seq: int
    payload: bytes


def parse_packet(frame: bytes) -> Packet:
    """Split a binary frame. Raises AudioError(packet_malformed) if it has no header, no audio or too much of it."""
    if len(frame) <= HEADER.size:
        raise AudioError(ErrorCode.PACKET_MALFORMED, f"{len(frame)} bytes: no audio after the 4-byte sequence number")
    if len(frame) > HEADER.size + MAX_PAYLOAD:
        raise AudioError(ErrorCode.PACKET_MALFORMED, f"{len(frame)} bytes: more than {MAX_PAYLOAD} bytes of audio")
    return Packet(HEADER.unpack_from(frame)[0], bytes(memoryview(frame)[HEADER.size :]))


def build_packet(seq: int, payload: bytes) -> bytes:
    """The frame for `payload` under `seq` (0 … 2³²-1)."""
    return HEADER.pack(seq) + payload
