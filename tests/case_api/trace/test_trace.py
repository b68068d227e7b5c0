"""The audit record over HTTP and from the command line, and a case's timeline."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx2
import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine
from typer.testing import CliRunner

from case_api.cli import app as cli
from case_api.trace.service import verify
from models import audit
from models.audit import AuditRecord
from models.base import utc_now
from models.engine import Factory, reading, transaction
from models.settings import Settings, get_settings
from models.signals import CaseSignal
from models.sites import Site
from tests.case_api.sessions.conftest import MakeSession, make_session
from tests.conftest import MakePerson, Rows, SignIn

__all__ = ["make_session"]
WHO = audit.Actor("李静")


async def write(factory: Factory, number: int, site_id: str | None = None) -> None:
    for n in range(number):
        async with transaction(factory) as db:
            audit.record(db, WHO, "test:thing:change", audit.Subject("thing", str(n), site_id), after={"n": n, "话": "退房"})


TAMPERED = {
    "changed": "UPDATE audit_record SET actor_label = 'x' WHERE id = {id}",
    "reworded": "UPDATE audit_record SET after = '{{\"n\":99}}' WHERE id = {id}",
    "dropped": "DELETE FROM audit_record WHERE id = {id}",
    "rehashed": "UPDATE audit_record SET hash = '" + "0" * 64 + "' WHERE id = {id}",
}


async def tamper(engine: AsyncEngine, statement: str) -> None:
    """Somebody with the database's own rights goes past the triggers."""
    async with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            await connection.execute(text("SET session_replication_role = replica"))
        else:
            for verb in ("update", "delete"):
                await connection.execute(text(f"DROP TRIGGER audit_record_no_{verb}"))
        await connection.execute(text(statement.replace(":", "\\:")))
        if engine.dialect.name == "postgresql":
            await connection.execute(text("SET session_replication_role = origin"))


@pytest.mark.parametrize("how", TAMPERED)
async def test_the_chain_breaks_where_somebody_changed_it(factory: Factory, engine: AsyncEngine, rows: Rows, how: str) -> None:
    await write(factory, 6)
    ids = await rows.scalars(select(AuditRecord.id).order_by(AuditRecord.id))
    async with reading(factory) as db:
        whole = await verify(db)
        assert (whole.checked, whole.broken) == (6, None)
    await tamper(engine, TAMPERED[how].format(id=ids[2]))
    async with reading(factory) as db:
        found = await verify(db)
        assert (found.checked, found.broken) == (2, ids[3] if how == "dropped" else ids[2])
        assert (await verify(db, ids[4])).broken is None


@pytest.fixture
def calmdesk(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """`calmdesk("audit", "verify")` → (status, output) against the test's database."""
    monkeypatch.setenv("CALMDESK_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("CALMDESK_DATABASE_URL", settings.database_url)
    monkeypatch.chdir(settings.data_dir)
    get_settings.cache_clear()

    def run(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli, arguments)
        return result.exit_code, result.output

    yield run
    get_settings.cache_clear()


def test_the_commands_say_what_they_found(calmdesk: Callable[..., tuple[int, str]]) -> None:
    status, said = calmdesk("audit", "verify", "--json")
    assert (status, json.loads(said)) == (0, {"checked": 0, "broken": None, "action": "", "last_hash": "0" * 64})
    assert calmdesk("audit", "verify", "--from", "0")[0] == 2
    status, said = calmdesk("retention", "run", "--dry-run", "--json")
    assert (status, json.loads(said)["removed"]) == (0, [])
    status, said = calmdesk("retention", "run")
    assert (status, "removed: 0" in said) == (0, True)


async def test_the_record_is_read_by_who_may_at_their_sites(
    client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn, factory: Factory, site: Site, other_site: Site
) -> None:
    await write(factory, 3, site.id)
    await write(factory, 2, other_site.id)
    await write(factory, 1)
    here = await sign_in(await make_person("here", ("legal", site.id)))
    everywhere = await sign_in(await make_person("everywhere", ("hq_risk", None)))
    for headers, count in ((here, 3), (everywhere, 6)):
        found = (await client.get("/v1/audit", headers=headers, params={"action": "test:"})).json()
        assert [len(found["items"]), found["next_cursor"]] == [count, None]
    narrowed = {"subject_type": "thing", "subject_id": "1", "site_id": site.id, "to": utc_now().isoformat()}
    [one] = (await client.get("/v1/audit", headers=everywhere, params=narrowed)).json()["items"]
    assert (one["actor_label"], one["after"]) == ("李静", {"n": 1, "话": "退房"})
    assert (await client.get("/v1/audit", headers=here, params={"from": utc_now().isoformat()})).json()["items"] == []
    seen, cursor = [], None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/v1/audit", headers=everywhere, params=params)).json()
        seen += [item["id"] for item in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == sorted(set(seen), reverse=True)
    assert len(seen) == 6
    assert (await client.get("/v1/audit", headers=here, params={"cursor": "x"})).status_code == 422
    for role in ("staff", "site_manager", "finance", "city_gm", "trainer"):
        person = await sign_in(await make_person(role, (role, site.id)))
        assert (await client.get("/v1/audit", headers=person)).status_code == 403


async def test_a_cases_timeline_is_one_list_in_order(
    client: httpx2.AsyncClient,
    make_person: MakePerson,
    sign_in: SignIn,
    make_session: MakeSession,
    factory: Factory,
    site: Site,
    other_site: Site,
) -> None:
    person = await make_person("lijing", ("staff", site.id))
    headers = await sign_in(person)
    case = (await client.post("/v1/cases", headers=headers, json={"customer_label": "王先生"})).json()
    session = await make_session(person, site.id, case_id=case["id"])
    detail = {"term": "起诉"}
    async with transaction(factory) as db:
        db.add(CaseSignal(message_key="k", site_id=site.id, session_id=session.id, kind="litigation", status="noted", at=2, detail=detail))
    url = f"/v1/cases/{case['id']}/timeline"
    moments = (await client.get(url, headers=headers)).json()
    assert {"api:case:create", "registration:open", "litigation"} <= {one["what"] for one in moments}
    assert [one["at"] for one in moments] == sorted(one["at"] for one in moments)
    [heard] = [one for one in moments if one["source"] == "signal"]
    assert heard["detail"] == {"session_id": session.id, "at": 2, "status": "noted", "term": "起诉"}
    assert all("ip" not in one["detail"] for one in moments)
    there = await sign_in(await make_person("there", ("site_manager", other_site.id)))
    assert (await client.get(url, headers=there)).status_code == 404
