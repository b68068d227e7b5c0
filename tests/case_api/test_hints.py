"""What the planner is told: on SQLite only."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from case_api.hints import asked_later, likely
from models.sites import Site

TOLD = {likely: "WHERE likely(site.code = ? AND site.name = ?)", asked_later: "WHERE +(site.code = ? AND site.name = ?)"}


@pytest.mark.parametrize("hint", TOLD)
def test_only_sqlite_is_told(hint: type[likely | asked_later]) -> None:
    query = select(Site.id).where(hint((Site.code == "HD") & (Site.name == "花都")))
    assert TOLD[hint] in str(query.compile(dialect=sqlite.dialect())).replace("\n", "")
    elsewhere = str(query.compile(dialect=postgresql.dialect(paramstyle="qmark"))).replace("\n", "")
    assert "WHERE (site.code = " in elsewhere
    assert "likely" not in elsewhere
