"""Signing in: what an attacker without, and with, a token would try."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from datetime import timedelta

import argon2
import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from case_api.accounts import passwords, service
from case_api.bootstrap import bootstrap
from case_api.limits import SIGN_IN, Limits
from models.audit import Actor, AuditRecord
from models.base import utc_now
from models.commands import CommandRecord
from models.engine import Factory, transaction
from models.people import Person
from models.settings import Settings
from models.sites import Site
from models.tokens import AccessToken
from tests.case_api.conftest import Clock
from tests.conftest import PASSWORD, MakePerson, Rows, SignIn


async def attempt(client: httpx2.AsyncClient, username: str, password: str = PASSWORD) -> httpx2.Response:
    return await client.post("/v1/tokens", json={"username": username, "password": password})


async def test_the_right_password_gives_a_token_and_the_person(client: httpx2.AsyncClient, make_person: MakePerson, site: Site) -> None:
    person = await make_person("lijing", ("staff", site.id))
    answer = (await attempt(client, "lijing")).json()
    assert answer["person"] | {"permissions": []} == {
        "id": person.id,
        "username": "lijing",
        "display_name": "Lijing",
        "roles": [{"role": "staff", "site_id": site.id}],
        "permissions": [],
        "must_change_password": False,
    }
    assert "session:run" in answer["person"]["permissions"]
    assert "person:manage" not in answer["person"]["permissions"]
    me = await client.get("/v1/me", headers={"Authorization": f"Bearer {answer['token']}"})
    assert me.json() == answer["person"]


@pytest.mark.parametrize("typed", ["LiJing", "ＬＩＪＩＮＧ", " lijing "])
async def test_the_name_is_taken_however_it_is_typed(client: httpx2.AsyncClient, make_person: MakePerson, typed: str) -> None:
    await make_person("lijing")
    assert (await attempt(client, typed)).status_code == 201


async def test_the_password_is_taken_in_full_width_but_not_in_another_case(client: httpx2.AsyncClient, make_person: MakePerson) -> None:
    await make_person("lijing")
    wide = "".join(chr(ord(c) + 0xFEE0) if c != " " else "　" for c in PASSWORD)
    assert (await attempt(client, "lijing", wide)).status_code == 201
    assert (await attempt(client, "lijing", PASSWORD.upper())).status_code == 401


async def test_the_token_itself_is_nowhere_in_the_database(client: httpx2.AsyncClient, make_person: MakePerson, rows: Rows) -> None:
    await make_person("lijing")
    token = (await attempt(client, "lijing")).json()["token"]
    row = await rows.one(select(AccessToken))
    audits = await rows.scalars(select(AuditRecord))
    assert len(token) >= 43
    assert token not in repr([vars(row), *(vars(audit) for audit in audits)])
    assert PASSWORD not in repr([vars(audit) for audit in audits])


async def test_unknown_disabled_locked_and_wrong_answer_alike(
    client: httpx2.AsyncClient, make_person: MakePerson, factory: Factory
) -> None:
    for name in ("wrong", "disabled", "locked"):
        await make_person(name)
    async with transaction(factory) as db:
        await db.execute(update(Person).where(Person.username == "disabled").values(disabled_at=utc_now()))
        await db.execute(update(Person).where(Person.username == "locked").values(locked_until=utc_now() + timedelta(hours=1)))
    tries = [("nobody", PASSWORD), ("wrong", "not the password"), ("disabled", PASSWORD), ("locked", PASSWORD)]
    answers = [await attempt(client, *one) for one in tries]
    bodies = {repr({**answer.json(), "request_id": ""}) for answer in answers}
    assert {answer.status_code for answer in answers} == {401}
    assert len(bodies) == 1


async def test_every_refusal_does_the_work_of_a_check(
    client: httpx2.AsyncClient, make_person: MakePerson, factory: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not timed: counted. One argon2 run each, whoever is asked for."""
    runs: Counter[str] = Counter()
    real = service.verify_password

    async def counted(password: str, hashed: str | None) -> bool:
        runs["argon2"] += 1
        return await real(password, hashed)

    monkeypatch.setattr(service, "verify_password", counted)
    await make_person("locked")
    async with transaction(factory) as db:
        await db.execute(update(Person).values(locked_until=utc_now() + timedelta(hours=1)))
    for name in ("nobody", "locked"):
        await attempt(client, name)
    assert runs["argon2"] == 2


async def test_where_there_is_no_account_a_check_is_a_full_one() -> None:
    """It is checked against a hash of the form that a password's has, which asks for the same memory and rounds."""
    asks_for = [argon2.extract_parameters(one) for one in (passwords._NOBODY, await passwords.hash_password(PASSWORD))]
    assert asks_for[0] == asks_for[1]
    assert not await passwords.verify_password(PASSWORD, None)


