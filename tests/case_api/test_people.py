"""Accounts and roles: what an administrator can do, what nobody else can, and what even the last administrator cannot."""

from __future__ import annotations

import asyncio
from typing import Any, get_args

import httpx2
import pytest
from sqlalchemy import select

from case_api.people import service
from case_api.people.service import By
from case_api.problems import Problem
from case_api.roles_page import MEANING, roles_table
from case_api.security import GRANTS, Permission, Principal, require
from models.audit import Actor, AuditRecord
from models.base import utc_now
from models.commands import CommandRecord
from models.engine import Factory, transaction
from models.people import Person, Role
from models.sites import Site
from tests.conftest import PASSWORD, MakePerson, Rows, SignIn
from tests.models.test_settings import DOCS

Headers = dict[str, str]


@pytest.fixture
async def admin(make_person: MakePerson, sign_in: SignIn) -> Headers:
    return await sign_in(await make_person("boss", ("admin", None)))


async def create(client: httpx2.AsyncClient, admin: Headers, **body: Any) -> httpx2.Response:
    return await client.post("/v1/people", headers=admin, json={"username": "lijing", "display_name": "李静"} | body)


def test_every_role_and_permission_is_spelled_out_and_the_page_is_current() -> None:
    assert set(GRANTS) == set(get_args(Role))
    assert set(MEANING) == set(Permission)
    assert set().union(*GRANTS.values()) == set(Permission)
    assert (DOCS / "roles.md").read_text(encoding="utf-8") == roles_table(), "run `calmdesk docs`"


async def test_a_new_person_signs_in_with_the_one_time_password(client: httpx2.AsyncClient, admin: Headers, site: Site) -> None:
    made = (await create(client, admin, roles=[{"role": "staff", "site_id": site.id}])).json()
    assert (made["username"], made["roles"]) == ("lijing", [{"role": "staff", "site_id": site.id}])
    answer = await client.post("/v1/tokens", json={"username": "lijing", "password": made["one_time_password"]})
    assert answer.json()["must_change_password"] is True
    shown = (await client.get(f"/v1/people/{made['id']}", headers=admin)).json()
    assert "one_time_password" not in shown
    assert not {"password_hash", "failed_logins"} & shown.keys()


@pytest.mark.parametrize("username", ["LiJing", "ＬＩＪＩＮＧ"])
async def test_a_name_is_taken_in_every_spelling(client: httpx2.AsyncClient, admin: Headers, username: str) -> None:
    await create(client, admin)
    answer = await create(client, admin, username=username)
    assert (answer.status_code, answer.json()["code"]) == (409, "username_taken")


