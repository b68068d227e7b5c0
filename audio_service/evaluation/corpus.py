"""Labelled conversations: `labels.json`, `<id>.flac` and `enrol-<staff_voice>.flac` in one folder. Read, check, write.

Unknown fields of a label file are kept when it is written again: other tools put their own there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import soundfile as sf
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from audio_service.evaluation.problems import CorpusCode, CorpusError, CorpusProblem
from audio_service.messages import SAMPLE_RATE
from models.files import write_whole

LABELS = "labels.json"
DRAFT = "draft"
"""Kind of a conversation that a person still has to label."""
ESCALATE = "escalate"
LENGTH_SLACK = 1.0
"""Seconds that `seconds` may differ from the recording: encoders pad."""
TOUCH = 0.02
"""Seconds by which turns may overlap and still only touch: labels are rounded."""
_BLOCK = 60 * SAMPLE_RATE

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Name = Annotated[str, Field(pattern=r"^[\w][\w.\-]{0,99}$", description="Becomes part of a file name")]


class _Label(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="allow")


class Turn(_Label):
    """One person's turn. `role` is `unsure` only in a draft; times in seconds of audio; `keywords` are canonical terms said in it."""

    role: Literal["customer", "staff", "unsure"]
    start: Seconds
    end: Seconds
    text: str = ""
    keywords: list[str] = Field(default_factory=list)

    @property
    def seconds(self) -> float:
        return self.end - self.start


class Conversation(_Label):
    """One recording. `onset` and `offset` bound the customer's agitation (s), None where there is none.

    Without `staff_voice` the conversation is heard without an enrolment.
    """

    id: Name
    kind: Annotated[str, Field(min_length=1, max_length=40)]
    seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    onset: Seconds | None = None
    offset: Seconds | None = None
    staff_voice: Name | None = None
    turns: list[Turn]

    @property
    def audio(self) -> str:
        """Name of its recording."""
        return f"{self.id}.flac"

    @property
    def enrolment(self) -> str | None:
        """Name of the recording its staff member is enrolled with."""
        return None if self.staff_voice is None else f"enrol-{self.staff_voice}.flac"


@dataclass(frozen=True, slots=True)
class Corpus:
    """Conversations that were checked, and what is odd about them but stops nobody."""

    folder: Path
    conversations: tuple[Conversation, ...]
    warnings: tuple[CorpusProblem, ...] = ()

    @property
    def vocabulary(self) -> frozenset[str]:
        """Every labelled term: only these can be found by mistake."""
        return frozenset(term for conversation in self.conversations for turn in conversation.turns for term in turn.keywords)

    def audio(self, conversation: Conversation) -> Path:
        return self.folder / conversation.audio

    def enrolment(self, conversation: Conversation) -> Path | None:
        return None if conversation.enrolment is None else self.folder / conversation.enrolment


def read_corpus(folder: Path, *, only: Sequence[str] = (), enrolled: bool = True) -> Corpus:
    """The conversations of `folder` whose id or kind is among `only` (all of them by default), with their audio checked.

    Raises CorpusError with everything that is wrong, not only the first thing. `enrolled=False` asks for no enrolment recordings.
    """
    chosen, problems = [], []
    for index, conversation in enumerate(read_labels(folder)):
        if only and not {conversation.id, conversation.kind} & set(only):
            continue
        chosen.append(conversation)
        problems += check(conversation, f"[{index}]") + check_audio(folder, conversation, enrolled=enrolled)
    if not chosen:
        problems.append(CorpusProblem(CorpusCode.NO_CONVERSATIONS, LABELS, detail=", ".join(only)))
    if any(not problem.is_warning for problem in problems):
        raise CorpusError(problems)
    return Corpus(folder, tuple(chosen), tuple(problems))


