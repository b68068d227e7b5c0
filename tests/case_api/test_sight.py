"""Rows by their id: what is not there and what one may not see have one answer."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from case_api.problems import Problem, ProblemCode
from case_api.security import Permission, Principal
from case_api.sight import find_row, find_seen, find_site, named_site
from models.base import utc_now
from models.benefits import BenefitItem
from models.engine import Factory, reading, transaction
from models.sites import Site


def manager(site_id: str | None) -> Principal:
    return Principal("p", "张伟", "zhangwei", (("site_manager", site_id),), "t", False)


async def test_what_is_not_there_and_what_one_may_not_see_are_told_alike(factory: Factory, site: Any) -> None:
    async with transaction(factory) as db:
        item = BenefitItem(site_id=site.id, name_zh="物业费", name_en="Property fee", cost_fen=100, created_at=utc_now())
        db.add(item)
    async with reading(factory) as db:
        assert (await find_row(db, BenefitItem, item.id)).id == item.id
        assert (await find_seen(db, manager(site.id), Permission.CASE_READ, BenefitItem, item.id)).id == item.id
        assert (await find_site(db, manager(None), Permission.CASE_READ, site.id)).id == site.id
        for refused in (
            find_row(db, BenefitItem, "nothing"),
            find_seen(db, manager(None), Permission.CASE_READ, BenefitItem, "nothing"),
            find_seen(db, manager("elsewhere"), Permission.CASE_READ, BenefitItem, item.id),
            find_site(db, manager(None), Permission.CASE_READ, "nothing"),
            find_site(db, manager("elsewhere"), Permission.CASE_READ, site.id),
        ):
            with pytest.raises(Problem) as caught:
                await refused
            assert caught.value.code is ProblemCode.NOT_FOUND


async def test_a_site_that_a_body_names_is_told_apart_from_one_in_the_path(factory: Factory, site: Any) -> None:
    async with transaction(factory) as db:
        assert await named_site(db, site.id, lock=True) is await named_site(db, site.id)
        with pytest.raises(Problem) as caught:
            await named_site(db, "nothing")
    assert caught.value.code is ProblemCode.SITE_UNKNOWN


async def test_a_locked_row_is_as_it_is_now(factory: Factory, site: Any) -> None:
    async with transaction(factory) as db:
        seen = await find_row(db, Site, site.id)
        before = seen.name
        await db.execute(update(Site).values(name="新名").execution_options(synchronize_session=False))
        assert (await find_row(db, Site, site.id)).name == before
        assert (await find_row(db, Site, site.id, lock=True)).name == "新名"
