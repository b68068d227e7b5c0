"""Printable documents: Chinese that can be read back, the same bytes each time, signatures on one page."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime

import pytest

from case_api.documents.pdf import Document, render
from tests.case_api.documents.reading import lines_drawn, pdf_text

MOMENT = datetime(2026, 11, 23, 8, tzinfo=UTC)


def sample(*, rows: int = 2, moment: datetime = MOMENT) -> Document:
    document = Document("退房处理方案书", "HD-20261123-0007", moment)
    document.heading("一、基本情况")
    document.facts([("客户", "王先生"), ("已付款项", "¥200,000.00")])
    document.table(
        ["项目", "计算", "金额（元）"],
        [["应退定金", "200,000.00 × 70.00%", "140,000.00"]] * rows,
        columns=["text", "text", "number"],
        widths=[2, 3, 2],
        total=True,
    )
    document.paragraph("本方案须经公司审批通过后方可生效。", small=True)
    document.signatures(["客户签字", "案场经理签字"])
    return document


@pytest.mark.parametrize(("label", "together"), [("上线前每百次沟通投诉", True), ("上线（2026-03-30）前每百次沟通投诉", False)])
def test_a_label_never_runs_into_its_value(label: str, together: bool) -> None:
    document = Document("简报", "HD", MOMENT)
    document.facts([(label, "26.7（变化 -62.8%）")])
    [[_, named, valued, *_]] = lines_drawn(render(document))
    assert (named == valued) is together  # one that is too long has a line of its own


def test_the_text_can_be_read_back() -> None:
    text = pdf_text(render(sample())).replace("\n", " ")
    for expected in (
        "退房处理方案书",
        "王先生",
        "¥200,000.00",
        "200,000.00 × 70.00%",
        "140,000.00",
        "第 1 页 / 共  1  页",
        "HD-20261123-0007",
    ):
        assert expected in text, expected
    assert "客户签字：____" in text


def test_the_same_description_gives_the_same_bytes_and_another_moment_another_file() -> None:
    first = render(sample())
    assert render(pickle.loads(pickle.dumps(sample()))) == first
    assert render(sample(moment=datetime(2026, 11, 24, tzinfo=UTC))) != first
    assert len(first) < 60_000  # of the font's 8 MB only what is used


def test_a_long_table_repeats_its_header_and_signatures_stay_together() -> None:
    text = pdf_text(render(sample(rows=80)))
    pages = text.count("HD-20261123-0007")
    assert pages >= 3
    assert text.count("金额（元）") >= pages - 1
    last_page = text.split(f"第 {pages - 1} 页 / 共")[1]
    assert "客户签字" in last_page
    assert "案场经理签字" in last_page


def test_a_running_text_without_spaces_is_broken_into_lines() -> None:
    document = Document("标题", "编号", MOMENT)
    document.paragraph("不能退" * 100)
    lines = [line for line in pdf_text(render(document)).split("\n") if "不能退" in line]
    assert len(lines) > 5
    assert "".join(lines) == "不能退" * 100


def test_a_row_that_does_not_fit_its_header_is_refused() -> None:
    with pytest.raises(ValueError, match="number of cells"):
        Document("标题", "编号", MOMENT).table(["甲", "乙"], [["1"]], columns=["text", "text"], widths=[1, 1])


def test_a_code_and_bars_are_drawn_on_small_paper() -> None:
    document = Document("扫码填写", "HD", MOMENT, "A5")
    document.qr("https://desk.example.cn/form#f_" + "A" * 43)
    document.bars([("家庭决策分歧", 3, "3（75.0%）"), ("其他", 0, "0（0.0%）")])
    data = render(document)
    assert "3（75.0%）" in pdf_text(data)
    assert b"/MediaBox [0 0 419.53 595.28]" in data
