"""Runs the ear alone over labelled conversations and writes the event streams that a client would have received (without text).

    python -m audio_service.hearing.evaluate CORPUS OUT [--no-enrolment]

CORPUS holds labels.json, <id>.flac and enrol-<voice>.flac; OUT gets one <id>.jsonl per conversation, for scoring by any tool that reads the
wire contract's messages. Prints the processor time that it took.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from audio_service.hearing.core import Hearing
from audio_service.hearing.enrolment import Enrolment
from audio_service.hearing.events import Escalation, HearingEvent, SpeakerUpdate, VoiceEnd
from audio_service.hearing.networks import HearingModels
from audio_service.hearing.spectra import Floats
from audio_service.hearing.wording import Words
from audio_service.messages import SAMPLE_RATE
from models.settings_detection import DetectionSettings

PACKET = SAMPLE_RATE // 10


def read(path: Path) -> Floats:
    """A 16 kHz mono file as float32. Raises ValueError for anything else."""
    samples, rate = soundfile.read(path, dtype="float32")
    if rate != SAMPLE_RATE or samples.ndim != 1:
        raise ValueError(f"{path}: 16 kHz mono needed")
    return np.asarray(samples, np.float32)


def run(
    models: HearingModels, settings: DetectionSettings, enrolment: Enrolment | None, samples: Floats, words: Iterable[Words] = ()
) -> list[HearingEvent]:
    """A whole recording → every event of it. `words` are what its utterances said, known beforehand; they count from their own moments."""
    hearing = Hearing(models, settings, enrolment)
    for said in words:
        hearing.say(said)
    events = [event for start in range(0, len(samples), PACKET) for event in hearing.hear(samples[start : start + PACKET])]
    return events + hearing.finish()


def messages(events: Iterable[HearingEvent]) -> list[dict[str, Any]]:
    """Events → the transcript finals (empty text), their corrections and the calming prompts of the wire contract."""
    out: list[dict[str, Any]] = []
    for event in events:
        if isinstance(event, VoiceEnd):
            final = {"type": "transcript", "utterance": str(event.utterance), "final": True, "speaker": event.speaker.value}
            out.append(final | {"confidence": event.confidence, "start": event.start, "end": event.end, "text": ""})
        elif isinstance(event, SpeakerUpdate):
            told = {"speaker": event.speaker.value, "confidence": event.confidence}
            out.append({"type": "correction", "utterance": str(event.utterance), "at": event.at} | told)
        elif isinstance(event, Escalation):
            out.append({"type": "prompt", "kind": "calming", "at": event.at, "strength": event.strength})
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description="Runs the ear alone over a labelled corpus")
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--no-enrolment", action="store_true")
    options = parser.parse_args()
    models, settings = HearingModels.load(), DetectionSettings()
    options.out.mkdir(parents=True, exist_ok=True)
    seconds = spent = 0.0
    for label in json.loads((options.corpus / "labels.json").read_text(encoding="utf-8")):
        samples = read(options.corpus / f"{label['id']}.flac")
        recordings = [] if options.no_enrolment else [read(options.corpus / f"enrol-{label['staff_voice']}.flac")]
        enrolment = Enrolment.from_recordings(models, recordings) if recordings else None
        before = time.process_time()
        events = run(models, settings, enrolment, samples)
        spent += time.process_time() - before
        seconds += len(samples) / SAMPLE_RATE
        lines = [json.dumps(message, ensure_ascii=False) for message in messages(events)]
        (options.out / f"{label['id']}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{seconds / 60:.1f} min of audio, {spent:.1f} s of processor time, {100 * spent / seconds:.2f} % of one core")


if __name__ == "__main__":
    main()
