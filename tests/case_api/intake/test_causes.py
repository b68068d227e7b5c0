"""The taxonomy of causes."""

from __future__ import annotations

from typing import get_args

from case_api.intake.causes import CAUSES, Cause, cause_named


def test_every_cause_says_what_it_calls_for_in_both_languages() -> None:
    assert set(CAUSES) == set(get_args(Cause))
    for meaning in CAUSES.values():
        assert meaning.zh
        assert len(meaning.calls_for_zh) == len(meaning.calls_for_en) > 0


def test_a_cause_is_found_by_code_or_name() -> None:
    for code, meaning in CAUSES.items():
        assert {cause_named(code), cause_named(f" {meaning.zh} "), cause_named(meaning.en.upper())} == {code}
    assert cause_named("不知道") is None
