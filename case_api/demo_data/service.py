"""Fill a database with the demonstration's year, and take all of it out again.

Rows are written in bulk, not through the services: a year of commands would take an hour and fill the audit record, which is for ever. So
the record holds one entry for the filling, one for the removal, and in between what the services wrote of the few cases that wait.
"""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import soundfile as sf
from sqlalchemy import Table, delete, func, insert, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from case_api import demo as bundled
from case_api.demo_data import PREFIX, SITES, crm, earlier, prevention, rows, talk, waiting
from case_api.demo_data.story import VISITS, Story, evenly, go_live_of, stories, unfinished
from case_api.policies.service import install_defaults, tier_policy
from case_api.retention.erase import erase
from case_api.retention.repository import forget_consents
from models import audit
from models.approvals import ApprovalRound, ApprovalStep
from models.cases import WithdrawalCase
from models.crm import CrmSource
from models.engine import Factory, reading, transaction
from models.learning import SiteLearning
from models.outbox import OutboxMessage
from models.people import Person, PersonRole
from models.refunds import RefundInstruction, RefundPayment
from models.sessions import Session
from models.sites import CHINA, Site
from models.tables import Base
from scripts_library.library import Library

WHO: Final = audit.Actor("calmdesk demo-data")
BATCH: Final = 100
"""Cases that are removed in one transaction: others are let in between."""
WITH_AUDIO: Final = 3
AT_A_SITE: Final = {
    "staff": "置业顾问",
    "staff_2": "置业顾问二",
    "receptionist": "接待",
    "site_manager": "案场经理",
    "site_manager_2": "案场副经理",
    "finance": "财务",
    "legal": "法务",
    "marketing": "营销",
}
AT_BOTH: Final = {"city_gm": "城市总", "hq_risk": "总部风控", "regional_ops": "区域运营", "trainer": "培训"}
# What a person has of their own; somebody who did anything else stays, without access.
_OWN: Final = {"person_role", "access_token", "command_record", "notification", "notification_channel", "notification_preference"}


class Refused(Exception):
    """Why the database is left as it is: Chinese · English."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What was written, and how to sign in."""

    cases: int
    sessions: int
    go_live: str
    usernames: list[str]


async def fill(factory: Factory, data_dir: Path, now: datetime, *, seed: int, password_hash: str, force: bool = False) -> Filled:
    """A year that ends now. Raises Refused: there is demonstration data already, or real data and not `force`."""
    today = now.astimezone(CHINA).date()
    async with transaction(factory) as db:
        await _look_first(db, force)
        await install_defaults(db, now)
        people = await _people(db, now, password_hash)
        scripts = {key: script.zh for key, script in Library.load().scripts.items()}
        tiers, table = await tier_policy(db, None, now)
        made = rows.Rows(seed, people, await _sites(db), now, (tiers.id, tiers.number, table), scripts)
        told = unfinished(stories(today, seed), now)
        _write(made, told, today)
        crm.write(made, told)
        prevention.write(made)
        earlier.write(made, told, today)
        _agree(made, go_live_of(today))
        sounding = _with_audio(made)
        await _insert(db, made)
        await waiting.write(db, made, told, WHO)
        after = {"cases": len(told), "seed": seed}
        audit.record(db, WHO, "cli:demo_data:create", audit.Subject("demo_data", "demo"), after=after, at=now)
        for session_id in sounding:
            _copy_audio(data_dir, session_id)
        usernames = list((await db.scalars(select(Person.username).where(_demo_people()).order_by(Person.username))).all())
    return Filled(len(told), len(made.tables[Session]), str(go_live_of(today)), usernames)


def _demo_people() -> Any:
    return Person.username.startswith(PREFIX, autoescape=True)


async def _look_first(db: AsyncSession, force: bool) -> None:
    if await db.scalar(select(func.count()).select_from(Site).where(Site.code.in_(SITES))):
        raise Refused("已有演示数据，请先运行 calmdesk demo-data --remove · there is demonstration data; remove it first")
    real = [await db.scalar(select(func.count()).select_from(table)) for table in (WithdrawalCase, Session)]
    if any(real) and not force:
        raise Refused(
            f"数据库中已有 {real[0]} 个案件、{real[1]} 次会话；确需写入请加 --force · "
            f"the database holds {real[0]} cases and {real[1]} conversations; --force writes anyway"
        )


async def _sites(db: AsyncSession) -> dict[str, str]:
    return {site.code: site.id for site in (await db.scalars(select(Site).where(Site.code.in_(SITES)))).all()}


