"""The wire contract: one class a message, both directions. Times are seconds of audio from the first sample, never wall clock."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, field_validator

from audio_service.errors import StreamError

PROTOCOL_VERSION = 1
SAMPLE_RATE = 16_000


class Speaker(StrEnum):
    STAFF = "staff"
    CUSTOMER = "customer"
    UNSURE = "unsure"


class Level(StrEnum):
    PROVISIONAL = "provisional"
    CALM = "calm"
    RISING = "rising"
    AGITATED = "agitated"


class PromptKind(StrEnum):
    CALMING = "calming"
    GUIDANCE = "guidance"
    WORDING = "wording"


class _In(BaseModel):
    """What a client says. Control characters are refused: no person types them, and PostgreSQL cannot store a NUL."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*")
    @classmethod
    def _printable(cls, value: Any) -> Any:
        if isinstance(value, str) and any((ord(char) < 32 and char not in "\n\t") or ord(char) == 127 for char in value):
            raise ValueError("control characters are not allowed")
        return value


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True)


# ---- client → server ------------------------------------------------------------------------------------------------


class ConsentRecord(_In):
    """What the customer was told and answered. `recording: false` keeps no audio and no text, only counts."""

    recording: bool
    notice_version: str = Field(min_length=1, max_length=40)
    informed_by: str | None = Field(default=None, max_length=80)
    method: Literal["spoken", "written", "screen"] = "screen"


class MicReport(_In):
    """What the phone's microphone says of itself (read back after asking for everything off)."""

    sample_rate: int | None = None
    auto_gain_control: bool | None = None
    noise_suppression: bool | None = None
    echo_cancellation: bool | None = None
    label: str | None = Field(default=None, max_length=200)


class Hello(_In):
    """First message. `resume` names the session to go on with; everything else of a session is fixed at its start.

    The site is the case's; without a case `site_id`, or else the first site where the person may run sessions.
    """

    type: Literal["hello"]
    version: int
    token: str = Field(min_length=1, max_length=200)
    codec: str = "pcm_s16le"
    sample_rate: int = SAMPLE_RATE
    consent: ConsentRecord | None = None
    case_id: str | None = Field(default=None, max_length=64)
    site_id: str | None = Field(default=None, max_length=64)
    resume: str | None = Field(default=None, max_length=64)
    mic: MicReport | None = None
    client: str | None = Field(default=None, max_length=120)
    nudge: bool = Field(default=False, description="Send `nudge` when the staff member hurries; said anew at every hello, kept nowhere")


class Feedback(_In):
    type: Literal["feedback"]
    prompt_id: str = Field(min_length=1, max_length=64)
    verdict: Literal["used", "dismissed", "helpful", "unhelpful"]


class Mark(_In):
    """A note of the staff member at this moment (`at` if the phone knows the audio time, else the newest audio)."""

    type: Literal["mark"]
    note: str = Field(default="", max_length=500)
    at: float | None = Field(default=None, ge=0)


class Shown(_In):
    """A `hint`, or one of the `listeners`, is on a screen that somebody can see. `id` is theirs; saying it twice does no harm."""

    type: Literal["shown"]
    id: str = Field(min_length=1, max_length=64)


class Stop(_In):
    """No more audio. Said once every packet is acknowledged: the end leaves out what the disk refused on its way there."""

    type: Literal["stop"]


ClientMessage = Annotated[Hello | Feedback | Mark | Shown | Stop, Field(discriminator="type")]
CLIENT_MESSAGE: TypeAdapter[Hello | Feedback | Mark | Shown | Stop] = TypeAdapter(ClientMessage)


# ---- server → client ------------------------------------------------------------------------------------------------


class Limits(_Out):
    """What the server takes: packet length, packets in flight above the last ack, seconds of one session."""

    packet_ms_min: int = 20
    packet_ms_max: int = 200
    window_packets: int
    session_seconds_max: int


class Ready(_Out):
    type: Literal["ready"] = "ready"
    version: int = PROTOCOL_VERSION
    session: str
    next_seq: int
    resumed: bool = False
    recording: bool
    enrolled: bool = False
    limits: Limits


class Ack(_Out):
    """Every packet up to and including `seq` is durably stored."""

    type: Literal["ack"] = "ack"
    seq: int


class Transcript(_Out):
    """Text of one utterance. Partials replace one another until `final`; `settled` characters will not change any more.

    A final also says how many syllables were heard in its sound, and in how many seconds of speech, whatever the text holds; and
    whether its text is `doubtful`, to be read with a caveat (`confidence` is about the speaker).
    """

    type: Literal["transcript"] = "transcript"
    utterance: str
    final: bool
    speaker: Speaker
    confidence: float
    start: float
    end: float
    text: str
    settled: int = 0
    syllables: float | None = None
    speech_seconds: float | None = None
    doubtful: bool = False


