"""Bodies of evidence."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from case_api.schemas import In, Out, Prose, Reason, Reference
from models.evidence import EvidenceKind
from models.sessions import Speaker

FileKind = Literal["id_scan", "contract", "receipt", "loan_letter", "chat", "other"]


class UploadFields(In):
    """What is said of an upload beside the file itself."""

    kind: FileKind = Field(examples=["receipt"])
    note: Prose = Field(default="", examples=["订金收据，2026-11-01"])
    task_id: Reference | None = None


class Citation(In):
    """An utterance of a conversation of this case, to be kept as evidence with its words as they are now."""

    session_id: Reference
    utterance_id: Reference = Field(examples=["u12"])
    note: Prose = Field(default="", examples=["客户口头确认可以考虑换房"])
    task_id: Reference | None = None


class Withdrawal(In):
    """Why a piece of evidence should not count any more."""

    reason: Reason = Field(examples=["上传了别的客户的收据"])


class FileOut(Out):
    """An uploaded file."""

    name: str = Field(examples=["收据.jpg"])
    media_type: str = Field(examples=["image/jpeg"])
    size: int = Field(description="Bytes")
    sha256: str
    url: str = Field(examples=["/v1/evidence/0193…/file"])


class QuoteOut(Out):
    """A cited utterance. `text` is null once the customer has withdrawn the consent to the recording."""

    session_id: str
    utterance_id: str
    start: float = Field(description="Seconds of audio")
    end: float
    speaker: Speaker
    text: str | None


class EvidenceOut(Out):
    """One piece of evidence: a file or a quote."""

    id: str
    case_id: str
    task_id: str | None
    kind: EvidenceKind
    note: str
    file: FileOut | None
    quote: QuoteOut | None
    added_by: str
    created_at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: str | None
    withdrawn_reason: str
    version: int


# The upload's form is read after the sign-in, not by FastAPI before it, so its contract is written down here.
UPLOAD_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["file", "kind"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "PDF, JPEG, PNG, HEIC, WebP, DOCX, XLSX, MP3, M4A, WAV, FLAC, MP4 or plain text; "
                            "declared type, name and content have to agree",
                        },
                        **UploadFields.model_json_schema()["properties"],
                    },
                }
            }
        },
    }
}
