"""What can be wrong with a corpus: one closed list of codes, each naming the file and the field, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class CorpusCode(StrEnum):
    """Stable codes; a code is never renamed and never reused."""

    LABELS_MISSING = "labels_missing"
    LABELS_UNREADABLE = "labels_unreadable"
    NO_CONVERSATIONS = "no_conversations"
    FIELD_WRONG = "field_wrong"
    ID_REPEATED = "id_repeated"
    NOT_LABELLED = "not_labelled"
    ROLE_OPEN = "role_open"
    INTERVAL_EMPTY = "interval_empty"
    OUTSIDE_AUDIO = "outside_audio"
    TURNS_OVERLAP = "turns_overlap"
    TURNS_CROSS = "turns_cross"
    OFFSET_WITHOUT_ONSET = "offset_without_onset"
    ONSET_MISSING = "onset_missing"
    ONSET_UNEXPECTED = "onset_unexpected"
    AUDIO_MISSING = "audio_missing"
    AUDIO_UNREADABLE = "audio_unreadable"
    AUDIO_FORMAT = "audio_format"
    AUDIO_LENGTH = "audio_length"
    ENROLMENT_MISSING = "enrolment_missing"
    ENROLMENT_SHORT = "enrolment_short"


TEXTS: dict[CorpusCode, tuple[str, str]] = {
    CorpusCode.LABELS_MISSING: ("没有标注文件", "there is no labels.json"),
    CorpusCode.LABELS_UNREADABLE: ("标注文件不是有效的 JSON 列表", "the label file is not a JSON list"),
    CorpusCode.NO_CONVERSATIONS: ("没有可用的对话", "no conversation is left to run"),
    CorpusCode.FIELD_WRONG: ("字段缺失或取值不对", "a field is missing or has a wrong value"),
    CorpusCode.ID_REPEATED: ("编号重复", "the id is used twice"),
    CorpusCode.NOT_LABELLED: ("草稿尚未核对：请填写 kind、onset、offset", "still a draft: fill in kind, onset and offset"),
    CorpusCode.ROLE_OPEN: ("说话人未定：请改为 customer 或 staff", "the role is open: make it customer or staff"),
    CorpusCode.INTERVAL_EMPTY: ("结束时间不晚于开始时间", "the end does not come after the start"),
    CorpusCode.OUTSIDE_AUDIO: ("时间超出录音长度", "the time lies outside the audio"),
    CorpusCode.TURNS_OVERLAP: ("同一人的两段话重叠", "two turns of one person overlap"),
    CorpusCode.TURNS_CROSS: ("双方同时说话，归属按各自计算", "both speak at once; each turn is scored on its own"),
    CorpusCode.OFFSET_WITHOUT_ONSET: ("有 offset 却没有 onset，或反之", "one of onset and offset is there without the other"),
    CorpusCode.ONSET_MISSING: ("kind 为 escalate 却没有 onset", "the kind is escalate but there is no onset"),
    CorpusCode.ONSET_UNEXPECTED: (
        "有 onset，但 kind 不是 escalate；仍按激动计算",
        "there is an onset though the kind is not escalate; it is scored",
    ),
    CorpusCode.AUDIO_MISSING: ("没有录音文件", "the recording is missing"),
    CorpusCode.AUDIO_UNREADABLE: ("录音文件无法读取或不完整", "the recording cannot be read or is cut short"),
    CorpusCode.AUDIO_FORMAT: ("需要 16 kHz 单声道", "16 kHz mono is needed"),
    CorpusCode.AUDIO_LENGTH: ("标注的时长与录音不符", "`seconds` is not the length of the recording"),
    CorpusCode.ENROLMENT_MISSING: ("没有员工注册录音", "the staff member's enrolment recording is missing"),
    CorpusCode.ENROLMENT_SHORT: ("员工注册录音里的语音太少", "the enrolment recording holds too little speech"),
}

WARNINGS = frozenset({CorpusCode.TURNS_CROSS, CorpusCode.ONSET_UNEXPECTED})
"""What is said but does not stop an evaluation."""


@dataclass(frozen=True, slots=True)
class CorpusProblem:
    """One thing that is wrong. `field` reads like `[3].turns[2].end`; empty where the file as a whole is meant."""

    code: CorpusCode
    file: str
    field: str = ""
    detail: str = ""

    @property
    def is_warning(self) -> bool:
        return self.code in WARNINGS

    def __str__(self) -> str:
        zh, en = TEXTS[self.code]
        place = f"{self.file} {self.field}".rstrip()
        return f"{place}: {zh} · {en}" + (f"（{self.detail}）" if self.detail else "") + f" [{self.code}]"


class CorpusError(Exception):
    """The corpus cannot be used as it is; `problems` says why, in the order of the file."""

    def __init__(self, problems: Sequence[CorpusProblem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)
