"""Who may open a conversation, and where it is said to take place."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from audio_service.errors import AccessError
from case_api.door import FrontDoor
from case_api.notices import current_notice
from models.base import utc_now
from models.cases import WithdrawalCase
from models.engine import Factory, transaction
from models.people import Person
from models.settings import Settings
from models.sites import Site
from models.tokens import AccessToken
from tests.conftest import MakePerson, SignIn


@pytest.fixture
def door(factory: Factory) -> FrontDoor:
    return FrontDoor(factory)


async def token(sign_in: SignIn, person: Person) -> str:
    return (await sign_in(person))["Authorization"].removeprefix("Bearer ")


async def open_case(factory: Factory, site: Site, person: Person) -> str:
    async with transaction(factory) as db:
        case = WithdrawalCase(site_id=site.id, code=f"{site.code}-1", created_by=person.id)
        db.add(case)
    return case.id


@pytest.mark.parametrize(("status", "over"), [("archived", True), ("cancelled", True), ("closing", False)])
async def test_the_door_says_that_a_case_is_over(
    door: FrontDoor, factory: Factory, make_person: MakePerson, sign_in: SignIn, site: Site, status: str, over: bool
) -> None:
    person = await make_person("lijing", ("staff", site.id))
    case = await open_case(factory, site, person)
    async with transaction(factory) as db:
        await db.execute(update(WithdrawalCase).values(status=status))
    assert (await door.admit(await token(sign_in, person), case, None)).case_over is over


async def refusal(door: FrontDoor, token: str, case_id: str | None = None, site_id: str | None = None) -> str:
    with pytest.raises(AccessError) as refused:
        await door.admit(token, case_id, site_id)
    return str(refused.value.code)


async def test_staff_are_admitted_at_their_site_or_their_cases(
    door: FrontDoor, factory: Factory, make_person: MakePerson, sign_in: SignIn, site: Site, other_site: Site
) -> None:
    person = await make_person("lijing", ("staff", site.id), ("receptionist", other_site.id))
    key = await token(sign_in, person)
    case = await open_case(factory, other_site, person)
    at_home, asked, at_case = [await door.admit(key, *where) for where in ((None, None), (None, other_site.id), (case, None))]
    assert (at_home.person_id, at_home.display_name, at_home.site_id) == (person.id, "Lijing", site.id)
    assert (asked.site_id, at_case.site_id, at_case.case_id) == (other_site.id, other_site.id, case)


async def test_another_sites_case_and_no_case_are_refused_alike(
    door: FrontDoor, factory: Factory, make_person: MakePerson, sign_in: SignIn, site: Site, other_site: Site
) -> None:
    person = await make_person("lijing", ("staff", site.id))
    key = await token(sign_in, person)
    case = await open_case(factory, other_site, person)
    assert [await refusal(door, key, id_) for id_ in (case, "nowhere", "\x00", "\ud800")] == ["case_forbidden"] * 4
    assert [await refusal(door, key, None, id_) for id_ in (other_site.id, "nowhere", "\x00")] == ["role_forbidden"] * 3


@pytest.mark.parametrize("role", ["finance", "legal", "marketing", "trainer", "hq_risk", "admin"])
async def test_other_roles_hold_no_conversation(
    door: FrontDoor, factory: Factory, make_person: MakePerson, sign_in: SignIn, site: Site, role: str
) -> None:
    person = await make_person("x", (role, None if role == "admin" else site.id))
    key = await token(sign_in, person)
    case = await open_case(factory, site, person)
    assert await refusal(door, key) == "role_forbidden"
    assert await refusal(door, key, case) == "case_forbidden"


async def test_bad_tokens_are_told_apart_as_the_wire_says(
    door: FrontDoor, factory: Factory, make_person: MakePerson, sign_in: SignIn, site: Site, settings: Settings
) -> None:
    person = await make_person("lijing", ("staff", site.id))
    key = await token(sign_in, person)
    assert await refusal(door, "made up") == "token_invalid"
    assert await refusal(door, "\x00\ud800") == "token_invalid"
    async with transaction(factory) as db:
        await db.execute(update(AccessToken).values(expires_at=utc_now() - timedelta(seconds=1)))
    assert await refusal(door, key) == "token_expired"
    key = await token(sign_in, person)
    async with transaction(factory) as db:
        await db.execute(update(Person).values(must_change_password=True))
    assert await refusal(door, key) == "role_forbidden"
    async with transaction(factory) as db:
        await db.execute(update(Person).values(disabled_at=utc_now()))
    assert await refusal(door, key) == "token_invalid"


def test_a_consent_names_a_notice_there_was(door: FrontDoor) -> None:
    notice = current_notice("recording")
    assert door.notice(notice.version) == f"{notice.zh}\n\n{notice.en}"
    with pytest.raises(AccessError, match="consent_required"):
        door.notice("never")
    with pytest.raises(AccessError, match="consent_required"):
        door.notice(current_notice("enrolment").version)