async def _people(db: AsyncSession, now: datetime, password_hash: str) -> dict[tuple[str, str], str]:
    """Two sites and their people: (site, role) → person. Nobody has a role anywhere else."""
    sites = {code: Site(code=code, name=zh, name_en=en, created_at=now) for code, (zh, en) in SITES.items()}
    db.add_all(sites.values())
    await db.flush()
    found: dict[tuple[str, str], str] = {}
    for code, site in sites.items():
        for key, title in AT_A_SITE.items():
            username, role = f"{PREFIX}{code[-1].lower()}-{key.replace('_', '-')}", key.removesuffix("_2")
            found[code, key] = await _person(db, username, f"{title}（{site.name}）", password_hash, now, role, [site.id])
    for role, title in AT_BOTH.items():
        username = f"{PREFIX}{role.replace('_', '-')}"
        person = await _person(db, username, f"{title}（演示）", password_hash, now, role, [site.id for site in sites.values()])
        found |= {(code, role): person for code in SITES}
    return found


async def _person(db: AsyncSession, username: str, name: str, password_hash: str, now: datetime, role: str, site_ids: Sequence[str]) -> str:
    roles = [PersonRole(role=role, site_id=site_id) for site_id in site_ids]
    same = {"password_hash": password_hash, "must_change_password": False, "created_at": now}
    person = Person(username=username, display_name=name[:80], roles=roles, **same)
    db.add(person)
    await db.flush()
    return person.id


def _write(made: rows.Rows, told: Sequence[Story], today: Any) -> None:
    numbers: Counter[tuple[str, str]] = Counter()
    sounding, length = {story.number for story in told[-WITH_AUDIO:]}, round(sf.info(bundled.NEGOTIATION).duration, 1)
    for story in told:
        day = (story.site, f"{story.received_at:%Y%m%d}")
        numbers[day] += 1
        case_id = rows.write(made, story, f"{day[0]}-{day[1]}-{numbers[day]:04d}")
        lasts = length if story.number in sounding else None
        talk.write(made, story, case_id, live=story.received_at.date() >= go_live_of(today), seconds=lasts)
    _visits(made, told)


def _visits(made: rows.Rows, told: Sequence[Story]) -> None:
    """Those who only asked, spread evenly at either site: what goes wrong has something to be compared with."""
    held = Counter[str]()
    for story in told:
        if evenly(held[story.site], VISITS, 100):
            talk.visit(made, story)
        held[story.site] += 1


def _agree(made: rows.Rows, go_live: date) -> None:
    """The first site's ranking learns from what was measured; both have the day that before and after are told by."""
    for code, ranking in zip(SITES, ("learning", "off"), strict=True):
        changed = {"changed_by": made.people[code, "trainer"], "changed_at": made.now, "version": 1}
        same = {"site_id": made.sites[code], "holdout_bp": 0, "ranking_version_id": None, "go_live_on": go_live}
        made.add(SiteLearning, ranking=ranking, **same, **changed)


def _with_audio(made: rows.Rows) -> list[str]:
    """The newest conversations get the bundled recording: there is something to play."""
    content = hashlib.sha256(bundled.NEGOTIATION.read_bytes()).hexdigest()
    newest = [row for row in made.tables[Session] if row["case_id"]][-WITH_AUDIO:]
    for row in newest:
        row |= {"recording_path": f"recordings/{row['id']}/recording.flac", "recording_sha256": content}
    return [row["id"] for row in newest]


def _copy_audio(data_dir: Path, session_id: str) -> None:
    folder = data_dir / "recordings" / session_id
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(bundled.NEGOTIATION, folder / "recording.flac")


async def _insert(db: AsyncSession, made: rows.Rows) -> None:
    """Table by table, those first that others refer to. Refunds are approved, then instructed, then paid, as triggers want it."""
    by_table = {model.__table__: found for model, found in made.tables.items()}
    for table in Base.metadata.sorted_tables:
        if table is RefundInstruction.__table__:
            await _approve(db, made)
        for first in range(0, len(by_table.get(table, [])), 500):
            await db.execute(insert(table), by_table[table][first : first + 500])
    await _pay(db, made)


async def _approve(db: AsyncSession, made: rows.Rows) -> None:
    for step in made.tables[ApprovalStep]:
        decided = {"status": "approved", "decided_by": made.people[next(iter(SITES)), "city_gm"], "decided_at": step["opened_at"]}
        await db.execute(update(ApprovalStep).where(ApprovalStep.id == step["id"]).values(**decided))
    ids = [row["id"] for row in made.tables[ApprovalRound]]
    await db.execute(update(ApprovalRound).where(ApprovalRound.id.in_(ids)).values(status="approved", closed_at=ApprovalRound.opened_at))


