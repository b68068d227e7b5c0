"""Packet payload → 16 kHz mono PCM. Both codecs end in the same samples, so everything behind them is codec-blind."""

from __future__ import annotations

from typing import Protocol

import av
import numpy as np
from numpy.typing import NDArray

from audio_service.errors import AudioError, ErrorCode, ProtocolError
from audio_service.messages import SAMPLE_RATE

MIN_SAMPLES = SAMPLE_RATE * 20 // 1000
MAX_SAMPLES = SAMPLE_RATE * 200 // 1000


class Decoder(Protocol):
    """Turns one payload into samples; keeps whatever state the codec carries from packet to packet."""

    def decode(self, payload: bytes) -> NDArray[np.int16]:
        """int16 samples at 16 kHz, shape (n,). Raises AudioError."""
        ...


class PcmDecoder:
    """`pcm_s16le`, 16 kHz, mono: the bytes are the samples."""

    def decode(self, payload: bytes) -> NDArray[np.int16]:
        if len(payload) % 2:
            raise AudioError(ErrorCode.PACKET_MALFORMED, f"{len(payload)} bytes are not whole 16-bit samples")
        samples = np.frombuffer(payload, dtype="<i2")
        check_length(samples.size)
        return samples


class OpusDecoder:
    """One raw Opus packet a frame (RFC 6716), as WebCodecs' AudioEncoder gives them; decoded at 48 kHz, resampled to 16 kHz."""

    def __init__(self) -> None:
        self._codec = av.CodecContext.create("libopus", "r")
        self._codec.sample_rate = 48_000
        self._codec.layout = "mono"
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)

    def decode(self, payload: bytes) -> NDArray[np.int16]:
        try:
            frames = self._codec.decode(av.Packet(payload))
            parts = [out.to_ndarray()[0] for frame in frames for out in self._resampler.resample(frame)]
        except (av.FFmpegError, ValueError) as error:
            raise AudioError(ErrorCode.AUDIO_UNDECODABLE, str(error)) from error
        if sum(frame.samples for frame in frames) > MAX_SAMPLES * 3:
            raise AudioError(ErrorCode.PACKET_LENGTH, "more than 200 ms in one Opus packet")
        return np.concatenate(parts).astype(np.int16, copy=False) if parts else np.empty(0, np.int16)


def check_length(samples: int) -> None:
    """Raises AudioError(packet_length) unless 20–200 ms."""
    if not MIN_SAMPLES <= samples <= MAX_SAMPLES:
        raise AudioError(ErrorCode.PACKET_LENGTH, f"{samples * 1000 / SAMPLE_RATE:.1f} ms")


def decoder_for(codec: str, sample_rate: int) -> Decoder:
    """The decoder a `hello` asked for. Raises ProtocolError(unsupported_codec)."""
    if codec == "pcm_s16le" and sample_rate == SAMPLE_RATE:
        return PcmDecoder()
    if codec == "opus":
        return OpusDecoder()
    raise ProtocolError(ErrorCode.UNSUPPORTED_CODEC, f"{codec} at {sample_rate} Hz; take pcm_s16le at 16000 Hz or opus")


def as_float(samples: NDArray[np.int16]) -> NDArray[np.float32]:
    """The samples in [-1, 1), as the ear and the recogniser take them."""
    return samples.astype(np.float32) / np.float32(32768)
