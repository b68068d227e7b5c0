"""Bodies of the script desk. An entry's `content` is what a file says of it, without its name and review."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from case_api.library.schemas import Level, Sentence, Tried
from case_api.schemas import In, Line, Out, Prose, Reason, Reference, printable
from models.library_edits import EditAction, EditShelf, EditStatus
from scripts_library.records import Cause, Kind, Listen, Moment, Signal, Tone

Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=400), AfterValidator(printable)]
Phrases = Annotated[list[Line], Field(max_length=60, examples=[["订金", "购房定金"]])]
Key = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64), AfterValidator(printable)]
SCRIPT_ZH = "我完全理解您的心情，这个问题我们可以这样处理……"
SCRIPT_EN = "I completely understand how you feel. Here is how we can go about this…"


class ScriptContent(In):
    """Words to say."""

    kind: Kind
    situation: Moment
    tone: Tone
    zh: Words = Field(description="At most 45 Hanzi, no promise", examples=[SCRIPT_ZH])
    en: Words = Field(examples=[SCRIPT_EN])
    cause: Cause = Cause.ANY
    levels: list[Level] = Field(default_factory=list, max_length=4, description="None: all", examples=[["rising", "agitated"]])


class TermContent(In):
    """A thing to listen for; `category` is the id of one that is there."""

    category: Line = Field(examples=["money"])
    severity: int = Field(ge=1, le=3, examples=[2])
    aliases: Phrases = Field(default_factory=list)
    misheard: Phrases = Field(default_factory=list)
    near: Phrases = Field(default_factory=list)
    not_if: Phrases = Field(default_factory=list)
    signal: Signal = Signal.NONE
    cause: Cause | None = None
    moment: Moment | None = None
    listen: Listen = Listen.NEAR


class Instead(In):
    """What to say instead: scripts by their ids, or words of its own."""

    scripts: list[Line] = Field(default_factory=list, max_length=10, examples=[["say-options"]])
    zh: Words = Field(default="", examples=["我帮您看看有哪几种处理方式，您来选。"])
    en: Words = Field(default="", examples=["Let me show you which ways there are; you choose."])


class RuleContent(In):
    """Staff wording that escalates."""

    phrases: Phrases
    instead: Instead
    unless: Phrases = Field(default_factory=list)


class _Change(In):
    action: EditAction = Field(default="put", description="put: as `content` says; remove: not used any more; reset: as the files say")


class ScriptChange(_Change):
    """A change of a script, by its id."""

    shelf: Literal["script"]
    key: Key = Field(examples=["first-understand"])
    content: ScriptContent | None = None


class TermChange(_Change):
    """A change of a term, by its canonical name."""

    shelf: Literal["term"]
    key: Key = Field(examples=["定金"])
    content: TermContent | None = None


class RuleChange(_Change):
    """A change of a wording rule, by its id."""

    shelf: Literal["rule"]
    key: Key = Field(examples=["cannot-refund"])
    content: RuleContent | None = None


Change = Annotated[ScriptChange | TermChange | RuleChange, Field(discriminator="shelf")]


class Spoken(In):
    """A sentence as the recogniser would write it, and who said it."""

    text: Sentence = Field(examples=["你们再不退定金我就去法院告你们"])
    speaker: Literal["staff", "customer", "unsure"] = "customer"


class Check(In):
    """A change that is not kept, and a sentence to try against it."""

    change: Change
    spoken: Spoken | None = None


class Draft(In):
    """A change to be kept; `submit`: it is ready for the second person."""

    change: Change
    note: Prose = Field(default="", description="Why", examples=["法务建议改得更中性"])
    submit: bool = False


class Redraft(In):
    """Another content for one's own draft."""

    change: Change
    note: Prose = Field(default="", examples=["法务建议改得更中性"])


class Return(In):
    """Why a draft cannot be approved as it is."""

    reason: Reason = Field(examples=["“尽快”会被理解为承诺，请改写"])


class Replay(In):
    """A stored conversation to hear again."""

    session_id: Reference


class FaultOut(Out):
    """What the library says against a change; `field` is null where another entry is at fault."""

    field: str | None
    file: str
    line: int
    column: int
    code: str
    zh: str
    en: str


class Both(Out):
    """What a sentence sets off as the library is, and with the change."""

    before: Tried
    after: Tried


class Checked(Out):
    """Whether a change could be kept, and what it would do."""

    faults: list[FaultOut]
    tried: Both | None = None


class EditOut(Out):
    """A change. Of an entry's approved ones that with the highest `number` is in force."""

    id: str
    shelf: EditShelf
    key: str
    action: EditAction
    content: dict[str, Any] | None
    before: dict[str, Any] | None = Field(description="What was in force when it was drafted")
    note: str
    status: EditStatus
    drafted_by: str
    drafted_by_name: str
    drafted_at: datetime
    submitted_at: datetime | None
    decided_by: str | None
    decided_by_name: str | None
    decided_at: datetime | None
    reason: str
    number: int | None
    version: int


class DifferenceOut(Out):
    """One field that a change changes."""

    field: str
    before: Any
    after: Any


class EditDetail(EditOut):
    """A change with what it changes: an open one against what is in force now, a decided one against what was in force then."""

    differences: list[DifferenceOut]


class EntryOut(Out):
    """An entry as it is in force, and what is being done about it."""

    shelf: EditShelf
    key: str
    content: dict[str, Any] | None
    of_the_desk: bool = Field(description="In force as it was approved at the desk, not as the files say")
    open: EditOut | None


class ReplayedUtterance(Out):
    """What an utterance sets off as the library is, and with the change."""

    name: str
    at: float
    speaker: str
    text: str
    before: list[str] = Field(description="Terms and wording")
    after: list[str]
    prompt_before: str | None
    prompt_after: str | None


class Replayed(Out):
    """A stored conversation, heard again twice; only what differs or brings up a prompt is told."""

    session_id: str
    utterances: int
    changed: int
    prompts_before: int
    prompts_after: int
    items: list[ReplayedUtterance]


class ImportedEntry(Out):
    """An entry of the file that is new, or says otherwise than what is in force."""

    shelf: EditShelf
    key: str
    new: bool
    differences: list[DifferenceOut]


class Imported(Out):
    """What a file would change, or what was drafted from it."""

    dry_run: bool
    entries: int
    same: int
    changes: list[ImportedEntry]
    faults: list[FaultOut]
    edits: list[str] = Field(description="Ids of what was drafted")
