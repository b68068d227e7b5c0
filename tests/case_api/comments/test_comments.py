"""Comments at a moment: by whoever may hear the conversation, withdrawn by their author only."""

from __future__ import annotations

from typing import Any

import httpx2
from sqlalchemy import select, update

from models.audit import AuditRecord
from models.base import utc_now
from models.comments import SessionComment
from models.consents import Consent
from models.engine import Factory, transaction
from models.sites import Site
from tests.case_api.sessions.conftest import MakeSession, make_session
from tests.conftest import MakePerson, Rows, SignIn

__all__ = ["make_session"]
SAID: dict[str, Any] = {"at": 4.3, "text": "这里先让客户把话说完"}


async def test_comments_are_read_by_who_hears_and_withdrawn_by_their_author(
    client: httpx2.AsyncClient,
    make_person: MakePerson,
    sign_in: SignIn,
    make_session: MakeSession,
    factory: Factory,
    rows: Rows,
    site: Site,
    other_site: Site,
) -> None:
    staff = await make_person("lijing", ("staff", site.id))
    session = await make_session(staff, site.id)
    path = f"/v1/sessions/{session.id}/comments"
    trainer = await sign_in(await make_person("zhaomin", ("trainer", site.id)))
    stranger = await sign_in(await make_person("qianfang", ("trainer", other_site.id)))
    own = await sign_in(staff)

    made = await client.post(path, json=SAID, headers=trainer)
    assert (made.status_code, made.json()["mine"], made.json()["person_name"]) == (201, True, "Zhaomin")
    [seen] = (await client.get(path, headers=own)).json()["items"]
    assert (seen["at"], seen["text"], seen["mine"]) == (4.3, SAID["text"], False)

    one = f"{path}/{seen['id']}"
    for headers, code in ((stranger, "not_found"), (own, "forbidden")):
        assert (await client.delete(one, headers=headers)).json()["code"] == code
    assert (await client.post(path, json=SAID, headers=stranger)).json()["code"] == "not_found"
    assert (await client.get(path, headers=stranger)).json()["code"] == "not_found"
    assert (await client.post(path, json=SAID | {"at": 72.0}, headers=trainer)).json()["code"] == "comment_outside"
    assert (await client.post(path, json=SAID | {"text": "  "}, headers=trainer)).json()["code"] == "invalid_request"

    for _ in range(2):
        assert (await client.delete(one, headers=trainer)).status_code == 204
    assert (await client.get(path, headers=own)).json()["items"] == []
    [kept] = await rows.scalars(select(SessionComment))
    assert (kept.text, kept.withdrawn_at is not None) == ("", True)
    records = await rows.scalars(select(AuditRecord).where(AuditRecord.subject_id == session.id).order_by(AuditRecord.id))
    assert [record.action for record in records] == ["api:session:comment", "api:session:comment_withdraw"]
    assert all(SAID["text"] not in str((record.before, record.after)) for record in records)

    async with transaction(factory) as db:
        await db.execute(update(Consent).where(Consent.id == session.consent_id).values(withdrawn_at=utc_now()))
    assert (await client.get(path, headers=trainer)).json()["code"] == "not_recorded"
    assert (await client.post(path, json=SAID, headers=trainer)).json()["code"] == "not_recorded"
