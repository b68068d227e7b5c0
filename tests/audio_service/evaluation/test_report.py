"""Tracks, pictures, page and document out of streams."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest

from audio_service.evaluation.ablation import Ablation, Row
from audio_service.evaluation.chart import GRAPH, NARROW, WIDE, Chart, bounds
from audio_service.evaluation.page import page
from audio_service.evaluation.report import Evaluation, evaluate
from audio_service.evaluation.tracks import Span, view
from tests.audio_service.evaluation.labels import conversation, turn
from tests.audio_service.evaluation.test_scoring import CALM, Message, final, prompt

ABOUT = {"corpus": "mine", "date": "2026-11-23", "version": "0", "enrolled": True, "asr": "bundled", "settings": {}}


def state(at: float, level: str, speaker: str = "customer", score: float = 0.0, **values: tuple[float, float | None]) -> Message:
    measures = {name: {"value": value, "baseline": usual, "z": None} for name, (value, usual) in values.items()}
    return {"type": "state", "at": at, "level": level, "speaker": speaker, "score": score, "measures": measures}


STREAM: list[Message] = [
    state(2, "provisional", rate=(5.0, None)),
    state(3, "provisional", rate=(5.2, 5.0)),
    state(7, "provisional", speaker="staff", rate=(9.0, 5.0)),
    state(8, "calm"),
    state(21, "agitated", score=3.1, rate=(6.5, 5.1), loudness=(-20.0, -26.0), pitch=(300.0, 240.0)),
    {**prompt(22.0), "reasons": ["语速比平时快 27%"], "received_at": 22.3},
    prompt(30.0),
    final("u0", "customer", 1, 5, "我要退定金"),
    {"type": "ack", "seq": 399, "received_at": 5.0},
]


def evaluation(*more: tuple[Any, list[Message]], missing: tuple[str, ...] = ()) -> Evaluation:
    return evaluate([(conversation(), STREAM), *more], missing, frozenset(), ABOUT)


def test_what_is_drawn_of_a_stream() -> None:
    seen = view(conversation(), STREAM)
    assert seen.levels == (Span(0.0, 8, "provisional"), Span(8, 21, "calm"), Span(21, 40.0, "agitated"))
    rate, loudness, _ = seen.cues
    assert rate.lines == (((2, 5.0), (3, 5.2)), ((21, 6.5),))  # broken where the customer was silent; the staff member's pace is not theirs
    assert rate.usual == ((3, 5.0), (21, 5.1))
    assert loudness.lines == (((21, -20.0),),)
    assert [(one.at, one.verdict) for one in seen.prompts] == [(22.0, "hit"), (30.0, "more")]


def test_a_prompt_after_the_time_to_answer_is_late_not_false() -> None:
    long = conversation(offset=39.0)
    assert [one.verdict for one in view(long, [prompt(36.0), prompt(10.0)]).prompts] == ["late", "false"]


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_picture_is_sound_named_and_inside_its_frame(width: float) -> None:
    drawn = Chart(view(conversation(), STREAM), width).draw("k", "名字 <1>", "说明")
    root = ElementTree.fromstring(drawn)
    assert root.get("role") == "img"
    assert [root.find("title").text, root.find("desc").text] == ["名字 <1>", "说明"]  # type: ignore[union-attr]
    assert root.get("aria-labelledby") == "k-t k-d"
    _, _, across, down = (float(part) for part in root.get("viewBox", "").split())
    for shape in root.iter("rect"):
        assert 0 <= float(shape.get("x", -1)) <= float(shape.get("x", -1)) + float(shape.get("width", 0)) <= across + 1
        assert 0 <= float(shape.get("y", -1)) + float(shape.get("height", 0)) <= down
    assert "激动" in drawn
    assert "✓ 提示 22 秒" in drawn


@pytest.mark.parametrize("seconds", [3.0, 40.0, 600.0, 6 * 3600.0, 24 * 3600.0])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_time_axis_is_readable_for_any_length(seconds: float, width: float) -> None:
    drawn = Chart(view(conversation(**CALM | {"seconds": seconds, "turns": []}), []), width).draw("k", "t", "d")
    ticks = [shape for shape in ElementTree.fromstring(drawn).iter("rect") if shape.get("class") == "tick"]
    places = [float(tick.get("x", 0)) for tick in ticks]
    assert 1 <= len(places) <= 20
    assert all(later - earlier > 40 for earlier, later in pairwise(places))


def test_a_stray_value_does_not_flatten_the_others() -> None:
    low, high = bounds([5.0 + 0.1 * (index % 5) for index in range(60)] + [90.0], 2.0)
    assert (low, high) == (4.0, 6.5)
    low, high = bounds([5.0], 2.0)
    assert (low, high) == (4.0, 6.0)


def test_strays_are_drawn_at_the_edge_of_their_lane() -> None:
    states = [state(1.0 + index / 4, "calm", rate=(5.0, 5.0)) for index in range(100)] + [state(30, "calm", rate=(90.0, 5.0))]
    root = ElementTree.fromstring(Chart(view(conversation(), states), WIDE).draw("k", "t", "d"))
    lane = next(shape for shape in root.iter("rect") if shape.get("class") == "lane")
    top = float(lane.get("y", 0))
    assert all(top <= float(dot.get("cy", 0)) <= top + GRAPH for dot in root.iter("circle"))


def test_the_worst_come_first() -> None:
    missed, false, calm = conversation(id="missed"), conversation(**CALM | {"id": "false"}), conversation(**CALM)
    found = evaluation((calm, []), (false, [prompt(10)]), (missed, [prompt(39)]))
    assert [case.conversation.id for case in found.cases] == ["missed", "false", "c0", "calm"]


def test_the_document_says_what_happened() -> None:
    document = json.loads(json.dumps(evaluation((conversation(**CALM), []), missing=("lost",)).document))
    assert document["missing"] == ["lost"]
    assert document["all"]["recall"] == 1.0
    assert document["exact"]["recall"] == [0.025, 1.0]
    assert set(document["kinds"]) == {"escalate", "calm"}
    first = document["conversations"][0]
    assert (first["id"], first["closest"], first["prompts"][0]["verdict"]) == ("c0", 3.1, "hit")
    assert document["speed"] == 8.0


def test_only_a_conversation_played_live_has_latencies_on_the_page() -> None:
    live = [*STREAM[:-1], {"type": "ack", "seq": 399, "received_at": 40.1}]
    assert evaluate([(conversation(), live)], (), frozenset(), ABOUT).real_time
    assert "提示送达" in page(evaluate([(conversation(), live)], (), frozenset(), ABOUT))
    assert "提示送达" not in page(evaluation())


def test_streams_with_parts_unheard_are_called_doubtful() -> None:
    spoiled = [*STREAM, {"type": "warning", "code": "text_skipped", "at": 9.0}, {"type": "warning", "code": "falling_behind", "at": 9.0}]
    found = evaluate([(conversation(), spoiled)], (), frozenset(), ABOUT)
    assert found.document["conversations"][0]["spoiled"] == {"text_skipped": 1}
    assert "结果不可信" in page(found)
    assert "结果不可信" not in page(evaluation())


class Reader(HTMLParser):
    """Tags and attributes of a page, and whether every tag that opens also closes."""

    VOID = ("meta", "br", "i")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_needs_nothing_else_and_closes_what_it_opens() -> None:
    text = page(evaluation())
    reader = Reader()
    reader.feed(text)
    assert reader.open == []
    tags = {tag for tag, _ in reader.seen}
    assert not tags & {"script", "link", "img", "iframe", "object"}
    assert not [attrs for _, attrs in reader.seen if attrs.keys() & {"src", "href", "onclick"}]
    assert not re.search(r"https?://|url\(|@import", text)
    identifiers = [attrs["id"] for _, attrs in reader.seen if "id" in attrs]
    assert len(identifiers) == len(set(identifiers))


def test_what_comes_from_a_corpus_is_only_ever_text() -> None:
    nasty = "<script>alert(1)</script>\"'&"
    one = conversation(kind=nasty[:40], turns=[turn("customer", 1, 5, nasty, nasty)])
    stream = [final("u0", "customer", 1, 5, nasty), {**prompt(22.0), "reasons": [nasty]}]
    text = page(evaluate([(one, stream)], (), frozenset(), ABOUT | {"corpus": nasty, "settings": {nasty: 1}}))
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_the_page_speaks_to_a_manager_in_both_languages() -> None:
    text = page(evaluation(missing=("lost",)))
    assert "客户激动 1 次，手机在 15 秒内提醒了 1 次，漏掉 0 次；没有一次误提醒。" in text
    assert "Customers escalated 1 times; 1 were answered" in text
    assert "lost" in text
    assert "语速比平时快 27%" in text
    assert "prefers-color-scheme: dark" in text


def test_an_ablation_is_part_of_the_page_and_reads_back() -> None:
    rows = (Row("完整 · everything", 9, 10, 3.0, 9.0, 0, 0.0, 0.97, 0.01), Row("音高 · pitch", 2, 10, None, None, 4, 9.5, 0.97, 0.01))
    done = Ablation("mine", True, rows)
    assert Ablation.from_document(json.loads(json.dumps(done.document))) == done
    text = page(evaluation(), done)
    assert "音高 · pitch" in text
    assert "2 / 10" in text
    assert "9.50" in text
