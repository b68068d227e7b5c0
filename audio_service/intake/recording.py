"""The durable recording of one conversation: segment files now, one FLAC once it has ended.

`append` returns only when the samples are on the disk; an acknowledgement may follow it and nothing else. One process writes a recording
at a time (a lock file says so); any number of readers may follow it through `iter_records`.
"""

from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import IO, Self

import numpy as np
from numpy.typing import NDArray

from audio_service.errors import ErrorCode, ServiceError
from audio_service.intake.locks import lock_file
from audio_service.intake.segments import RECORD_BYTES_MAX, Record, decode_record, encode_record, scan_records
from audio_service.messages import SAMPLE_RATE
from models.files import sync

SEGMENT_SAMPLES = 60 * SAMPLE_RATE
"""Samples after which a new segment file is begun: a recovery reads one minute, not two hours."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Samples that were stored but can no longer be read (a damaged disk block); they play as silence."""

    first_sample: int
    samples: int


def segment_paths(folder: Path) -> list[Path]:
    return sorted(folder.glob("[0-9]*.seg"))


def iter_records(folder: Path, start: int = 0) -> Iterator[Record]:
    """Every sound record that holds something from sample `start` on, oldest first; records that were sent twice are given once."""
    next_sample = start
    for path in _from(segment_paths(folder), start):
        for record in scan_records(path.read_bytes()):
            end = record.first_sample + record.samples.size
            if end > next_sample:
                next_sample = end
                yield record


def _from(paths: list[Path], start: int) -> list[Path]:
    """The segments from the one that holds sample `start` on; where that is not clear, more."""
    for index in range(len(paths) - 1, 0, -1):
        with paths[index].open("rb") as file:
            first = decode_record(file.read(RECORD_BYTES_MAX), 0)
        if first is not None and first.first_sample <= start:
            return paths[index:]
    return paths


def iter_samples(folder: Path, start: int = 0) -> Iterator[NDArray[np.int16]]:
    """The recording from sample `start` on as consecutive blocks of int16 samples, damaged spots as silence so that time stays true."""
    position = start
    for record in iter_records(folder, start):
        if record.first_sample > position:
            yield np.zeros(record.first_sample - position, np.int16)
            position = record.first_sample
        yield record.samples[position - record.first_sample :]
        position = record.first_sample + record.samples.size


def last_record(paths: list[Path]) -> Record | None:
    """The last sound record of these segments. Reads from the end and no more than it must: a phone that comes back waits for it."""
    for path in reversed(paths):
        last = max(scan_records(path.read_bytes()), key=lambda record: record.end, default=None)
        if last is not None:
            return last
    return None


def stored_samples(folder: Path) -> int:
    """Samples on disk at this moment."""
    last = last_record(segment_paths(folder))
    return last.first_sample + last.samples.size if last is not None else 0


def find_gaps(folder: Path) -> list[Gap]:
    """The damaged spots of a recording."""
    gaps, position = [], 0
    for record in iter_records(folder):
        if record.first_sample > position:
            gaps.append(Gap(position, record.first_sample - position))
        position = record.first_sample + record.samples.size
    return gaps


class Recording:
    """Writer of one conversation's audio. Opening it recovers what an earlier process left.

    Raises ServiceError(session_taken_over) if another process writes this recording, store_full / store_failed on a bad disk.
    """

    def __init__(self, folder: Path, *, free_bytes_min: int = 0, segment_samples: int = SEGMENT_SAMPLES) -> None:
        self.folder = folder
        self._free_bytes_min = free_bytes_min
        self._segment_samples = segment_samples
        self.next_seq = 0
        self.samples = 0
        self._file: FileIO | None = None
        self._file_start = 0
        # whoever gives up waiting for an append does not stop it: a close waits for it, and none begins after
        self._writing = threading.Lock()
        self._closed = False
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = _lock(folder / "writer.lock")
        try:
            self._recover()
        except BaseException:
            self._lock.close()
            raise

    def append(self, packets: Iterable[tuple[int, NDArray[np.int16]]]) -> int:
        """Store packets durably, in order; returns the highest sequence number stored. A failure stores nothing of the call."""
        with self._writing:
            if self._closed:
                raise ServiceError(ErrorCode.SHUTTING_DOWN, "the recording is closed")
            return self._append(packets)

    def _append(self, packets: Iterable[tuple[int, NDArray[np.int16]]]) -> int:
        self._check_space()
        file = self._writable()
        before = file.tell()
        seq, samples = self.next_seq, self.samples
        try:
            blob = bytearray()
            for number, block in packets:
                blob += encode_record(number, samples, block)
                seq, samples = number + 1, samples + block.size
            _write_all(file, blob)
            os.fdatasync(file.fileno())
        except OSError as error:
            self._take_back(before)
            raise _store_error(error) from error
        self.next_seq, self.samples = seq, samples
        return seq - 1

    def close(self) -> None:
        """Release the files and the lock, once an append that runs is done; the recording can be opened again."""
        with self._writing:
            self._closed = True
            if self._file is not None:
                self._file.close()
                self._file = None
            self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _recover(self) -> None:
        paths = segment_paths(self.folder)
        if paths:
            sound = last_record(paths[-1:])
            end = sound.end if sound is not None else 0
            if end < paths[-1].stat().st_size:  # the tail of an append that a crash cut short: it was never acknowledged
                os.truncate(paths[-1], end)
        last = last_record(paths)
        if last is not None:
            self.next_seq, self.samples = last.seq + 1, last.first_sample + last.samples.size

    def _writable(self) -> FileIO:
        if self._file is not None and self.samples - self._file_start < self._segment_samples:
            return self._file
        if self._file is not None:
            self._file.close()
        last = max((int(path.stem) for path in segment_paths(self.folder)), default=-1)
        path = self.folder / f"{last + 1:06d}.seg"
        try:
            self._file = path.open("xb", buffering=0)
            sync(self.folder)
        except OSError as error:
            raise _store_error(error) from error
        self._file_start = self.samples
        return self._file

    def _take_back(self, offset: int) -> None:
        """Drop a half-written append and leave its file; should even that fail, recovery passes over the rest."""
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError), file:
                os.ftruncate(file.fileno(), offset)

    def _check_space(self) -> None:
        if self._free_bytes_min and shutil.disk_usage(self.folder).free < self._free_bytes_min:
            raise ServiceError(ErrorCode.STORE_FULL, "less free space than storage keeps in reserve")


def _lock(path: Path) -> IO[bytes]:
    try:
        return lock_file(path)
    except BlockingIOError as error:
        raise ServiceError(ErrorCode.BUSY, "another process is writing this session") from error


def _write_all(file: FileIO, blob: bytearray) -> None:
    view = memoryview(blob)
    while view:
        view = view[file.write(view) :]


def _store_error(error: OSError) -> ServiceError:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return ServiceError(ErrorCode.STORE_FULL if full else ErrorCode.STORE_FAILED, error.strerror)
