"""What each cue and each guard is worth: the ear alone runs again without it, on the same audio, in a pool of processes.

Nothing is transcribed again: the words are those of recorded streams, counted from the same moments of audio as live.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any, ClassVar

from audio_service.evaluation.corpus import Conversation, Corpus
from audio_service.evaluation.scoring import Message, Tally, figures, final_transcripts, tally, total
from audio_service.hearing import Enrolment, HearingModels, Words
from audio_service.hearing.evaluate import messages, read, run
from audio_service.hearing.spectra import Floats
from audio_service.live.finished import VISIBLE_AFTER
from audio_service.live.shelf import Tools
from audio_service.live.words import anger_of, find
from audio_service.transcription.results import Transcription
from models.settings_detection import DetectionSettings

WHOLE = "完整 · everything"


@dataclass(frozen=True, slots=True)
class Variant:
    """The detector without one thing: the settings that take it out."""

    name: str
    changes: Mapping[str, Any] = field(default_factory=dict)


VARIANTS: tuple[Variant, ...] = (
    Variant(WHOLE),
    Variant("语速 · pace", {"weight_rate": 0.0}),
    Variant("音量 · loudness", {"weight_loudness": 0.0}),
    Variant("音高 · pitch", {"weight_pitch": 0.0}),
    Variant("音色 · spectral balance", {"weight_balance": 0.0}),
    Variant("用词 · words", {"words_weight": 0.0}),
    Variant("线索互相印证 · cues must agree", {"agree_at": -10.0}),
    Variant("手机挪动防护 · phone-moved guard", {"effort_at": 0.0, "moved_effort": 0.0, "unexplained_db": 60.0}),
    Variant("挪动后重新校准 · following a moved phone", {"moved_step": 60.0}),
    Variant("说话人“未确定” · unsure band", {"speaker_sure": 0.5}),
    Variant("陌生声音防护 · stranger's voice guard", {"customer_similarity": 0.01}),
    Variant("持续 0.5 秒 · hold", {"hold": 0.0}),
    Variant("了解期 9 → 4 秒 · provisional start", {"baseline_seconds": 4.0}),
    Variant("明显加剧时提前再提示 · prompt again when much worse", {"worse_by": 20.0}),
    Variant("冷却 45 → 10 秒 · cool-down", {"cooldown": 10.0}),
)
"""Where a setting cannot be taken out altogether, its name says how far it was lowered."""


@dataclass(frozen=True, slots=True)
class Row:
    """One variant's figures. Delays in seconds, `right` and `wrong` shares of speech."""

    name: str
    hits: int
    escalations: int
    delay_median: float | None
    delay_p90: float | None
    false: int
    false_per_hour: float | None
    right: float
    wrong: float


@dataclass(frozen=True, slots=True)
class Ablation:
    """The whole detector first, then each variant. `worded`: the words of every conversation were known."""

    corpus: str
    worded: bool
    rows: tuple[Row, ...]

    @property
    def document(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Ablation:
        """Reads back what `document` gave. Raises KeyError, TypeError for anything else."""
        return cls(document["corpus"], document["worded"], tuple(Row(**row) for row in document["rows"]))


def spoken(messages: Iterable[Message], tools: Tools) -> tuple[Words, ...]:
    """What the ear is told of the words in a stream.

    Nearly what it was told when the stream was made: then the decoder's other hypotheses were searched too.
    """
    found: list[Words] = []
    for final in final_transcripts(messages):
        anger = anger_of(find(tools, Transcription(final["text"])))
        if anger:
            found.append(Words(int(final["utterance"].removeprefix("u")), final["end"] + VISIBLE_AFTER, anger))
    return tuple(found)


def ablate(
    corpus: Corpus, settings: DetectionSettings, words: Mapping[str, tuple[Words, ...]], *, enrolled: bool, tell: Callable[[str], None]
) -> Ablation:
    """Every variant over every conversation; `tell(id)` after each conversation. Takes as many processes as there are cores.

    `words` by conversation are what was said in it; without them the words count for nothing in every variant.
    """
    variants = {variant.name: without(settings, variant) for variant in VARIANTS}
    found: dict[str, list[Tally]] = {name: [] for name in variants}
    processes = min(os.cpu_count() or 1, len(corpus.conversations))
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_begin) as pool:
        futures = [
            pool.submit(_hear, corpus.folder, conversation, variants, words.get(conversation.id, ()), enrolled)
            for conversation in corpus.conversations
        ]
        for conversation, future in zip(corpus.conversations, futures, strict=True):
            for name, stream in future.result().items():
                found[name].append(tally(conversation, stream, ()))
            tell(conversation.id)
    worded = all(conversation.id in words for conversation in corpus.conversations)
    return Ablation(corpus.folder.resolve().name, worded, tuple(_row(name, total(tallies)) for name, tallies in found.items()))


def without(settings: DetectionSettings, variant: Variant) -> DetectionSettings:
    """The settings of a variant; checked like any others. Raises ValidationError."""
    return DetectionSettings.model_validate(settings.model_dump() | dict(variant.changes))


def _row(name: str, tally: Tally) -> Row:
    got = figures(tally)
    delay, share = got["delay_s"], got["attribution_corrected"]
    return Row(
        name=name,
        hits=tally.hits,
        escalations=tally.escalations,
        delay_median=delay["median"],
        delay_p90=delay["p90"],
        false=tally.false,
        false_per_hour=got["false_per_hour"],
        right=share["right"],
        wrong=share["wrong"],
    )


class Remembered(HearingModels):
    """The same networks; what they said to the same input is not computed again. Variants differ after the networks, hardly before.

    Most of the ear's time is theirs. One conversation's answers are kept.
    """

    _said: ClassVar[dict[bytes, Any]] = {}

    def forget(self) -> None:
        """Another conversation begins."""
        self._said.clear()

    def voice(self, frames: Floats, h: Floats, c: Floats) -> tuple[Floats, Floats, Floats]:
        key = frames.tobytes() + h.tobytes() + c.tobytes()
        if key not in self._said:
            self._said[key] = super().voice(frames, h, c)
        answer: tuple[Floats, Floats, Floats] = self._said[key]
        return answer

    def embed(self, windows: Floats) -> Floats:
        key = windows.tobytes()
        if key not in self._said:
            self._said[key] = super().embed(windows)
        answer: Floats = self._said[key]
        return answer


def _begin() -> None:
    """A process of the pool: models are opened before the first conversation, at a low priority."""
    os.nice(5)
    _models()


@lru_cache(maxsize=1)
def _models() -> Remembered:
    return Remembered.load()  # type: ignore[return-value]


@lru_cache(maxsize=16)
def _enrolment(path: Path) -> Enrolment:
    return Enrolment.from_recordings(_models(), [read(path)])


def _hear(
    folder: Path, conversation: Conversation, variants: Mapping[str, DetectionSettings], words: tuple[Words, ...], enrolled: bool
) -> dict[str, list[dict[str, Any]]]:
    """The ear alone over one recording, with each variant's settings → finals without text, and prompts."""
    name = conversation.enrolment if enrolled else None
    enrolment = _enrolment(folder / name) if name else None
    models, samples = _models(), read(folder / conversation.audio)
    models.forget()
    return {name: messages(run(models, settings, enrolment, samples, words)) for name, settings in variants.items()}
