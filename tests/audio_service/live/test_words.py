"""What the ear is told of an utterance's words."""

from __future__ import annotations

import pytest

from audio_service.live.finished import Finished
from audio_service.live.shelf import Shelf
from audio_service.live.words import anger_of, find, read
from audio_service.messages import Speaker
from audio_service.transcription.results import Transcription


def anger(shelf: Shelf, text: str) -> float:
    return anger_of(find(shelf.tools, Transcription(text=text)))


@pytest.mark.parametrize(
    "text", ["", "我就想知道定金能退多少", "我想退房", "首付款还差十几万", "贷款可能批不下来，客厅朝向也不好", "我不是要投诉"]
)
def test_what_every_visit_is_about_is_no_anger(shelf: Shelf, text: str) -> None:
    assert anger(shelf, text) == pytest.approx(0, abs=0.01)


def test_threats_weigh_more_than_complaints_and_praise_less_than_nothing(shelf: Shelf) -> None:
    threat, complaint, praise = (anger(shelf, text) for text in ("我要请律师起诉你们", "你这是什么态度", "太好了，非常感谢"))
    assert praise < 0 < complaint < threat <= 1


def test_the_ear_judges_who_spoke(shelf: Shelf) -> None:
    found = find(shelf.tools, Transcription(text="我要投诉你们"))
    said = [read(Finished(0, 1.0, 2.0, speaker, 0.9, Transcription(text="我要投诉你们")), found).anger for speaker in Speaker]
    assert len(set(said)) == 1
    assert said[0] > 0.5
