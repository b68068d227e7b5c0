"""The index that cases are found by: grams (pure), and rows that follow the case whoever writes it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select, text

from models.cases import WithdrawalCase
from models.engine import Factory, reading, transaction
from models.search import CaseSearch, asked, grams
from models.sites import Site
from tests.conftest import MakePerson

lines = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs", "Zs"]), max_size=30)


@given(lines, lines, lines, lines)
def test_whatever_holds_a_text_has_its_grams(before: str, sought: str, after: str, other: str) -> None:
    assert set(asked(sought)) <= set(grams(f"{other}\n{before}{sought}{after}"))


@given(lines)
def test_a_gram_is_one_word_to_whatever_splits_words(line: str) -> None:
    for gram in {*grams(line), *asked(line)}:
        assert not any(char.isascii() and not char.isalnum() for char in gram)


def test_no_pair_runs_across_two_lines() -> None:
    assert grams("王女\n3-1") == ["王", "女", "3", "\ue02d", "1", "王女", "3\ue02d", "\ue02d1"]
    assert asked("王") == ["王"]
    assert asked("王女士") == ["王女", "女士"]


async def test_the_index_follows_the_case(factory: Factory, site: Site, make_person: MakePerson) -> None:
    person = await make_person("zhang", ("site_manager", site.id))

    async def held() -> list[str]:
        async with reading(factory) as db:
            if db.get_bind().dialect.name == "sqlite":  # raises if the index differs from what it was made of
                await db.execute(text("INSERT INTO case_search_index (case_search_index, rank) VALUES ('integrity-check', 1)"))
                await db.rollback()
            return list((await db.scalars(select(CaseSearch.grams))).all())

    async with transaction(factory) as db:
        case = WithdrawalCase(site_id=site.id, code="HD-1", search_text="王芳", created_by=person.id)
        db.add(case)
    assert await held() == ["王 芳 王芳"]
    async with transaction(factory) as db:
        (await db.get_one(WithdrawalCase, case.id)).search_text = "李芳"
    assert await held() == ["李 芳 李芳"]
    async with transaction(factory) as db:
        await db.execute(delete(WithdrawalCase))
    assert await held() == []