class Correction(_Out):
    """The speaker of an utterance whose final was sent before, as the voices are known at `at`. The final itself comes once."""

    type: Literal["correction"] = "correction"
    utterance: str
    at: float
    speaker: Speaker
    confidence: float


class Measure(_Out):
    """One cue: its value, this speaker's baseline and the robust z against it (None until there is a baseline)."""

    value: float
    baseline: float | None = None
    z: float | None = None


class Measures(_Out):
    """Units: syllables per second, dB (K-weighted, re full scale), Hz, dB (1–5 kHz over 50–1000 Hz)."""

    rate: Measure | None = None
    loudness: Measure | None = None
    pitch: Measure | None = None
    balance: Measure | None = None


class State(_Out):
    """Sent once a second while somebody speaks, and whenever the level changes. `level` is always the customer's."""

    type: Literal["state"] = "state"
    at: float
    speaker: Speaker
    confidence: float = 0.0
    level: Level
    score: float = 0.0
    measures: Measures
    customer_share: float | None = Field(default=None, description="The customer's share of the attributed talk of the last two minutes")


class MomentKind(StrEnum):
    INTERRUPTION = "interruption"
    SILENCE = "silence"
    CALMED = "calmed"


class Moment(_Out):
    """Something about the course of the talk. `by`: who interrupted; `seconds`: how long a silence was when it was told.

    Only interruptions that change who is heard are found, one in eight: their number compares talks, it does not count them.
    """

    type: Literal["moment"] = "moment"
    kind: MomentKind
    at: float
    by: Speaker | None = None
    seconds: float | None = None


class Nudge(_Out):
    """To the staff member alone, if their `hello` asked for it: they speak faster than they did. It is stored nowhere."""

    type: Literal["nudge"] = "nudge"
    at: float
    zh: str
    en: str


class Hint(_Out):
    """A short word of a manager (`by`) to the staff member; no prompt. Answered with `shown`; until then it comes again on every line.

    A client that does not know it leaves it unanswered, and the manager sees that it was not shown.
    """

    type: Literal["hint"] = "hint"
    id: str
    at: float
    text: str
    by: str


class Listener(_Out):
    id: str
    name: str


class Listeners(_Out):
    """Who listens in now, all of them, at every change; empty: nobody any more.

    To be shown for as long as it holds. Nobody hears anything before their `id` was answered with `shown`, on this line.
    """

    type: Literal["listeners"] = "listeners"
    people: list[Listener]


class Alternative(_Out):
    script_id: str
    text: str
    text_en: str = ""


class Prompt(_Out):
    type: Literal["prompt"] = "prompt"
    id: str
    kind: PromptKind
    at: float
    script_id: str
    text: str
    text_en: str = ""
    reasons: list[str]
    situation: str = ""
    alternatives: list[Alternative] = Field(default_factory=list)


class Keyword(_Out):
    """A term in an utterance, after its final text; of one that was hardly understood more may follow, from a second listening."""

    type: Literal["keyword"] = "keyword"
    term: str
    category: str
    at: float
    end: float
    speaker: Speaker
    utterance: str
    heard: str
    match: Literal["exact", "alias", "phonetic"]
    score: float


class WarningCode(StrEnum):
    FALLING_BEHIND = "falling_behind"
    CLIPPING = "clipping"
    MIC_AGC = "mic_agc"
    NO_SPEECH = "no_speech"
    TOO_QUIET = "too_quiet"
    NOT_ENROLLED = "not_enrolled"
    ONE_VOICE = "one_voice"
    TEXT_SKIPPED = "text_skipped"
    HEARING_FAILED = "hearing_failed"
    STORE_SLOW = "store_slow"
    STORE_LOW = "store_low"
    ROWS_LOST = "rows_lost"


class Warning_(_Out):
    type: Literal["warning"] = "warning"
    code: WarningCode
    at: float
    zh: str
    en: str


class Error(_Out):
    type: Literal["error"] = "error"
    code: str
    zh: str
    en: str
    retry: bool
    detail: str | None = None
    expected_seq: int | None = None


def error_message(error: StreamError, expected_seq: int | None = None) -> Error:
    """The wire form of an error."""
    text = error.text
    return Error(code=error.code, zh=text.zh, en=text.en, retry=text.retry, detail=error.detail, expected_seq=expected_seq)


class Summary(_Out):
    type: Literal["summary"] = "summary"
    session: str
    seconds: float
    speech_seconds: float
    talk_share: dict[Speaker, float]
    utterances: int
    prompts: dict[PromptKind, int]
    keywords: dict[str, int]
    peak_level: Level
    recording: str | None = None
    moments: list[Moment] = Field(default_factory=list, description="Interruptions, long silences and calmings, the first 200")


ServerMessage = (
    Ready | Ack | Transcript | Correction | State | Prompt | Keyword | Moment | Nudge | Hint | Listeners | Warning_ | Error | Summary
)