async def test_guessing_locks_the_account_and_the_lock_ends(
    client: httpx2.AsyncClient, make_person: MakePerson, factory: Factory, settings: Settings, rows: Rows
) -> None:
    await make_person("lijing")
    for _ in range(settings.auth.lockout_failures):
        await attempt(client, "lijing", "not the password")
    assert (await attempt(client, "lijing")).status_code == 401
    assert await rows.scalars(select(AuditRecord.action)) == ["api:person:lock"]
    async with transaction(factory) as write:
        await write.execute(update(Person).values(locked_until=utc_now() - timedelta(seconds=1)))
    assert (await attempt(client, "lijing")).status_code == 201
    person = await rows.one(select(Person))
    assert (person.failed_logins, person.locked_until) == (0, None)


async def test_an_address_that_fails_again_and_again_has_to_wait(
    client: httpx2.AsyncClient, make_person: MakePerson, app: FastAPI, clock: Clock
) -> None:
    """Failures count, whatever names they tried; who signs in is not counted, for a whole office may stand behind one address."""
    await make_person("lijing")
    limits: Limits = app.state.limits
    for _ in range(SIGN_IN.most - 1):
        limits.demand(SIGN_IN, "127.0.0.1", clock())
    assert [(await attempt(client, "lijing")).status_code for _ in range(2)] == [201, 201]
    assert (await attempt(client, "nobody")).status_code == 401
    refused = await attempt(client, "lijing")
    assert (refused.status_code, refused.json()["code"], refused.headers["Retry-After"]) == (429, "too_many_requests", "600")
    clock.pass_(minutes=10)
    assert (await attempt(client, "lijing")).status_code == 201


