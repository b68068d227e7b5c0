"""Evidence: take an upload, cite an utterance, withdraw. The file is in the store before a row tells of it."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.cases import flow
from case_api.commands import By, guard
from case_api.evidence import repository
from case_api.evidence.rules import HEAD_BYTES, FileType, agrees, office_parts, safe_name, sniff
from case_api.evidence.scan import scan
from case_api.evidence.schemas import Citation, EvidenceOut, FileOut, QuoteOut, UploadFields
from case_api.evidence.store import CHUNK, BlobStore
from case_api.problems import Problem, ProblemCode
from case_api.security import Permission, Principal
from case_api.sessions.exports import CORRECTED
from models.cases import WithdrawalCase
from models.consents import stands
from models.evidence import Evidence
from models.settings_records import RecordsSettings
from models.tasks import CaseTask

AT_WORK: Final = ("draft", "assessing", "solving", "offered", "approving", "executing", "closing")
"""Steps in which evidence may be added or withdrawn; what is archived stays as it was."""


@dataclass(frozen=True, slots=True)
class Checked:
    """An upload that may be kept, in the store at `path`."""

    sha256: str
    size: int
    type: FileType
    name: str
    path: str


@asynccontextmanager
async def checked(store: BlobStore, settings: RecordsSettings, file: IO[bytes], name: str, declared: str) -> AsyncIterator[Checked]:
    """Look at an upload, scan it and put it into the store; if what follows fails, it is taken out again.

    Raises Problem: body_too_large, evidence_type, evidence_type_mismatch, evidence_unsafe, scan_unavailable, store_unavailable.
    """
    with tempfile.TemporaryDirectory(prefix="calmdesk-") as folder:
        copy = Path(folder) / "upload"
        sha256, size = await asyncio.to_thread(_copy, file, copy, settings.upload_bytes_max)
        kind = await asyncio.to_thread(_type_of, copy)
        if kind is None:
            raise Problem(ProblemCode.EVIDENCE_TYPE, "body.file")
        kept_name = safe_name(name)
        if not agrees(kind, declared, kept_name):
            raise Problem(ProblemCode.EVIDENCE_TYPE_MISMATCH, kind.media_type)
        await scan(settings.scan_command, copy, settings.scan_seconds)
        path = store.place(sha256)
        await store.put(path, copy)
    try:
        yield Checked(sha256, size, kind, kept_name, path)
    except BaseException:
        await store.delete(path)
        raise


def _copy(source: IO[bytes], target: Path, limit: int) -> tuple[str, int]:
    """(SHA-256, bytes) of what was copied. Raises Problem: body_too_large."""
    digest, size = hashlib.sha256(), 0
    with target.open("wb") as file:
        while block := source.read(CHUNK):
            size += len(block)
            if size > limit:
                raise Problem(ProblemCode.BODY_TOO_LARGE, f"{limit} bytes at most")
            digest.update(block)
            file.write(block)
    return digest.hexdigest(), size


def _type_of(path: Path) -> FileType | None:
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        return sniff(head, office_parts(file) if head.startswith(b"PK") else ())


async def add_file(db: AsyncSession, by: By, case_id: str, upload: Checked, fields: UploadFields) -> tuple[Any, bool]:
    """(row, whether it refers to `upload.path`): the same content may be there already, then this copy can go.

    Raises Problem: not_found, forbidden, case_state, task_unknown.
    """
    case = await _open_case(db, by, case_id, fields.task_id)
    return await keep_file(db, by, case, upload, fields)


async def keep_file(db: AsyncSession, by: By, case: WithdrawalCase, upload: Checked, fields: UploadFields) -> tuple[Any, bool]:
    """`add_file` for a case that the caller has locked and may add to."""
    values = {"sha256": upload.sha256, "size": upload.size, "media_type": upload.type.media_type}
    first = await repository.keep_blob(db, values | {"path": upload.path, "created_at": by.now})
    row = Evidence(sha256=upload.sha256, filename=upload.name, **_common(by, case, fields))
    return await _added(db, by, case, row, {"kind": row.kind, "sha256": upload.sha256, "name": upload.name}), first


async def cite(db: AsyncSession, by: By, case_id: str, body: Citation) -> Any:
    """Keep an utterance as evidence (「录音留档」). Raises Problem: session_not_linked, not_recorded, utterance_unknown, …"""
    case = await _open_case(db, by, case_id, body.task_id)
    found = await repository.said(db, body.session_id, body.utterance_id)
    if found is None or found.Session.case_id != case.id:
        raise Problem(ProblemCode.SESSION_NOT_LINKED, "body.session_id")
    if not stands(found.Session, found.Consent):
        raise Problem(ProblemCode.NOT_RECORDED, "body.session_id")
    said = found.Utterance
    if said is None:
        raise Problem(ProblemCode.UTTERANCE_UNKNOWN, "body.utterance_id")
    quote = {"session_id": body.session_id, "utterance_id": said.id, "start": said.start, "end": said.end, "speaker": said.speaker}
    row = Evidence(text=said.text + (CORRECTED if said.corrected else ""), **quote, **_common(by, case, body))
    return await _added(db, by, case, row, {"kind": row.kind, **quote})


async def withdraw(db: AsyncSession, by: By, evidence_id: str, expected: int, reason: str) -> Any:
    """Mark evidence as not to count; it stays. Whoever added it may, and who runs the case.

    Raises Problem: not_found, forbidden, case_state, version_conflict, evidence_withdrawn.
    """
    found = await find(db, by.principal, evidence_id)
    case = await flow.case_for(db, by.principal, Permission.EVIDENCE_ADD, found.Evidence.case_id)
    row = await db.get_one(Evidence, evidence_id, populate_existing=True)  # as it is now that the case is locked
    if row.added_by != by.person_id:
        by.principal.demand(Permission.CASE_MANAGE, case.site_id)
    flow.demand_step(case, *AT_WORK)
    if row.withdrawn_at is not None:
        raise Problem(ProblemCode.EVIDENCE_WITHDRAWN)
    guard(row, expected)
    row.withdrawn_at, row.withdrawn_by, row.withdrawn_reason = by.now, by.person_id, reason
    await db.flush()
    await flow.touch(db, case)
    flow.note(db, by, case, "withdraw_evidence", after={"evidence_id": row.id, "reason": reason})
    await flow.tell(db, by, case, "evidence_withdrawn", {"evidence_id": row.id})
    return await repository.one(db, evidence_id)


async def _open_case(db: AsyncSession, by: By, case_id: str, task_id: str | None) -> WithdrawalCase:
    case = await flow.case_for(db, by.principal, Permission.EVIDENCE_ADD, case_id)
    flow.demand_step(case, *AT_WORK)
    if task_id is not None:
        task = await db.get(CaseTask, task_id)
        if task is None or task.case_id != case.id:
            raise Problem(ProblemCode.TASK_UNKNOWN, "body.task_id")
    return case


def _common(by: By, case: WithdrawalCase, fields: UploadFields | Citation) -> dict[str, Any]:
    kind = fields.kind if isinstance(fields, UploadFields) else "utterance"
    place = {"case_id": case.id, "site_id": case.site_id, "task_id": fields.task_id}
    return place | {"kind": kind, "note": fields.note, "added_by": by.person_id, "created_at": by.now}


async def _added(db: AsyncSession, by: By, case: WithdrawalCase, row: Evidence, told: dict[str, Any]) -> Any:
    db.add(row)
    await db.flush()
    await flow.touch(db, case)
    flow.note(db, by, case, "add_evidence", after={"evidence_id": row.id} | told)
    await flow.tell(db, by, case, "evidence_added", {"evidence_id": row.id, "kind": row.kind})
    return await repository.one(db, row.id)


async def find(db: AsyncSession, principal: Principal, evidence_id: str) -> Any:
    """The row of `evidence_query`. Raises Problem: not_found, also where the person may not see the case."""
    found = await repository.one(db, evidence_id)
    if found is None or not principal.may(Permission.CASE_READ, found.Evidence.site_id):
        raise Problem(ProblemCode.NOT_FOUND)
    return found


async def find_file(db: AsyncSession, principal: Principal, evidence_id: str) -> Any:
    """The row of an upload whose content the person may have; scans of ID cards are personal.

    Raises Problem: not_found (also for a quote, which has no file), forbidden.
    """
    found = await find(db, principal, evidence_id)
    if found.EvidenceBlob is None:
        raise Problem(ProblemCode.NOT_FOUND)
    if found.Evidence.kind == "id_scan":
        principal.demand(Permission.CASE_PERSONAL, found.Evidence.site_id)
    return found


def shown(found: Any) -> EvidenceOut:
    """A row of `evidence_query` as it is told."""
    row: Evidence = found.Evidence
    own = EvidenceOut.model_fields.keys() - {"file", "quote"}
    return EvidenceOut(file=_file(found), quote=_quote(found), **{name: getattr(row, name) for name in own})


def _file(found: Any) -> FileOut | None:
    row, blob = found.Evidence, found.EvidenceBlob
    if blob is None:
        return None
    url = f"/v1/evidence/{row.id}/file"
    return FileOut(name=row.filename, media_type=blob.media_type, size=blob.size, sha256=blob.sha256, url=url)


def _quote(found: Any) -> QuoteOut | None:
    row: Evidence = found.Evidence
    if row.session_id is None:
        return None
    text = row.text if found.withdrawn_at is None else None
    named = {name: getattr(row, name) for name in ("session_id", "utterance_id", "start", "end", "speaker")}
    return QuoteOut(text=text, **named)
