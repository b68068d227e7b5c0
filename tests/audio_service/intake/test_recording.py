from __future__ import annotations

import errno
import os
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio_service.errors import ErrorCode, ServiceError
from audio_service.intake.finalise import finalise
from audio_service.intake.recording import Gap, Recording, find_gaps, iter_samples, segment_paths

PACKET = 1600
Open = Callable[..., Recording]


@pytest.fixture
def opened() -> Iterator[Open]:
    """Opens recordings and closes what the test left open."""
    with ExitStack() as stack:
        yield lambda *args, **kwargs: stack.enter_context(Recording(*args, **kwargs))


def speech(packets: int, seed: int = 1) -> list[NDArray[np.int16]]:
    rng = np.random.default_rng(seed)
    return [rng.integers(-9000, 9000, PACKET).astype(np.int16) for _ in range(packets)]


def stored(folder: Path) -> NDArray[np.int16]:
    return np.concatenate([np.empty(0, np.int16), *iter_samples(folder)])


def test_what_was_appended_is_read_back_over_several_segments(opened: Open, tmp_path: Path) -> None:
    blocks = speech(25)
    recording = opened(tmp_path, segment_samples=10 * PACKET)
    assert [recording.append([(n, b)]) for n, b in enumerate(blocks)] == list(range(25))
    assert len(segment_paths(tmp_path)) == 3
    np.testing.assert_array_equal(stored(tmp_path), np.concatenate(blocks))


def test_reopening_goes_on_after_the_last_stored_packet(opened: Open, tmp_path: Path) -> None:
    blocks = speech(8)
    first = opened(tmp_path)
    first.append(enumerate(blocks[:5]))
    first.close()
    second = opened(tmp_path)
    assert (second.next_seq, second.samples) == (5, 5 * PACKET)
    second.append(enumerate(blocks[5:], start=5))
    np.testing.assert_array_equal(stored(tmp_path), np.concatenate(blocks))