async def test_guessing_in_parallel_gains_no_guess(
    make_person: MakePerson, factory: Factory, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_person("lijing")
    checked: list[bool] = []

    async def slow(password: str, hashed: str | None) -> bool:
        await asyncio.sleep(0.05)  # every guess is in flight before the first one is judged
        checked.append(hashed is not None)
        return False

    monkeypatch.setattr(service, "verify_password", slow)
    guesses = (service.sign_in(factory, settings.auth, "lijing", f"guess {n}", Actor("x")) for n in range(25))
    await asyncio.gather(*guesses, return_exceptions=True)
    assert (len(checked), sum(checked)) == (25, settings.auth.lockout_failures)


async def test_a_success_forgives_the_failures_before_it(client: httpx2.AsyncClient, make_person: MakePerson, settings: Settings) -> None:
    await make_person("lijing")
    for _ in range(2):
        for _ in range(settings.auth.lockout_failures - 1):
            await attempt(client, "lijing", "not the password")
        assert (await attempt(client, "lijing")).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"username": "lijing"},
        {"username": "", "password": "x"},
        {"username": "l", "password": "x" * 201},
        {"username": ["lijing"], "password": "x"},
        {"username": "lijing", "password": "x", "admin": True},
    ],
)
async def test_a_malformed_sign_in_is_refused_without_an_echo(client: httpx2.AsyncClient, body: dict[str, object]) -> None:
    answer = await client.post("/v1/tokens", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert "x" * 50 not in answer.text


@pytest.mark.parametrize("username", ["a\x00b", "\ud800", "💥" * 60, "' OR 1=1 --", "张三"])
async def test_strange_names_are_just_unknown(client: httpx2.AsyncClient, username: str) -> None:
    content = json.dumps({"username": username, "password": PASSWORD})
    answer = await client.post("/v1/tokens", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in {401, 422}


async def test_signing_out_ends_this_sign_in_only(client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn) -> None:
    person = await make_person("lijing")
    phone, desk = await sign_in(person), await sign_in(person)
    assert (await client.delete("/v1/tokens/current", headers=phone)).status_code == 204
    assert (await client.get("/v1/me", headers=phone)).json()["code"] == "token_invalid"
    assert (await client.get("/v1/me", headers=desk)).status_code == 200


async def test_a_token_ends_by_itself_and_with_its_account(
    client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn, factory: Factory
) -> None:
    person = await make_person("lijing")
    headers = await sign_in(person)
    async with transaction(factory) as db:
        await db.execute(update(AccessToken).values(expires_at=utc_now()))
    assert (await client.get("/v1/me", headers=headers)).json()["code"] == "token_expired"
    headers = await sign_in(person)
    async with transaction(factory) as db:
        await db.execute(update(Person).values(disabled_at=utc_now()))
    answer = await client.get("/v1/me", headers=headers)
    assert (answer.status_code, answer.json()["code"], answer.headers["www-authenticate"]) == (401, "token_invalid", "Bearer")


@pytest.mark.parametrize("value", ["Bearer", "Bearer ", "Bearer x", "Basic bGlqaW5nOng=", "Bearer " + "a" * 5000, "bearer \xe9"])
async def test_a_made_up_token_is_refused(client: httpx2.AsyncClient, value: str) -> None:
    answer = await client.get("/v1/me", headers={"Authorization": value.encode("latin-1")})
    assert answer.status_code == 401


async def test_a_one_time_password_opens_nothing_but_its_own_change(
    client: httpx2.AsyncClient, make_person: MakePerson, site: Site
) -> None:
    await make_person("lijing", ("staff", site.id), must_change=True)
    answer = (await attempt(client, "lijing")).json()
    headers = {"Authorization": f"Bearer {answer['token']}"}
    assert answer["must_change_password"] is True
    for path in ("/v1/sessions", "/v1/cases", "/v1/sites", "/v1/enrolments/me", "/v1/consent-notice"):
        refused = await client.get(path, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "password_change_required"), path
    assert (await client.get("/v1/me", headers=headers)).status_code == 200
    change = {"old_password": PASSWORD, "new_password": "我的新密码-2026-海德"}
    assert (await client.post("/v1/me/password", headers=headers, json=change)).status_code == 204
    assert (await attempt(client, "lijing")).status_code == 401
    fresh = (await attempt(client, "lijing", change["new_password"])).json()
    assert (await client.get("/v1/sessions", headers={"Authorization": f"Bearer {fresh['token']}"})).status_code == 200


async def test_changing_the_password_ends_every_sign_in(client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn) -> None:
    person = await make_person("lijing")
    thief, owner = await sign_in(person), await sign_in(person)
    body = {"old_password": PASSWORD, "new_password": "a quite different one"}
    assert (await client.post("/v1/me/password", headers=owner, json=body)).status_code == 204
    for headers in (thief, owner):
        assert (await client.get("/v1/me", headers=headers)).status_code == 401


async def test_a_change_of_password_repeated_under_its_key_is_the_same_change(
    client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn, rows: Rows
) -> None:
    """The record of it says nothing about the passwords: they are compared with the one that holds."""
    person, new = await make_person("lijing"), "a quite different one"
    key, body = {"Idempotency-Key": "change-1"}, {"old_password": PASSWORD, "new_password": new}

    async def change(**other: str) -> httpx2.Response:
        return await client.post("/v1/me/password", headers=await sign_in(person) | key, json=body | other)

    assert ((await change()).status_code, (again := await change()).status_code) == (204, 204)
    assert (again.headers["Idempotency-Replayed"], again.content) == ("true", b"")
    for _ in range(Settings().auth.lockout_failures):  # no repetition counts as a failed attempt
        assert (await change()).status_code == 204
    assert (await change(new_password="yet another one, 2026")).json()["code"] == "idempotency_key_reused"
    assert (await attempt(client, "lijing", new)).status_code == 201
    assert {row.body for row in await rows.scalars(select(CommandRecord))} == {""}


@pytest.mark.parametrize("new", ["short", "aaaaaaaaaaaaaa", "xx-lijing-2026-xx", "ＬＩＪＩＮＧ２０２６２０２６", PASSWORD])
async def test_a_weak_password_or_the_old_one_is_refused(
    client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn, new: str
) -> None:
    headers = await sign_in(await make_person("lijing"))
    answer = await client.post("/v1/me/password", headers=headers, json={"old_password": PASSWORD, "new_password": new})
    assert (answer.status_code, answer.json()["code"]) == (422, "password_weak")


async def test_a_stolen_token_cannot_be_used_to_guess_the_password(
    client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn, settings: Settings
) -> None:
    headers = await sign_in(await make_person("lijing"))
    for _ in range(settings.auth.lockout_failures):
        body = {"old_password": "a guess of mine", "new_password": "a quite different one"}
        assert (await client.post("/v1/me/password", headers=headers, json=body)).json()["code"] == "password_wrong"
    right = {"old_password": PASSWORD, "new_password": "a quite different one"}
    assert (await client.post("/v1/me/password", headers=headers, json=right)).json()["code"] == "password_wrong"


async def test_the_last_use_of_a_token_is_noted_without_a_write_for_each_request(
    client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn, rows: Rows
) -> None:
    headers = await sign_in(await make_person("lijing"))
    await client.get("/v1/me", headers=headers)
    first = await rows.one(select(AccessToken.last_used_at))
    await client.get("/v1/me", headers=headers)
    assert first is not None
    assert await rows.one(select(AccessToken.last_used_at)) == first


async def test_first_start_makes_one_admin_with_a_password_told_once(app: FastAPI, rows: Rows, client: httpx2.AsyncClient) -> None:
    async with app.router.lifespan_context(app):
        first = app.state.first_admin
    async with app.router.lifespan_context(app):
        assert app.state.first_admin is None
    assert first.username == "admin"
    answer = (await attempt(client, first.username, first.one_time_password)).json()
    assert answer["must_change_password"] is True
    audits = await rows.scalars(select(AuditRecord).where(AuditRecord.action.like("bootstrap:%")))
    assert {audit.action for audit in audits} == {"bootstrap:policy:install", "bootstrap:site:create", "bootstrap:person:create"}
    assert first.one_time_password not in repr([vars(audit) for audit in audits])


async def test_two_processes_that_start_together_make_one_admin(factory: Factory, rows: Rows) -> None:
    made = await asyncio.gather(*(bootstrap(factory) for _ in range(4)))
    assert sum(one is not None for one in made) == 1
    assert await rows.scalars(select(Person.username)) == ["admin"]
