"""The rows of one conversation, in the form the ledger takes. Keys are positions in the audio, so hearing it again writes nothing twice."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from audio_service.hearing import ROW, StateReport, Tick
from audio_service.intake.finalise import FinalRecording
from audio_service.live.finished import Finished
from audio_service.live.identity import Identity
from audio_service.live.ledger import FeedbackRow, Ledger, Row, SessionUpdate, SignalRow
from audio_service.messages import Keyword, Level, Prompt, Summary, Transcript, Warning_
from models.keywords import KeywordHit
from models.learning import PromptWithheld
from models.prompts import PromptShown
from models.prosody import CHUNK_SECONDS, ProsodyTrack, pack
from models.recordings import RecordingSegment
from models.sessions import SessionMark, SessionWarning
from models.states import StateEvent
from models.utterances import Utterance

STEP = 0.1
CHUNK_ROWS = round(CHUNK_SECONDS / STEP)
AGAIN = 1_000_000
"""Keywords of second listenings are counted from here: whether they or those of the next texts come first is not the same each time."""


class SessionRows:
    """One conversation's writer. In a conversation without recording it lets only the session's own counts through."""

    def __init__(self, ledger: Ledger, identity: Identity) -> None:
        self._ledger = ledger
        self._id = identity
        self._ticks: list[tuple[float | None, ...]] = []
        self._chunks = 0
        self._states = 0
        self._keywords = 0
        self._keywords_again = AGAIN

    def utterance(self, done: Finished) -> None:
        self._add(Utterance, ("session_id", "ordinal"), **_columns(done))

    def again(self, done: Finished) -> None:
        """A second listening to an utterance that is already written is over."""
        self._add(Utterance, ("session_id", "ordinal"), replace=("alternatives", "quality"), **_columns(done))

    def speaker(self, ordinal: int, sent: Transcript) -> None:
        """The attribution of an utterance that is already written has changed."""
        values = sent.model_dump(include={"start", "end", "text", "speaker", "confidence"})
        replace = ("speaker", "confidence")
        self._add(Utterance, ("session_id", "ordinal"), replace=replace, ordinal=ordinal, id=sent.utterance, **values)

    def tick(self, tick: Tick) -> None:
        self._ticks.append(tick.row())
        if len(self._ticks) == CHUNK_ROWS:
            self._write_track()

    def state(self, report: StateReport) -> None:
        self._add(
            StateEvent,
            ("session_id", "ordinal"),
            ordinal=self._states,
            at=report.at,
            speaker=report.speaker,
            confidence=report.confidence,
            level=report.level,
            score=report.score,
            measures=report.measures.model_dump(mode="json", exclude_none=True),
        )
        self._states += 1

    def prompt(self, prompt: Prompt, evidence: Mapping[str, Any]) -> None:
        self._add(
            PromptShown,
            ("session_id", "prompt_key"),
            prompt_key=prompt.id,
            kind=prompt.kind,
            at=prompt.at,
            script_id=prompt.script_id,
            text=prompt.text,
            reasons=prompt.reasons,
            situation=prompt.situation,
            alternatives=[alternative.model_dump() for alternative in prompt.alternatives],
            evidence=dict(evidence),
        )

    def withheld(self, prompt: Prompt, level: Level, evidence: Mapping[str, Any]) -> None:
        """`evidence` holds what would have been shown, too: its script may be another one tomorrow."""
        self._add(
            PromptWithheld,
            ("session_id", "prompt_key"),
            prompt_key=prompt.id,
            kind=prompt.kind,
            at=prompt.at,
            script_id=prompt.script_id,
            situation=prompt.situation,
            level=level,
            evidence={**evidence, "text": prompt.text, "reasons": prompt.reasons},
        )

    def keyword(self, keyword: Keyword, *, again: bool = False) -> None:
        """`again`: a second listening found it."""
        if again:
            ordinal, self._keywords_again = self._keywords_again, self._keywords_again + 1
        else:
            ordinal, self._keywords = self._keywords, self._keywords + 1
        self._add(
            KeywordHit,
            ("session_id", "ordinal"),
            ordinal=ordinal,
            utterance_id=keyword.utterance,
            term=keyword.term,
            category=keyword.category,
            at=keyword.at,
            end=keyword.end,
            speaker=keyword.speaker,
            heard=keyword.heard[:128],
            match=keyword.match,
            score=keyword.score,
        )

    def feedback(self, prompt_key: str, verdict: str, at: float, person_id: str) -> None:
        if self._id.recording:
            self._ledger.add(FeedbackRow(self._id.session_id, prompt_key, verdict, at, person_id))

    def mark(self, at: float, note: str, person_id: str) -> None:
        self._add(SessionMark, ("id",), at=at, note=note, person_id=person_id)

    def warning(self, message: Warning_) -> None:
        position = f"{self._id.session_id}:{message.code}:{message.at}"
        key = hashlib.blake2s(position.encode(), digest_size=16).hexdigest()
        self._add(SessionWarning, ("id",), id=key, code=message.code, at=message.at, detail=message.en)

    def signal(self, kind: str, at: float, payload: Mapping[str, Any], *, about: str = "") -> None:
        """Tell the desk. Repeating the same position of the same kind (and `about`) publishes nothing new."""
        if not self._id.recording:
            return
        body = {"kind": kind, "at": round(at, 2), "session_id": self._id.session_id, "case_id": self._id.case_id, **payload}
        key = ":".join(filter(None, (self._id.session_id, kind, about, f"{at:.1f}")))
        self._ledger.add(SignalRow("session.signal", key, body, self._id.site_id, self._id.session_id))

    def session(self, **values: Any) -> None:
        self._ledger.add(SessionUpdate(self._id.session_id, values))

    def kept(self, summary: Summary) -> dict[str, Any]:
        """The summary as it may be kept: the terms that were heard are words of the customer."""
        left_out = None if self._id.recording else {"keywords"}
        return summary.model_dump(mode="json", exclude=left_out)

    def recorded(self, final: FinalRecording, path: str, last_seq: int) -> None:
        """The finished file; until then the recording is what lies in the session's folder."""
        self._add(
            RecordingSegment,
            ("session_id", "ordinal"),
            ordinal=0,
            path=path,
            first_seq=0,
            last_seq=last_seq,
            first_sample=0,
            samples=final.samples,
            sha256=final.pcm_sha256,
            state="final",
            format="flac",
        )

    def ended(self, summary: Summary) -> None:
        """The end, for whoever follows the rows."""
        payload = {"session_id": self._id.session_id, "case_id": self._id.case_id, **self.kept(summary)}
        self._ledger.add(SignalRow("session.ended", f"{self._id.session_id}:ended", payload, self._id.site_id, self._id.session_id))

    def close(self) -> None:
        """Write what is left of the track."""
        if self._ticks:
            self._write_track()

    def _write_track(self) -> None:
        table = np.array([[np.nan if value is None else value for value in row] for row in self._ticks], np.float32)
        columns, data = pack({name: table[:, index] for index, name in enumerate(ROW) if name != "at"})
        start = self._chunks * CHUNK_SECONDS
        self._add(ProsodyTrack, ("session_id", "ordinal"), ordinal=self._chunks, start=start, step=STEP, columns=columns, data=data)
        self._chunks += 1
        self._ticks = []

    def _add(self, table: Any, key: tuple[str, ...], *, replace: tuple[str, ...] = (), **values: Any) -> None:
        if self._id.recording:
            self._ledger.add(Row(table, {"session_id": self._id.session_id, **values}, key, replace=replace))


def _columns(done: Finished) -> dict[str, Any]:
    """An utterance's row."""
    text = done.transcription
    quality = {
        "avg_logprob": round(text.avg_logprob, 3),
        "no_speech": round(text.no_speech_prob, 3),
        "compression": round(text.compression_ratio, 2),
        **({"dropped": text.dropped} if text.dropped else {}),
        **({"skipped": True} if done.skipped else {}),
        **({"late": done.late} if done.late is not None else {}),
        **({"again": done.again} if done.again is not None else {}),
        **({"twice": True} if text.twice else {}),
        **({"rescored": [list(reading) for reading in text.rescored]} if text.rescored else {}),
    }
    return {
        "ordinal": done.ordinal,
        "id": done.name,
        "speaker": done.speaker,
        "confidence": done.confidence,
        "start": done.start,
        "end": done.end,
        "text": text.text,
        "characters": [list(character) for character in text.characters],
        "alternatives": [list(alternative) for alternative in text.alternatives],
        "quality": quality,
    }
