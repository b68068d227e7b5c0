"""First start: the policies of the source, a site to work at, and an administrator with a password that is told once and never stored."""

from __future__ import annotations

from dataclasses import dataclass

from case_api.accounts.passwords import hash_password, one_time_password
from case_api.people.repository import count_people
from case_api.policies.service import install_defaults
from case_api.sites.repository import site_by_code
from models import audit
from models.base import utc_now
from models.engine import Factory, one_at_a_time, transaction
from models.people import Person, PersonRole
from models.sites import Site

ADMIN = "admin"
DEFAULT_SITE = {"code": "HD", "name": "示范案场", "name_en": "First site"}


@dataclass(frozen=True, slots=True)
class FirstAdmin:
    """What `serve` prints at the first start and nobody can read afterwards."""

    username: str
    one_time_password: str


async def bootstrap(factory: Factory) -> FirstAdmin | None:
    """Fill an empty database; None once there is any account. Two processes starting together make one admin.

    Policies are installed in older databases too: whichever kind has no version yet.
    """
    async with transaction(factory) as db:
        await install_defaults(db, utc_now())
    async with factory() as db:
        if await count_people(db):
            return None
    password = one_time_password()
    hashed = await hash_password(password)
    actor = audit.Actor("calmdesk")
    async with transaction(factory) as db:
        await one_at_a_time(db, Person)
        if await count_people(db):
            return None
        if await site_by_code(db, DEFAULT_SITE["code"]) is None:
            site = Site(**DEFAULT_SITE)
            db.add(site)
            await db.flush()
            audit.record(db, actor, "bootstrap:site:create", audit.Subject("site", site.id, site.id), after=DEFAULT_SITE)
        admin = Person(username=ADMIN, display_name="管理员", password_hash=hashed, roles=[PersonRole(role="admin", site_id=None)])
        db.add(admin)
        await db.flush()
        audit.record(db, actor, "bootstrap:person:create", audit.Subject("person", admin.id), after={"username": ADMIN})
    return FirstAdmin(ADMIN, password)
