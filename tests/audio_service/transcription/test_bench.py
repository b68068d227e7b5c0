from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from audio_service.transcription.bench import bench_asr
from models.settings import AsrSettings

SPEECH = Path(__file__).parents[2] / "data" / "speech"


def test_finals_are_no_worse_than_plain_decoding_and_all_is_reported(weights_cache: Path) -> None:
    report = bench_asr(SPEECH, AsrSettings(), weights_cache, clips=1)
    assert report["clips"] == 1
    assert set(report) == {"clips", "time_ratio"} | {
        f"{way}_{what}" for way in ("final", "partial", "plain") for what in ("error_rate", "seconds")
    }
    assert report["final_error_rate"] <= report["plain_error_rate"] + 0.05
    assert min(report["time_ratio"], report["final_seconds"], report["plain_seconds"]) > 0


def test_audio_of_another_rate_is_refused_by_name(weights_cache: Path, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "clip.flac", np.zeros(8000), 8000)
    (tmp_path / "labels.json").write_text('[{"file": "clip.flac", "text": "好"}]')
    with pytest.raises(ValueError, match=r"clip\.flac is not 16000 Hz"):
        bench_asr(tmp_path, AsrSettings(), weights_cache)