@pytest.mark.parametrize("username", ["", " ", "a b", "a/b", "a\x00", "../x", "x" * 65, "ﷺ" * 40, "<b>"])
async def test_names_that_would_confuse_are_refused(client: httpx2.AsyncClient, admin: Headers, username: str) -> None:
    answer = await create(client, admin, username=username)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_two_that_ask_for_one_name_at_once_get_one_account(factory: Factory, rows: Rows) -> None:
    password = await service.new_password()

    async def create() -> None:
        async with transaction(factory) as db:
            await service.create_person(db, By(Actor("x")), password, "lijing", "李静", [])

    answers = await asyncio.gather(*(create() for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(answer, Problem) for answer in answers) == 3
    assert await rows.scalars(select(Person.username)) == ["lijing"]


@pytest.mark.parametrize("role", sorted(set(get_args(Role)) - {"admin"}))
async def test_only_an_administrator_reaches_accounts_and_sites(
    client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn, site: Site, role: str
) -> None:
    person = await make_person("somebody", (role, None), (role, site.id))
    headers = await sign_in(person)
    tries = [
        ("GET", "/v1/people", None),
        ("GET", f"/v1/people/{person.id}", None),
        ("POST", "/v1/people", {"username": "x", "display_name": "x"}),
        ("PATCH", f"/v1/people/{person.id}", {"disabled": False}),
        ("PUT", f"/v1/people/{person.id}/roles", {"roles": [{"role": "admin"}]}),
        ("POST", f"/v1/people/{person.id}/password", None),
        ("POST", "/v1/sites", {"code": "XX", "name": "x"}),
        ("PATCH", f"/v1/sites/{site.id}", {"name": "x"}),
    ]
    for method, path, body in tries:
        answer = await client.request(method, path, headers=headers, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), f"{method} {path}"


async def test_an_administrator_hears_no_conversation(client: httpx2.AsyncClient, admin: Headers) -> None:
    assert (await client.get("/v1/sessions", headers=admin)).json()["code"] == "forbidden"


async def test_disabling_ends_a_sign_in_at_once_and_enabling_does_not_bring_it_back(
    client: httpx2.AsyncClient, admin: Headers, make_person: MakePerson, sign_in: SignIn
) -> None:
    person = await make_person("lijing", ("staff", None))
    headers = await sign_in(person)
    assert (await client.get("/v1/sessions", headers=headers)).status_code == 200
    await client.patch(f"/v1/people/{person.id}", headers=admin, json={"disabled": True})
    assert (await client.get("/v1/sessions", headers=headers)).status_code == 401
    assert (await client.post("/v1/tokens", json={"username": "lijing", "password": PASSWORD})).status_code == 401
    await client.patch(f"/v1/people/{person.id}", headers=admin, json={"disabled": False})
    assert (await client.get("/v1/sessions", headers=headers)).status_code == 401
    assert (await client.post("/v1/tokens", json={"username": "lijing", "password": PASSWORD})).status_code == 201


async def test_roles_hold_from_the_next_request(
    client: httpx2.AsyncClient, admin: Headers, make_person: MakePerson, sign_in: SignIn, site: Site, rows: Rows
) -> None:
    person = await make_person("lijing", ("staff", site.id), ("trainer", None))
    headers = await sign_in(person)
    wanted = [{"role": "finance", "site_id": site.id}, {"role": "trainer", "site_id": None}, {"role": "trainer", "site_id": None}]
    answer = await client.put(f"/v1/people/{person.id}/roles", headers=admin, json={"roles": wanted})
    assert answer.json()["roles"] == wanted[:2]
    me = (await client.get("/v1/me", headers=headers)).json()
    assert me["permissions"] == [one for one in Permission if one in GRANTS["finance"] | GRANTS["trainer"]]
    assert "case:intake" not in me["permissions"]
    audit = await rows.one(select(AuditRecord).where(AuditRecord.action == "api:person:set_roles"))
    assert (audit.actor_label, audit.subject_id) == ("Boss", person.id)
    assert audit.before == {"roles": [["staff", site.id], ["trainer", None]]}
    assert audit.after == {"roles": [["finance", site.id], ["trainer", None]]}


async def test_the_last_administrator_stays(client: httpx2.AsyncClient, admin: Headers, make_person: MakePerson, sign_in: SignIn) -> None:
    boss = (await client.get("/v1/me", headers=admin)).json()["id"]
    off = await client.patch(f"/v1/people/{boss}", headers=admin, json={"disabled": True})
    stripped = await client.put(f"/v1/people/{boss}/roles", headers=admin, json={"roles": []})
    assert (off.json()["code"], stripped.json()["code"]) == ("last_admin", "last_admin")
    second = await make_person("second", ("admin", None))
    assert (await client.patch(f"/v1/people/{boss}", headers=admin, json={"disabled": True})).status_code == 200
    again = await client.put(f"/v1/people/{second.id}/roles", headers=await sign_in(second), json={"roles": []})
    assert again.json()["code"] == "last_admin"


async def test_two_administrators_cannot_remove_each_other_at_once(make_person: MakePerson, factory: Factory, rows: Rows) -> None:
    people = [await make_person(name, ("admin", None)) for name in ("one", "two")]

    async def disable(person: Person) -> None:
        async with transaction(factory) as db:
            await service.change_person(db, By(Actor("x")), person.id, display_name=None, disabled=True)

    await asyncio.gather(*(disable(person) for person in people), return_exceptions=True)
    assert len(await rows.scalars(select(Person.id).where(Person.disabled_at.is_(None)))) == 1


@pytest.mark.parametrize(
    ("roles", "code"),
    [
        ([{"role": "admin", "site_id": "SITE"}], "role_scope"),
        ([{"role": "staff", "site_id": "nowhere"}], "site_unknown"),
        ([{"role": "emperor"}], "invalid_request"),
        ([{"role": "staff"}] * 51, "invalid_request"),
    ],
)
async def test_senseless_roles_are_refused(
    client: httpx2.AsyncClient, admin: Headers, site: Site, rows: Rows, roles: list[dict[str, str]], code: str
) -> None:
    wanted = [{name: site.id if value == "SITE" else value for name, value in role.items()} for role in roles]
    answer = await create(client, admin, roles=wanted)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert await rows.scalars(select(Person.username)) == ["boss"]


async def test_a_reset_password_ends_sign_ins_and_has_to_be_changed(
    client: httpx2.AsyncClient, admin: Headers, make_person: MakePerson, sign_in: SignIn
) -> None:
    person = await make_person("lijing")
    headers = await sign_in(person)
    reset = (await client.post(f"/v1/people/{person.id}/password", headers=admin)).json()
    assert (await client.get("/v1/me", headers=headers)).status_code == 401
    answer = await client.post("/v1/tokens", json={"username": "lijing", "password": reset["one_time_password"]})
    assert answer.json()["must_change_password"] is True


async def test_people_come_in_pages_that_neither_repeat_nor_miss(
    client: httpx2.AsyncClient, admin: Headers, make_person: MakePerson
) -> None:
    names = {(await make_person(f"p{number}")).username for number in range(7)} | {"boss"}
    seen: list[str] = []
    cursor = None
    for _ in range(10):
        params = {"limit": "3"} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/v1/people", headers=admin, params=params)).json()
        seen += [item["username"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 8
    assert set(seen) == names


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=1e9", "cursor=x", "cursor=" + "a" * 401, "cursor=WyJ4IiwgInkiXQ==", "q=%00", "q=" + "x" * 81]
)
async def test_senseless_pages_are_refused(client: httpx2.AsyncClient, admin: Headers, query: str) -> None:
    answer = await client.get(f"/v1/people?{query}", headers=admin)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize(("q", "found"), [("LIJ", ["lijing"]), ("100%", ["100%"]), ("%", ["100%"]), ("_", []), ("\\", [])])
async def test_a_search_takes_signs_as_they_are(
    client: httpx2.AsyncClient, admin: Headers, make_person: MakePerson, q: str, found: list[str]
) -> None:
    for name in ("lijing", "100%"):
        await make_person(name)
    page = (await client.get("/v1/people", headers=admin, params={"q": q})).json()
    assert [item["username"] for item in page["items"]] == found


async def test_sites_are_seen_by_those_who_work_there(
    client: httpx2.AsyncClient, admin: Headers, make_person: MakePerson, sign_in: SignIn, site: Site
) -> None:
    made = await client.post("/v1/sites", headers=admin, json={"code": "YL", "name": "云麓"})
    assert made.status_code == 201
    assert (await client.post("/v1/sites", headers=admin, json={"code": "YL", "name": "又"})).json()["code"] == "site_code_taken"
    staff = await sign_in(await make_person("lijing", ("staff", site.id)))
    seen = {
        name: [item["code"] for item in (await client.get("/v1/sites", headers=headers)).json()["items"]]
        for name, headers in (("staff", staff), ("admin", admin))
    }
    assert seen == {"staff": ["HD"], "admin": ["HD", "YL"]}
    renamed = await client.patch(f"/v1/sites/{made.json()['id']}", headers=admin, json={"name": "云麓二期"})
    assert (renamed.json()["name"], renamed.json()["name_en"]) == ("云麓二期", "")


@pytest.mark.parametrize("body", [{"code": "yl"}, {"code": "A/B"}, {"timezone": "Mars/Base"}, {"name": ""}, {"name": "a\nb"}])
async def test_senseless_sites_are_refused(client: httpx2.AsyncClient, admin: Headers, body: dict[str, str]) -> None:
    assert (await client.post("/v1/sites", headers=admin, json={"code": "YL", "name": "云麓"} | body)).status_code == 422


async def test_colleagues_are_found_by_who_has_to_name_them(
    client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn, factory: Factory, site: Site, other_site: Site
) -> None:
    manager = await make_person("zhang", ("site_manager", site.id))
    desk = await make_person("lijing", ("receptionist", site.id), ("staff", other_site.id))
    await make_person("fang", ("legal", None))
    await make_person("far", ("receptionist", other_site.id))
    await make_person("boss", ("admin", None))
    gone = await make_person("gone", ("staff", site.id))
    async with transaction(factory) as db:
        (await db.get_one(Person, gone.id)).disabled_at = utc_now()
    headers = await sign_in(manager)
    url = f"/v1/sites/{site.id}/people"
    found = {one["display_name"]: one for one in (await client.get(url, headers=headers)).json()["items"]}
    assert {name: (one["roles"], one["disabled"]) for name, one in found.items()} == {
        "Zhang": (["site_manager"], False),
        "Lijing": (["receptionist"], False),
        "Fang": (["legal"], False),
        "Gone": (["staff"], True),
    }
    assert set(found["Lijing"]) == {"id", "display_name", "roles", "disabled"}

    async def ids(**wanted: str) -> list[str]:
        return [one["id"] for one in (await client.get(url, headers=headers, params=wanted)).json()["items"]]

    assert await ids(role="receptionist") == await ids(q="lij") == [desk.id]
    assert await ids(role="admin") == []
    elsewhere = await client.get(f"/v1/sites/{other_site.id}/people", headers=headers)
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "not_found")
    admin = await client.get(url, headers=await sign_in(await make_person("root", ("admin", None))))
    assert (admin.status_code, admin.json()["code"]) == (403, "forbidden")


async def test_accounts_and_sites_are_made_once_for_a_key(client: httpx2.AsyncClient, admin: Headers, site: Site, rows: Rows) -> None:
    """A repetition gets the first answer, without the password that was shown once; another body under the key is refused."""
    keyed = iter([admin | {"Idempotency-Key": f"key-{n:08d}"} for n in range(9)])

    async def twice(method: str, path: str, body: Any, other: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        headers = next(keyed)
        answers = [await client.request(method, f"/v1/{path}", headers=headers, json=body) for _ in range(2)]
        assert answers[0].status_code == answers[1].status_code < 300, answers[1].text
        assert answers[1].headers["idempotency-replayed"] == "true"
        refused = await client.request(method, f"/v1/{path}", headers=headers, json=other)
        assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")
        return answers[0].json(), answers[1].json()

    account = {"username": "lijing", "display_name": "李静"}
    first, again = await twice("POST", "people", account, account | {"username": "other"})
    assert again == first | {"one_time_password": ""}
    path = f"people/{first['id']}"
    for method, where, body, other in (
        ("PATCH", path, {"display_name": "李晶"}, {"disabled": True}),
        ("PUT", f"{path}/roles", {"roles": [{"role": "staff", "site_id": site.id}]}, {"roles": []}),
        ("POST", "sites", {"code": "NEW", "name": "新案场"}, {"code": "NEW2", "name": "新案场"}),
        ("PATCH", f"sites/{site.id}", {"name": "海德二期"}, {"name": "海德三期"}),
    ):
        done, same = await twice(method, where, body, other)
        assert same == done
    reset, after = await twice("POST", f"{path}/password", None, {"x": 1})
    assert after == reset | {"one_time_password": ""}
    tried = await client.post("/v1/tokens", json={"username": "lijing", "password": reset["one_time_password"]})
    assert tried.status_code in (200, 201), tried.text  # the repetition did not make another one
    noted = [row.action for row in await rows.scalars(select(AuditRecord).where(AuditRecord.subject_id == first["id"]))]
    assert [action.split(":")[2] for action in noted if "person" in action] == ["create", "rename", "set_roles", "reset_password"]
    assert reset["one_time_password"] not in str([row.body for row in await rows.scalars(select(CommandRecord))])


async def test_everywhere_is_more_than_somewhere() -> None:
    here = Principal("p", "", "", (("hq_risk", "site"),), "t", False)
    everywhere = Principal("p", "", "", (("hq_risk", None),), "t", False)
    assert await require(Permission.AUDIT_READ)(here) is here
    assert await require(Permission.AUDIT_READ, everywhere=True)(everywhere) is everywhere
    with pytest.raises(Problem):
        await require(Permission.AUDIT_READ, everywhere=True)(here)
    with pytest.raises(Problem):
        await require(Permission.SESSION_RUN)(everywhere)
