"""The real recogniser, opened once, and four real sentences."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import soundfile

from audio_service.transcription.results import Samples
from audio_service.transcription.whisper import WhisperTranscriber
from models.settings import AsrSettings

SPEECH = Path(__file__).parents[2] / "data" / "speech"


@pytest.fixture(scope="session")
def weights_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("weights")


@pytest.fixture(scope="session")
def transcriber(weights_cache: Path) -> WhisperTranscriber:
    return WhisperTranscriber.from_settings(AsrSettings(), weights_cache)


@pytest.fixture(scope="session")
def sentences() -> list[tuple[Samples, str]]:
    """(samples, what was said) of every clip."""
    clips = json.loads((SPEECH / "labels.json").read_text())
    return [(soundfile.read(SPEECH / clip["file"], dtype="float32")[0], clip["text"]) for clip in clips]
