"""Corpora of silence: everything but the sound is real."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from tests.audio_service.evaluation.labels import RATE, Label

WriteCorpus = Callable[..., Path]


@pytest.fixture
def write_corpus(tmp_path: Path) -> WriteCorpus:
    """`write_corpus(label(…), …)` → a folder with its labels, silent audio of the right length and an enrolment recording."""

    def write(*labels: Label) -> Path:
        folder = tmp_path / "corpus"
        folder.mkdir(exist_ok=True)
        (folder / "labels.json").write_text(json.dumps(labels, ensure_ascii=False), encoding="utf-8")
        for one in labels:
            silence = np.zeros(int(40 * RATE), np.int16)
            sf.write(folder / f"{one['id']}.flac", silence, RATE)
            sf.write(folder / "enrol-lan.flac", silence[:RATE], RATE)
        return folder

    return write