async def _pay(db: AsyncSession, made: rows.Rows) -> None:
    for order, payment in zip(made.tables[RefundInstruction], made.tables[RefundPayment], strict=True):
        at = order["created_at"]
        paid = {"status": "paid", "paid_on": at.date(), "bank_reference": rows.MARK, "handled_by": order["created_by"], "handled_at": at}
        await db.execute(update(RefundPayment).where(RefundPayment.id == payment["id"]).values(**paid))
        await db.execute(update(RefundInstruction).where(RefundInstruction.id == order["id"]).values(status="paid"))


async def remove(factory: Factory, data_dir: Path, now: datetime) -> dict[str, int]:
    """Take it out: how many cases, conversations, people. Can be repeated after it was broken off."""
    async with reading(factory) as db:
        site_ids = list((await _sites(db)).values())
        cases = list((await db.scalars(select(WithdrawalCase.id).where(WithdrawalCase.site_id.in_(site_ids)))).all())
        sessions = list((await db.scalars(select(Session.id).where(Session.site_id.in_(site_ids)))).all())
    for first in range(0, len(cases), BATCH):
        async with transaction(factory) as db:
            await _remove_cases(db, cases[first : first + BATCH])
    async with transaction(factory) as db:
        await _remove_rest(db, site_ids, now)
        people = await _remove_people(db, now)
        counts = {"cases": len(cases), "sessions": len(sessions), "people": people}
        if site_ids:
            audit.record(db, WHO, "cli:demo_data:remove", audit.Subject("demo_data", "demo"), after=counts, at=now)
    for session_id in sessions:
        shutil.rmtree(data_dir / "recordings" / session_id, ignore_errors=True)
    return counts


async def _remove_cases(db: AsyncSession, case_ids: Sequence[str]) -> None:
    """Cases with their conversations, and the consents that these rest on."""
    consents = list((await db.scalars(select(Session.consent_id).where(Session.case_id.in_(case_ids)))).all())
    await erase(db, _table(WithdrawalCase), *case_ids)
    await forget_consents(db, consents)


async def _remove_rest(db: AsyncSession, site_ids: Sequence[str], now: datetime) -> None:
    """Conversations that people had at these sites without a case, what the outbox still holds, the sites."""
    mine = (await db.execute(select(Session.id, Session.consent_id).where(Session.site_id.in_(site_ids)))).all()
    await erase(db, _table(Session), *(row.id for row in mine))
    await forget_consents(db, [row.consent_id for row in mine])
    await db.execute(delete(OutboxMessage).where(OutboxMessage.site_id.in_(site_ids)))
    sources = (await db.scalars(select(CrmSource.id).where(CrmSource.site_id.in_(site_ids)))).all()
    await erase(db, _table(CrmSource), *sources)  # its name is taken as long as it is there, whatever becomes of the site
    for site in (await db.scalars(select(Site).where(Site.id.in_(site_ids)))).all():
        await _remove_site(db, site, now)


async def _remove_site(db: AsyncSession, site: Site, now: datetime) -> None:
    """The site goes, unless somebody left there what the database lets nobody delete (a benefit pool's ledger, an authorised rule): then it
    stays under another code, so that the year can be written again."""
    try:
        async with db.begin_nested():
            await erase(db, _table(Site), site.id)
    except DBAPIError:
        site.code, site.name = f"{site.code}-{now:%y%m%d%H%M}"[:16], f"{site.name}（已清空）"


def _table(model: type[Base]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table


async def _remove_people(db: AsyncSession, now: datetime) -> int:
    """Demonstration people go; one who has done something elsewhere meanwhile stays, without access."""
    people = (await db.scalars(select(Person).where(_demo_people()))).all()
    for person in people:
        if await _acted(db, person.id):
            person.disabled_at = now
        else:
            await erase(db, _table(Person), person.id)
    return len(people)


async def _acted(db: AsyncSession, person_id: str) -> bool:
    for table in Base.metadata.sorted_tables:
        if table.name in _OWN:
            continue
        columns = [key.parent for key in table.foreign_keys if key.column.table is Person.__table__]
        if columns and await db.scalar(select(func.count()).select_from(table).where(or_(*(column == person_id for column in columns)))):
            return True
    return False
