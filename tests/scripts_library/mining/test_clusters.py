"""Groups of complaints."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from scripts_library.mining.clusters import Text, clusters

SAID = {
    "delay": ["延期三个月了还不交房", "交房又延期了你们赔不赔", "说好的六月交房拖到现在", "交房时间一拖再拖", "延期交房怎么赔"],
    "cash_flow": ["贷款银行批不下来", "银行不批我的贷款", "我的贷款一直没批", "银行还是不批贷款", "贷款没批怎么办"],
    "competitor": ["学区承诺没有兑现", "你们承诺的学区没有了", "当时承诺有学区", "学区名额没有兑现", "承诺的学区没兑现"],
}


def texts() -> list[Text]:
    return [
        Text(f"{cause}{n}{tail}", f"s{n}{tail}", said + tail, (cause,), cause)
        for cause, lines in SAID.items()
        for n, said in enumerate(lines)
        for tail in ("啊", "吧", "呢")
    ]


def test_what_says_the_same_is_together_with_its_cause_and_quotes_of_different_people() -> None:
    found = clusters(texts())
    assert {one.cause for one in found} == set(SAID)
    for one in found:
        assert one.terms[0] == one.cause
        assert len({quote.session_id for quote in one.quotes}) == len(one.quotes) <= 3
        assert all(quote.cause == one.cause for quote in one.quotes)
    assert found == clusters(texts())


@settings(max_examples=25)
@given(st.lists(st.text("定金退房投诉延期", max_size=8), max_size=25))
def test_no_text_is_in_two_groups(said: list[str]) -> None:
    found = clusters([Text(str(n), str(n), text) for n, text in enumerate(said)])
    assert sum(one.size for one in found) <= len(said)
