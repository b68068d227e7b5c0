"""How well and how fast the recogniser hears labelled speech, measured against plain faster-whisper in the same run."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import soundfile
from faster_whisper import WhisperModel

from audio_service.transcription.results import SAMPLE_RATE, Samples
from audio_service.transcription.text import hanzi_error_rate, tidy
from audio_service.transcription.weights import resolve
from audio_service.transcription.whisper import WhisperTranscriber
from models.settings import AsrSettings

PLAIN_BEAM = 5


def bench_asr(corpus: Path, asr: AsrSettings, cache_dir: Path, clips: int | None = None) -> dict[str, float]:
    """Hanzi error rates and median seconds a clip of finals, partials and plain decoding (`transcribe`, beam 5, temperature 0).

    `corpus` holds `labels.json`, a list of {file, text}, and the 16 kHz mono files it names; `clips` takes the first so many. All three
    ways hear each clip in turn, so that a busy machine slows all of them. `time_ratio` is the median of finals' time over plain
    decoding's, clip by clip. Raises WeightsError, FileNotFoundError, ValueError for a file of another rate.
    """
    labels = json.loads((corpus / "labels.json").read_text(encoding="utf-8"))[:clips]
    ours = WhisperTranscriber.from_settings(asr, cache_dir)
    plain = WhisperModel(str(resolve(asr.model, cache_dir)), device=asr.device, compute_type=asr.compute_type, cpu_threads=asr.threads)

    def plainly(samples: Samples) -> str:
        segments, _ = plain.transcribe(samples, language="zh", beam_size=PLAIN_BEAM, temperature=0.0)
        return tidy("".join(segment.text for segment in segments))

    ways: dict[str, Callable[[Samples], str]] = {
        "final": lambda samples: ours.final(samples).text,
        "partial": lambda samples: ours.partial(samples).text,
        "plain": plainly,
    }
    texts: dict[str, list[tuple[str, str]]] = {way: [] for way in ways}
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    plainly(_read(corpus / labels[0]["file"]))
    for label in labels:
        samples = _read(corpus / label["file"])
        for way, listen in ways.items():
            started = time.perf_counter()
            texts[way].append((label["text"], listen(samples)))
            seconds[way].append(time.perf_counter() - started)
    report: dict[str, float] = {"clips": len(labels)}
    for way in ways:
        report[f"{way}_error_rate"] = hanzi_error_rate(texts[way])
        report[f"{way}_seconds"] = median(seconds[way])
    report["time_ratio"] = median(mine / theirs for mine, theirs in zip(seconds["final"], seconds["plain"], strict=True))
    return report


def _read(file: Path) -> Samples:
    samples, rate = soundfile.read(file, dtype="float32")
    if rate != SAMPLE_RATE or samples.ndim != 1:
        raise ValueError(f"{file} is not {SAMPLE_RATE} Hz mono")
    return np.asarray(samples, np.float32)
