from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_service.errors import ErrorCode, StreamError
from audio_service.intake.codecs import MAX_SAMPLES, MIN_SAMPLES, OpusDecoder, PcmDecoder, decoder_for
from audio_service.intake.packets import MAX_PAYLOAD, build_packet, parse_packet


@given(seq=st.integers(0, 2**32 - 1), payload=st.binary(min_size=1, max_size=MAX_PAYLOAD))
def test_a_packet_comes_back_as_it_was_built(seq: int, payload: bytes) -> None:
    packet = parse_packet(build_packet(seq, payload))
    assert (packet.seq, packet.payload) == (seq, payload)


@pytest.mark.parametrize("frame", [b"", b"\0\0\0", b"\0\0\0\1", bytes(4 + MAX_PAYLOAD + 1)])
def test_frames_without_audio_or_with_too_much_are_refused(frame: bytes) -> None:
    with pytest.raises(StreamError) as caught:
        parse_packet(frame)
    assert caught.value.code is ErrorCode.PACKET_MALFORMED


@pytest.mark.parametrize(
    ("samples", "code"),
    [(MIN_SAMPLES - 1, ErrorCode.PACKET_LENGTH), (MAX_SAMPLES + 1, ErrorCode.PACKET_LENGTH)],
)
def test_pcm_outside_20_to_200_ms_is_refused(samples: int, code: ErrorCode) -> None:
    with pytest.raises(StreamError) as caught:
        PcmDecoder().decode(bytes(2 * samples))
    assert caught.value.code is code


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(StreamError) as caught:
        PcmDecoder().decode(bytes(3201))
    assert caught.value.code is ErrorCode.PACKET_MALFORMED


@pytest.mark.parametrize(("codec", "rate"), [("mp3", 16000), ("pcm_s16le", 48000), ("", 16000)])
def test_unknown_codecs_and_rates_are_refused(codec: str, rate: int) -> None:
    with pytest.raises(StreamError) as caught:
        decoder_for(codec, rate)
    assert caught.value.code is ErrorCode.UNSUPPORTED_CODEC


def opus_packets(seconds: float) -> list[bytes]:
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = 48_000, "mono", "s16"
    encoder.time_base = Fraction(1, 48_000)
    encoder.open()
    tone = (8000 * np.sin(2 * np.pi * 440 * np.arange(int(48_000 * seconds)) / 48_000)).astype(np.int16)
    packets: list[bytes] = []
    for start in range(0, tone.size - 959, 960):
        frame = av.AudioFrame.from_ndarray(tone[None, start : start + 960], format="s16", layout="mono")
        frame.sample_rate, frame.pts = 48_000, start
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return packets


def test_opus_becomes_16_khz_with_the_tone_in_it() -> None:
    decoder = OpusDecoder()
    audio = np.concatenate([decoder.decode(packet) for packet in opus_packets(2.0)]).astype(float)
    assert abs(audio.size - 32_000) < 400
    spectrum = np.abs(np.fft.rfft(audio[8000:24000]))
    assert abs(int(spectrum.argmax()) - 440) <= 1


def test_noise_instead_of_opus_is_refused_and_the_next_packet_still_decodes() -> None:
    decoder = OpusDecoder()
    with pytest.raises(StreamError) as caught:
        decoder.decode(b"\xff" * 10)
    assert caught.value.code is ErrorCode.AUDIO_UNDECODABLE
    assert sum(decoder.decode(packet).size for packet in opus_packets(0.4)) > 4000
