"""Record an acknowledgement, have it signed, withdraw it. What is signed counts on the early-warning board in the same transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.canonical import sha256
from case_api.co_residents import repository
from case_api.co_residents.rules import strangers, unsigned
from case_api.co_residents.schemas import AckChange, AckIn, AckListed, AckOut, Resident, ScanOut, SignIn
from case_api.commands import By, guard
from case_api.early_warning.events import own
from case_api.evidence.repository import keep_blob
from case_api.evidence.service import Checked
from case_api.notices import current_notice, find_notice
from case_api.problems import Problem, ProblemCode
from case_api.security import Permission, Principal
from case_api.sight import find_seen, named_site
from models import audit, outbox
from models.co_residents import CoResidentAck
from models.engine import Factory, transaction
from models.evidence import EvidenceBlob

BATCH = 200


async def create(db: AsyncSession, by: By, body: AckIn) -> CoResidentAck:
    """A draft with the wording of today. Raises Problem: forbidden, site_unknown."""
    by.principal.demand(Permission.ACK_RECORD, body.site_id)
    await named_site(db, body.site_id)
    row = CoResidentAck(
        **body.model_dump(exclude={"people"}),
        **_people(body.people),
        notice_version=current_notice("co_residents").version,
        created_by=by.person_id,
        created_at=by.now,
    )
    db.add(row)
    await _done(db, by, row, "recorded", {"people": len(body.people)})
    return row


def _people(people: list[Resident]) -> dict[str, Any]:
    return {"people": [person.model_dump() for person in people], "names": "\n".join(person.name for person in people)}


async def find(db: AsyncSession, principal: Principal, ack_id: str, *, lock: bool = False) -> CoResidentAck:
    """The acknowledgement. Raises Problem: not_found, also where the person may not see it."""
    return await find_seen(db, principal, Permission.ACK_READ, CoResidentAck, ack_id, lock=lock)


async def _draft(db: AsyncSession, by: By, ack_id: str, expected: int) -> CoResidentAck:
    row = await find(db, by.principal, ack_id, lock=True)
    by.principal.demand(Permission.ACK_RECORD, row.site_id)
    guard(row, expected)
    if row.status != "draft":
        raise Problem(ProblemCode.ACK_STATE, row.status)
    return row


async def change(db: AsyncSession, by: By, ack_id: str, expected: int, body: AckChange) -> CoResidentAck:
    """Other people, before anybody has signed; the wording is today's.

    Raises Problem: not_found, forbidden, version_conflict, acknowledgement_state.
    """
    row = await _draft(db, by, ack_id, expected)
    for name, value in _people(body.people).items():
        setattr(row, name, value)
    row.notice_version = current_notice("co_residents").version
    await _done(db, by, row, "changed", {"people": len(body.people)})
    return row


async def sign(db: AsyncSession, by: By, ack_id: str, expected: int, body: SignIn) -> CoResidentAck:
    """Everybody who has to has signed on the screen. Raises Problem: as `change`, acknowledgement_signatures."""
    row = await _draft(db, by, ack_id, expected)
    drawn = {one.name: one.strokes for one in body.signatures}
    if wrong := unsigned(row.people, drawn) or strangers(row.people, drawn):
        raise Problem(ProblemCode.ACK_SIGNATURES, f"body.signatures: {'、'.join(wrong)}")
    row.signatures = [one.model_dump(mode="json") for one in body.signatures]
    await _signed(db, by, row, "screen")
    return row


async def keep_scan(db: AsyncSession, by: By, ack_id: str, expected: int, upload: Checked) -> tuple[CoResidentAck, bool]:
    """The page that was signed by hand: (row, whether it refers to `upload.path`). Raises Problem: as `change`."""
    row = await _draft(db, by, ack_id, expected)
    values = {"sha256": upload.sha256, "size": upload.size, "media_type": upload.type.media_type}
    first = await keep_blob(db, values | {"path": upload.path, "created_at": by.now})
    row.scan_sha256, row.scan_name = upload.sha256, upload.name
    await _signed(db, by, row, "paper")
    return row, first


async def _signed(db: AsyncSession, by: By, row: CoResidentAck, method: str) -> None:
    row.status, row.method, row.signed_at, row.witnessed_by = "signed", method, by.now, by.person_id
    row.digest = digest(row)
    await _done(db, by, row, "signed", {"method": method, "digest": row.digest, "notice_version": row.notice_version})
    await own.acknowledged(db, by.now, ack_id=row.id)


def digest(row: CoResidentAck) -> str:
    """SHA-256 of everything that was signed: whose, who, which wording, when, and how."""
    names = ("id", "site_id", "customer_reference", "unit_reference", "people", "notice_version", "method", "signatures", "scan_sha256")
    assert row.signed_at is not None
    return sha256({name: getattr(row, name) for name in names} | {"text": _text(row)[0], "signed_at": row.signed_at.isoformat()})


async def withdraw(db: AsyncSession, by: By, ack_id: str, expected: int, reason: str) -> CoResidentAck:
    """It counts no longer; it stays to be read. Whoever recorded it may, and who runs the site's cases.

    Raises Problem: not_found, forbidden, version_conflict, acknowledgement_state (withdrawn before).
    """
    row = await find(db, by.principal, ack_id, lock=True)
    by.principal.demand(Permission.ACK_RECORD if row.created_by == by.person_id else Permission.CASE_MANAGE, row.site_id)
    guard(row, expected)
    if row.status == "withdrawn":
        raise Problem(ProblemCode.ACK_STATE, row.status)
    row.status, row.withdrawn_at, row.withdrawn_by, row.withdrawn_reason = "withdrawn", by.now, by.person_id, reason
    await _done(db, by, row, "withdrawn", {"reason": reason})
    await own.unacknowledged(db, row.id, by.now)
    return row


async def _done(db: AsyncSession, by: By, row: CoResidentAck, what: str, told: dict[str, Any]) -> None:
    await db.flush()
    subject = audit.Subject("co_resident_ack", row.id, row.site_id)
    audit.record(db, by.who, f"api:co_resident_ack:{what}", subject, after=told, at=by.now)
    about = {"acknowledgement_id": row.id, "site_id": row.site_id, "unit_reference": row.unit_reference, "at": by.now.isoformat()}
    about |= {"customer_reference": row.customer_reference, "status": row.status}
    await outbox.publish(db, f"acknowledgement.{what}", about, site_id=row.site_id)


def _text(row: CoResidentAck) -> tuple[str, str]:
    notice = find_notice("co_residents", row.notice_version)
    assert notice is not None  # versions are never taken out
    return notice.zh, notice.en


def shown(row: CoResidentAck) -> AckOut:
    """The acknowledgement with its text."""
    zh, en = _text(row)
    scan = None
    if row.scan_sha256 is not None:
        scan = ScanOut(name=row.scan_name, sha256=row.scan_sha256, url=f"/v1/co-resident-acknowledgements/{row.id}/scan")
    signed_by = [one["name"] for one in row.signatures or ()]
    return AckOut(**AckListed.model_validate(row).model_dump(), text_zh=zh, text_en=en, signed_by=signed_by, scan=scan)


async def scan_of(db: AsyncSession, principal: Principal, ack_id: str) -> tuple[CoResidentAck, EvidenceBlob]:
    """The scanned page. Raises Problem: not_found."""
    row = await find(db, principal, ack_id)
    blob = await db.get(EvidenceBlob, row.scan_sha256) if row.scan_sha256 is not None else None
    if blob is None:
        raise Problem(ProblemCode.NOT_FOUND)
    return row, blob


async def forget_old(factory: Factory, now: datetime, days: int) -> int:
    """Remove what is older than the retention period, some at a time: how many."""
    forgotten = 0
    while True:
        async with transaction(factory) as db:
            some = await repository.forget_old(db, now - timedelta(days=days), BATCH)
        forgotten += some
        if some < BATCH:
            return forgotten