def test_a_close_waits_for_the_append_that_runs_and_none_begins_after(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncing, go_on, sync = threading.Event(), threading.Event(), os.fdatasync

    def slow(descriptor: int) -> None:
        syncing.set()
        assert go_on.wait(10)
        sync(descriptor)

    monkeypatch.setattr("audio_service.intake.recording.os.fdatasync", slow)
    recording, (first, second) = opened(tmp_path), speech(2)
    appending = threading.Thread(target=recording.append, args=([(0, first)],))
    appending.start()
    assert syncing.wait(10)
    closing = threading.Thread(target=recording.close)
    closing.start()
    with pytest.raises(ServiceError) as busy:
        Recording(tmp_path)
    assert busy.value.code is ErrorCode.BUSY
    go_on.set()
    appending.join(10)
    closing.join(10)
    with pytest.raises(ServiceError) as refused:
        recording.append([(1, second)])
    assert refused.value.code is ErrorCode.SHUTTING_DOWN
    np.testing.assert_array_equal(stored(tmp_path), first)


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(min_value=0, max_value=6 * (2 * PACKET + 24)))
def test_a_file_cut_short_anywhere_keeps_every_whole_packet(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    folder = tmp_path_factory.mktemp("cut")
    blocks = speech(6)
    recording = Recording(folder)
    recording.append(enumerate(blocks))
    recording.close()
    os.truncate(segment_paths(folder)[0], cut)
    whole = cut // (2 * PACKET + 24)
    with Recording(folder) as reopened:
        assert reopened.next_seq == whole
        reopened.append(enumerate(blocks[whole:], start=whole))
    np.testing.assert_array_equal(stored(folder), np.concatenate(blocks))


def test_a_damaged_spot_is_silence_and_everything_behind_it_keeps_its_time(opened: Open, tmp_path: Path) -> None:
    blocks = speech(9)
    recording = opened(tmp_path)
    recording.append(enumerate(blocks))
    recording.close()
    path = segment_paths(tmp_path)[0]
    data = bytearray(path.read_bytes())
    data[3 * (2 * PACKET + 24) + 100] ^= 0xFF
    path.write_bytes(data)
    assert find_gaps(tmp_path) == [Gap(3 * PACKET, PACKET)]
    blocks[3] = np.zeros(PACKET, np.int16)
    np.testing.assert_array_equal(stored(tmp_path), np.concatenate(blocks))
    assert opened(tmp_path).next_seq == 9


def test_random_damage_never_raises(opened: Open, tmp_path: Path) -> None:
    recording = opened(tmp_path)
    recording.append(enumerate(speech(12)))
    recording.close()
    path = segment_paths(tmp_path)[0]
    sound = path.read_bytes()
    rng = random.Random(7)
    for _ in range(50):
        data = bytearray(sound)
        for _ in range(rng.randint(1, 40)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        path.write_bytes(data)
        assert stored(tmp_path).size <= 12 * PACKET
        opened(tmp_path).close()


def test_two_writers_are_refused(opened: Open, tmp_path: Path) -> None:
    recording = opened(tmp_path)
    with pytest.raises(ServiceError) as caught:
        opened(tmp_path)
    assert caught.value.code is ErrorCode.BUSY
    recording.close()
    opened(tmp_path).close()


def test_a_full_disk_is_told_and_loses_nothing_that_was_stored(opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = speech(6)
    recording = opened(tmp_path)
    recording.append(enumerate(blocks[:3]))

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", full)
        with pytest.raises(ServiceError) as caught:
            recording.append(enumerate(blocks[3:], start=3))
    assert caught.value.code is ErrorCode.STORE_FULL
    assert recording.next_seq == 3
    np.testing.assert_array_equal(stored(tmp_path), np.concatenate(blocks[:3]))
    recording.append(enumerate(blocks[3:], start=3))
    np.testing.assert_array_equal(stored(tmp_path), np.concatenate(blocks))


def test_the_reserve_of_free_space_is_kept(opened: Open, tmp_path: Path) -> None:
    recording = opened(tmp_path, free_bytes_min=1 << 60)
    with pytest.raises(ServiceError) as caught:
        recording.append(enumerate(speech(1)))
    assert caught.value.code is ErrorCode.STORE_FULL


def test_the_flac_holds_the_same_samples_and_replaces_the_segments(opened: Open, tmp_path: Path) -> None:
    blocks = speech(30)
    recording = opened(tmp_path, segment_samples=7 * PACKET)
    recording.append(enumerate(blocks))
    recording.close()
    final = finalise(tmp_path)
    assert final is not None
    assert final.samples == 30 * PACKET
    assert segment_paths(tmp_path) == []
    np.testing.assert_array_equal(sf.read(final.path, dtype="int16")[0], np.concatenate(blocks))
    assert finalise(tmp_path) == final  # a second worker, or the same after a crash


def test_a_crash_between_flac_and_clean_up_is_repaired(opened: Open, tmp_path: Path) -> None:
    recording = opened(tmp_path)
    recording.append(enumerate(speech(4)))
    recording.close()
    segment = segment_paths(tmp_path)[0]
    data = segment.read_bytes()
    first = finalise(tmp_path)
    segment.write_bytes(data)
    assert finalise(tmp_path) == first


def test_a_kill_between_two_unlinks_takes_nothing_from_the_flac(opened: Open, tmp_path: Path) -> None:
    blocks = speech(30)
    recording = opened(tmp_path, segment_samples=10 * PACKET)
    recording.append(enumerate(blocks))
    for number in range(30, 60):
        recording.append([(number, blocks[number - 30])])
    recording.close()
    leftovers = {path: path.read_bytes() for path in segment_paths(tmp_path)[1:]}
    first = finalise(tmp_path)
    for path, data in leftovers.items():
        path.write_bytes(data)
    assert finalise(tmp_path) == first
    assert segment_paths(tmp_path) == []


def test_no_audio_makes_no_file(opened: Open, tmp_path: Path) -> None:
    opened(tmp_path).close()
    assert finalise(tmp_path) is None
