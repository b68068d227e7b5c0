"""Identifiers, times and the words that columns take."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint, select
from sqlalchemy.exc import IntegrityError, StatementError

from audio_service import messages
from models.base import new_id
from models.engine import Factory, transaction
from models.people import PersonRole, fold_username
from models.prompts import PromptKind
from models.prosody import ProsodyTrack, pack, unpack
from models.sessions import Level, Speaker
from models.sites import Site
from models.tables import Base
from tests.conftest import MakePerson


def test_ids_are_unique_and_sort_by_age() -> None:
    ids = [new_id() for _ in range(2000)]
    assert len(set(ids)) == len(ids)
    assert [i[:12] for i in ids] == sorted(i[:12] for i in ids)
    assert {len(i) for i in ids} == {32}


@pytest.mark.parametrize(("words", "enum"), [(Speaker, messages.Speaker), (Level, messages.Level), (PromptKind, messages.PromptKind)])
def test_columns_take_exactly_the_words_of_the_wire(words: Any, enum: type[StrEnum]) -> None:
    assert set(get_args(words)) == {str(member) for member in enum}


async def test_times_come_back_aware_and_in_utc(factory: Factory) -> None:
    noon = datetime(2026, 11, 23, 20, 0, tzinfo=timezone(timedelta(hours=8)))
    async with transaction(factory) as db:
        db.add(Site(code="T", name="时区", created_at=noon))
    async with factory() as db:
        read = (await db.scalars(select(Site.created_at))).one()
        found = (await db.scalars(select(Site.code).where(Site.created_at == noon))).one()
    assert (read, read.tzinfo, found) == (noon, UTC, "T")


async def test_a_time_without_a_zone_is_refused(factory: Factory) -> None:
    with pytest.raises(StatementError, match="without a zone"):
        async with transaction(factory) as db:
            db.add(Site(code="T", name="时区", created_at=datetime(2026, 11, 23)))


async def test_unknown_words_are_refused_by_the_database(factory: Factory, make_person: MakePerson) -> None:
    with pytest.raises(IntegrityError, match="ck_person_role_role"):
        await make_person("lijing", ("emperor", None))


async def test_one_role_is_held_once_also_where_it_is_held_everywhere(factory: Factory, make_person: MakePerson, site: Site) -> None:
    person = await make_person("lijing", ("staff", None), ("staff", site.id))
    for again in (None, site.id):
        with pytest.raises(IntegrityError):
            async with transaction(factory) as db:
                db.add(PersonRole(person_id=person.id, role="staff", site_id=again))


@given(st.text(max_size=40))
def test_folding_a_name_twice_changes_nothing(name: str) -> None:
    assert fold_username(fold_username(name)) == fold_username(name)


@pytest.mark.parametrize("typed", ["LiJing", "lijing", " LIJING ", "ＬｉＪｉｎｇ"])
def test_one_person_however_the_name_is_typed(typed: str) -> None:
    assert fold_username(typed) == "lijing"


@given(st.integers(1, 300), st.integers(1, 8))
def test_a_track_reads_back_as_it_was_packed(steps: int, width: int) -> None:
    columns = {f"c{i}": np.linspace(i, i + 1, steps, dtype=np.float32) for i in range(width)}
    columns["c0"][0] = np.nan
    names, data = pack(columns)
    read = unpack(ProsodyTrack(columns=names, data=data))
    assert list(read) == list(columns)
    for name, values in columns.items():
        np.testing.assert_array_equal(read[name], values)


def test_rows_that_go_with_another_are_found_by_an_index() -> None:
    """It has to hold all of them, but for nulls: one of those that are open, say, is of no use to who asks for all of a case's."""
    unfound = []
    for table in Base.metadata.tables.values():
        keys = (one for one in table.constraints if isinstance(one, UniqueConstraint | PrimaryKeyConstraint))
        found = {(next(iter(one.columns)).name, "None") for one in keys}
        found |= {(next(iter(one.columns)).name, str(one.dialect_options["sqlite"]["where"])) for one in table.indexes if one.columns}
        for reference in table.foreign_key_constraints:
            column = reference.column_keys[0]
            if reference.ondelete == "CASCADE" and not found & {(column, "None"), (column, f"{column} IS NOT NULL")}:
                unfound.append(f"{table.name}.{column}")
    assert unfound == []
