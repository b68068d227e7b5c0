"""An utterance comes back from its row as it was: what is heard again after a restart goes by it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audio_service.live.finished import Finished
from audio_service.live.identity import Identity
from audio_service.live.ledger import Row
from audio_service.live.opening import finished_of
from audio_service.live.rows import SessionRows
from audio_service.messages import Speaker
from audio_service.transcription.results import Alternative, Character, Dropped, Rescored, Transcription
from models.utterances import Utterance

HEARD = Transcription(
    text="要投诉",
    alternatives=(Alternative("要投诉", -0.625), Alternative("要头数", -0.75)),
    characters=(Character("要", 0.0, 0.2), Character("投", 0.2, 0.4), Character("诉", 0.4, 0.7)),
    avg_logprob=-0.625,
    no_speech_prob=0.125,
    compression_ratio=0.75,
    rescored=(Rescored("要头数", -3.5),),
)
DONE = Finished(3, 1.5, 2.25, Speaker.CUSTOMER, 0.75, HEARD)


class Kept(list[Row]):
    add = list.append


@pytest.mark.parametrize(
    "done",
    [
        DONE,
        replace(DONE, late=9.5),
        replace(DONE, again=7.25, transcription=HEARD.beside(HEARD)),
        replace(DONE, transcription=replace(HEARD, twice=True)),
        replace(DONE, transcription=Transcription(dropped=Dropped.LOOP)),
    ],
    ids=["once", "late", "again", "twice", "dropped"],
)
def test_an_utterance_comes_back_as_it_was(done: Finished) -> None:
    kept = Kept()
    SessionRows(kept, Identity("s", "HD", "lijing", None, True)).utterance(done)
    [row] = kept
    assert finished_of(Utterance(**row.values)) == replace(done, known=True)