def read_labels(folder: Path) -> list[Conversation]:
    """The label file, well-formed but not yet checked against itself or the audio. Raises CorpusError."""
    try:
        raw = json.loads((folder / LABELS).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CorpusError([CorpusProblem(CorpusCode.LABELS_MISSING, str(folder / LABELS))]) from error
    except (ValueError, OSError) as error:
        raise CorpusError([CorpusProblem(CorpusCode.LABELS_UNREADABLE, LABELS, detail=str(error))]) from error
    if not isinstance(raw, list):
        raise CorpusError([CorpusProblem(CorpusCode.LABELS_UNREADABLE, LABELS, detail=type(raw).__name__)])
    conversations, problems = [], []
    for index, item in enumerate(raw):
        try:
            conversations.append(Conversation.model_validate(item))
        except ValidationError as error:
            problems += [_field_problem(index, one) for one in error.errors()]
    seen: set[str] = set()
    for conversation in conversations:
        if conversation.id in seen:
            problems.append(CorpusProblem(CorpusCode.ID_REPEATED, LABELS, "id", conversation.id))
        seen.add(conversation.id)
    if problems:
        raise CorpusError(problems)
    return conversations


def _field_problem(index: int, error: Any) -> CorpusProblem:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"])
    return CorpusProblem(CorpusCode.FIELD_WRONG, LABELS, f"[{index}]{path}", error["msg"])


def check(conversation: Conversation, place: str) -> list[CorpusProblem]:
    """What the labels of one conversation contradict among themselves; `place` is how its fields are named."""
    found: list[CorpusProblem] = []

    def note(code: CorpusCode, field: str, detail: str = "") -> None:
        found.append(CorpusProblem(code, LABELS, f"{place}.{field}", detail or conversation.id))

    if conversation.kind == DRAFT:
        note(CorpusCode.NOT_LABELLED, "kind")
    _check_agitation(conversation, note)
    for number, turn in enumerate(conversation.turns):
        name = f"turns[{number}]"
        if turn.role == "unsure":
            note(CorpusCode.ROLE_OPEN, f"{name}.role")
        if turn.end <= turn.start:
            note(CorpusCode.INTERVAL_EMPTY, f"{name}.end", f"{turn.start}–{turn.end}")
        if turn.end > conversation.seconds:
            note(CorpusCode.OUTSIDE_AUDIO, f"{name}.end", f"{turn.end} > {conversation.seconds}")
    for first, second, together in _together(conversation.turns):
        same = conversation.turns[first].role == conversation.turns[second].role
        note(CorpusCode.TURNS_OVERLAP if same else CorpusCode.TURNS_CROSS, f"turns[{second}].start", f"turns[{first}], {together:.2f} s")
    return found


def _together(turns: Sequence[Turn]) -> list[tuple[int, int, float]]:
    """Pairs of turns (by their places) that overlap, and for how long (s); thousands of turns that follow each other cost little."""
    order = sorted(range(len(turns)), key=lambda place: turns[place].start)
    found = []
    for place, one in enumerate(order):
        for other in islice(order, place + 1, None):
            if turns[other].start >= turns[one].end:
                break
            together = min(turns[one].end, turns[other].end) - turns[other].start
            if together > TOUCH:
                found.append((min(one, other), max(one, other), together))
    return sorted(found)


def _check_agitation(conversation: Conversation, note: Any) -> None:
    onset, offset = conversation.onset, conversation.offset
    if (onset is None) != (offset is None):
        note(CorpusCode.OFFSET_WITHOUT_ONSET, "offset" if offset is None else "onset")
    if onset is None and conversation.kind == ESCALATE:
        note(CorpusCode.ONSET_MISSING, "onset")
    if onset is not None and conversation.kind not in (ESCALATE, DRAFT):
        note(CorpusCode.ONSET_UNEXPECTED, "onset", conversation.kind)
    if onset is None or offset is None:
        return
    if offset <= onset:
        note(CorpusCode.INTERVAL_EMPTY, "offset", f"{onset}–{offset}")
    if offset > conversation.seconds:
        note(CorpusCode.OUTSIDE_AUDIO, "offset", f"{offset} > {conversation.seconds}")


def check_audio(folder: Path, conversation: Conversation, *, enrolled: bool) -> list[CorpusProblem]:
    """What is wrong with the sound files of one conversation. Decodes them: a cut file shows only at its end."""
    frames, problems = _decodes(folder, conversation.audio, CorpusCode.AUDIO_MISSING)
    if not problems and abs(frames / SAMPLE_RATE - conversation.seconds) > LENGTH_SLACK:
        detail = f"{conversation.seconds} s ≠ {frames / SAMPLE_RATE:.2f} s"
        problems.append(CorpusProblem(CorpusCode.AUDIO_LENGTH, conversation.audio, "seconds", detail))
    if enrolled and conversation.enrolment is not None:
        problems += _decodes(folder, conversation.enrolment, CorpusCode.ENROLMENT_MISSING)[1]
    return problems


def _decodes(folder: Path, name: str, missing: CorpusCode) -> tuple[int, list[CorpusProblem]]:
    if not (folder / name).is_file():
        return 0, [CorpusProblem(missing, name)]
    try:
        with sf.SoundFile(folder / name) as file:
            if (file.samplerate, file.channels) != (SAMPLE_RATE, 1):
                detail = f"{file.samplerate} Hz, {file.channels}"
                return 0, [CorpusProblem(CorpusCode.AUDIO_FORMAT, name, detail=detail)]
            frames = sum(len(block) for block in file.blocks(_BLOCK, dtype="int16"))
            if frames != file.frames:
                return 0, [CorpusProblem(CorpusCode.AUDIO_UNREADABLE, name, detail=f"{frames} < {file.frames}")]
    except (sf.SoundFileError, OSError) as error:
        return 0, [CorpusProblem(CorpusCode.AUDIO_UNREADABLE, name, detail=str(error))]
    return frames, []


def write_labels(folder: Path, conversations: Sequence[Conversation]) -> None:
    """Replace the label file whole or not at all. Drafts may be written; nothing else that `check` finds wrong. Raises CorpusError."""
    allowed = {CorpusCode.NOT_LABELLED, CorpusCode.ROLE_OPEN}
    problems = [one for index, conversation in enumerate(conversations) for one in check(conversation, f"[{index}]")]
    problems = [one for one in problems if not one.is_warning and one.code not in allowed]
    names = [conversation.id for conversation in conversations]
    problems += [CorpusProblem(CorpusCode.ID_REPEATED, LABELS, "id", name) for name in sorted({n for n in names if names.count(n) > 1})]
    if problems:
        raise CorpusError(problems)
    text = json.dumps([one.model_dump() for one in conversations], ensure_ascii=False, indent=1, allow_nan=False)
    write_whole(folder / LABELS, (text + "\n").encode())


def known(folder: Path, name: str) -> list[Conversation]:
    """The conversations a new one called `name` would join; none where there is no corpus yet. Raises CorpusError: id_repeated."""
    there = read_labels(folder) if (folder / LABELS).exists() else []
    if any(one.id == name for one in there):
        raise CorpusError([CorpusProblem(CorpusCode.ID_REPEATED, LABELS, "id", name)])
    return there


def add_conversation(folder: Path, conversation: Conversation, samples: NDArray[np.int16]) -> None:
    """Put a conversation and its (n,) int16 16 kHz audio into a corpus, which is made if there is none.

    The audio comes first: labels never name a file that is not there. Raises CorpusError: id_repeated, and what `write_labels` raises.
    """
    folder.mkdir(parents=True, exist_ok=True)
    there = known(folder, conversation.id)
    partial = folder / f"{conversation.audio}.partial"
    sf.write(partial, samples, SAMPLE_RATE, "PCM_16", format="FLAC")
    partial.replace(folder / conversation.audio)
    write_labels(folder, [*there, conversation])
