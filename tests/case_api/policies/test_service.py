"""Which policy holds, as the other parts of the program ask."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from case_api.bootstrap import bootstrap
from case_api.policies.defaults import default_content
from case_api.policies.service import SINCE_EVER, deadline_policy, install_defaults, table_of, tier_policy, usable_refund_policy
from case_api.problems import Problem, ProblemCode
from models.audit import AuditRecord
from models.base import utc_now
from models.engine import Factory, transaction
from models.policies import PolicyVersion
from models.sites import Site
from tests.conftest import Rows


async def test_a_start_installs_each_kind_once_however_many_start(factory: Factory, rows: Rows) -> None:
    await asyncio.gather(*(bootstrap(factory) for _ in range(4)))
    found = await rows.scalars(select(PolicyVersion).order_by(PolicyVersion.kind))
    assert [(row.kind, row.number, row.status) for row in found] == [
        ("deadlines", 1, "published"),
        ("refund", 1, "draft"),
        ("tiers", 1, "published"),
    ]
    assert [table_of(row) for row in found] == [default_content(kind) for kind in ("deadlines", "refund", "tiers")]
    audited = await rows.scalars(select(AuditRecord).where(AuditRecord.action == "bootstrap:policy:install"))
    assert len(audited) == 3


async def test_without_any_version_the_shipped_deadlines_hold_and_no_tier_is_guessed(factory: Factory, site: Site) -> None:
    async with factory() as db:
        assert await deadline_policy(db, site.id, utc_now()) == default_content("deadlines")
        with pytest.raises(Problem) as refused:
            await tier_policy(db, site.id, utc_now())
    assert refused.value.code is ProblemCode.POLICY_MISSING


async def test_deadlines_are_those_of_the_site_at_the_moment(factory: Factory, site: Site, other_site: Site, policies: None) -> None:
    quick = default_content("deadlines").model_dump(mode="json")
    quick["limits"]["approval"]["minutes"] = 45
    begins = utc_now()
    async with transaction(factory) as db:
        shared = {"kind": "deadlines", "site_id": site.id, "scope": site.id, "number": 1, "content": quick, "drafted_at": begins}
        db.add(PolicyVersion(**shared, status="published", published_at=begins, effective_from=begins))
    async with factory() as db:
        minutes = [
            (await deadline_policy(db, where, at)).limits["approval"].minutes
            for where, at in ((site.id, begins), (site.id, begins - timedelta(seconds=1)), (other_site.id, begins), (None, begins))
        ]
    assert minutes == [45, 120, 120, 120]


async def test_tiers_come_with_the_version_that_decided(factory: Factory, site: Site, policies: None) -> None:
    async with factory() as db:
        version, table = await tier_policy(db, site.id, SINCE_EVER)
    assert (version.kind, version.number) == ("tiers", 1)
    assert table == default_content("tiers")


async def refused(factory: Factory, site: Site) -> ProblemCode | None:
    async with factory() as db:
        try:
            await usable_refund_policy(db, site.id, utc_now())
        except Problem as problem:
            return problem.code
    return None


async def test_a_refund_rule_can_be_used_once_authorised_and_posted_at_that_site(
    factory: Factory, site: Site, other_site: Site, refund_policy: str
) -> None:
    async with factory() as db:
        version, table = await usable_refund_policy(db, site.id, utc_now())
    assert (version.id, table) == (refund_policy, default_content("refund"))
    assert await refused(factory, other_site) is ProblemCode.REFUND_POLICY_UNUSABLE
    async with transaction(factory) as db:
        await db.execute(update(PolicyVersion).where(PolicyVersion.id == refund_policy).values(status="retired", retired_at=utc_now()))
    assert await refused(factory, site) is ProblemCode.REFUND_POLICY_UNUSABLE


async def test_the_shipped_refund_rule_cannot_be_used_as_it_comes(factory: Factory, site: Site, policies: None) -> None:
    assert await refused(factory, site) is ProblemCode.REFUND_POLICY_UNUSABLE


async def test_installing_again_changes_nothing(factory: Factory, policies: None, rows: Rows) -> None:
    before = [row.id for row in await rows.scalars(select(PolicyVersion))]
    async with transaction(factory) as db:
        await install_defaults(db, utc_now())
    assert [row.id for row in await rows.scalars(select(PolicyVersion))] == before
