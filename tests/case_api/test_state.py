"""The state of the service: counts of what waits, and how far it is set up; the guide's steps follow from it."""

from __future__ import annotations

from datetime import timedelta

import httpx2

from case_api.console.state import steps_of, troubles_of
from models.base import utc_now
from models.engine import Factory, transaction
from models.outbox import OutboxMessage
from models.sites import Site
from tests.conftest import MakePerson, SignIn


async def test_counts_follow_what_is_there(
    client: httpx2.AsyncClient, factory: Factory, make_person: MakePerson, sign_in: SignIn, site: Site
) -> None:
    headers = await sign_in(await make_person("root2", ("admin", None)))
    before = (await client.get("/v1/state", headers=headers)).json()
    assert before["set_up"] == {"sites": 1, "staff": 0, "managers": 0, "voices": 0, "conversations": 0}
    assert [name for name, done, _ in steps_of(before) if done == "to_do"] == ["people", "voices", "phone"]
    assert before["library"]["approved"] > 0
    assert "deaf" in troubles_of(before)
    assert before["phone_address"] is None or before["phone_address"].endswith("/mic")

    await make_person("boss", ("site_manager", site.id))
    alone = (await client.get("/v1/state", headers=headers)).json()
    assert "people" in [name for name, done, _ in steps_of(alone) if done == "to_do"]  # a manager alone holds no conversation with anybody
    await make_person("seller", ("staff", site.id))
    async with transaction(factory) as db:
        for topic, age, parked in (("case.create", 600, False), ("case.submit", 5, False), ("case.offer", 900, True)):
            message = OutboxMessage(topic=topic, payload={}, created_at=utc_now() - timedelta(seconds=age))
            message.parked_at = utc_now() if parked else None
            db.add(message)
    after = (await client.get("/v1/state", headers=headers)).json()
    assert (after["set_up"]["staff"], after["set_up"]["managers"]) == (2, 1)
    assert after["events"]["waiting"] - before["events"]["waiting"] == 2
    assert after["events"]["failed"] == 1
    assert after["events"]["oldest_seconds"] >= 600
    assert {"waiting", "failed"} <= set(troubles_of(after))


async def test_nobody_else_sees_it(client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn, site: Site) -> None:
    headers = await sign_in(await make_person("boss", ("site_manager", site.id)))
    assert (await client.get("/v1/state", headers=headers)).status_code == 403


async def test_the_chain_is_walked_over_http(client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn, site: Site) -> None:
    everywhere = await sign_in(await make_person("legal", ("legal", None)))
    here = await sign_in(await make_person("legal2", ("legal", site.id)))
    root = await sign_in(await make_person("root2", ("admin", None)))
    for code in ("XA", "XB"):
        assert (await client.post("/v1/sites", json={"code": code, "name": code}, headers=root)).status_code == 201
    found = (await client.get("/v1/audit/verification", headers=everywhere)).json()
    assert found["checked"] >= 2
    assert found["broken"] is None
    assert len(found["last_hash"]) == 64
    assert (await client.get("/v1/audit/verification", headers=here)).status_code == 403
