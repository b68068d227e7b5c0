"""The bundled model on real sentences."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count as count_from
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.signal import fftconvolve

from audio_service.transcription.results import SAMPLE_RATE, Dropped, Samples, Transcription
from audio_service.transcription.text import hanzi_error_rate
from audio_service.transcription.weights import BUNDLED, WeightsUnusable, resolve
from audio_service.transcription.whisper import DOMAIN_PROMPT, PLAIN_PROMPT, DecodingError, Vocabulary, WhisperTranscriber
from models.settings import AsrSettings

Sentences = list[tuple[Samples, str]]


def noise(seconds: float, level_db: float) -> Samples:
    samples = np.random.default_rng(7).normal(0, 10 ** (level_db / 20), int(seconds * SAMPLE_RATE))
    return samples.astype(np.float32)


def test_real_sentences_are_understood(transcriber: WhisperTranscriber, sentences: Sentences) -> None:
    heard = [(said, transcriber.final(samples).text) for samples, said in sentences]
    assert hanzi_error_rate(heard) < 0.15


def test_partials_understand_the_same_sentences_nearly_as_well(transcriber: WhisperTranscriber, sentences: Sentences) -> None:
    heard = [(said, transcriber.partial(samples).text) for samples, said in sentences]
    assert hanzi_error_rate(heard) < 0.3


def test_a_final_carries_ordered_alternatives_and_its_measures(transcriber: WhisperTranscriber, sentences: Sentences) -> None:
    heard = transcriber.final(sentences[0][0])
    assert heard.dropped is None
    assert heard.alternatives[0].text == heard.text
    scores = [alternative.score for alternative in heard.alternatives]
    assert scores == sorted(scores, reverse=True)
    assert len({alternative.text for alternative in heard.alternatives}) > 1
    assert heard.avg_logprob == scores[0]
    assert -1 < heard.avg_logprob < 0
    assert 0 <= heard.no_speech_prob < 0.5
    assert 0 < heard.compression_ratio < 2


def test_numbers_are_written_as_they_are_said(transcriber: WhisperTranscriber, sentences: Sentences) -> None:
    assert "二零一六年" in transcriber.final(sentences[3][0]).text


def test_every_character_has_its_time(transcriber: WhisperTranscriber, sentences: Sentences) -> None:
    samples, _ = sentences[0]
    lead = 2 * SAMPLE_RATE
    plain = transcriber.final(samples)
    late = transcriber.final(np.concatenate((np.zeros(lead, np.float32), samples)))
    for heard, length in ((plain, len(samples)), (late, len(samples) + lead)):
        assert "".join(entry.char for entry in heard.characters) == heard.text
        moments = [moment for entry in heard.characters for moment in (entry.start, entry.end)]
        assert moments == sorted(moments)
        assert moments[-1] <= length / SAMPLE_RATE
    shift = [
        late.characters[late.text.index(char)].end - plain.characters[plain.text.index(char)].end
        for char in "走性存"
        if char in late.text and char in plain.text
    ]
    assert len(shift) >= 2
    assert shift == pytest.approx([2.0] * len(shift), abs=0.15)


def test_other_readings_are_rescored_against_the_text(transcriber: WhisperTranscriber, sentences: Sentences) -> None:
    samples, _ = sentences[1]
    seen: list[Transcription] = []

    def propose(heard: Transcription) -> list[str]:
        seen.append(heard)
        near = heard.text.replace(heard.text[3], "嗯", 1)
        return [heard.text, near, "今天天气很好我们去公园散步"]

    heard = transcriber.final(samples, propose)
    plain = transcriber.final(samples)
    assert seen == [plain], "asked once, with everything that is known"
    assert plain.rescored == ()
    assert (heard.text, heard.characters, heard.alternatives) == (plain.text, plain.characters, plain.alternatives)
    same, near, other = (reading.gain for reading in heard.rescored)
    assert same == 0
    assert other < near < -1


def far_away(clear: Samples) -> Samples:
    """The same at the other end of a noisy, echoing room."""
    random = np.random.default_rng(3)
    room = 0.2 * random.normal(size=SAMPLE_RATE // 2) * np.exp(-np.arange(SAMPLE_RATE // 2) / (0.09 * SAMPLE_RATE))
    room[0] = 1.0
    far = fftconvolve(clear, room)[: len(clear)]
    return np.asarray(far + random.normal(0, far.std() / 6, len(far)), np.float32)


def steps_of(again: Generator[None, None, Transcription]) -> tuple[int, Transcription]:
    """How often a second listening let others go first, and what it came to."""
    for count in count_from(0):
        try:
            next(again)
        except StopIteration as done:
            return count, done.value
    raise AssertionError


def test_what_is_hardly_understood_is_listened_to_again_after_its_text(transcriber: WhisperTranscriber, sentences: Sentences) -> None:
    clear, said = sentences[1]
    near, far = transcriber.final(clear), transcriber.final(far_away(clear))
    assert not transcriber.doubts(near)
    assert transcriber.doubts(far)
    assert not transcriber.doubts(transcriber.final(np.zeros(SAMPLE_RATE, np.float32))), "nothing was said"
    pauses, other = steps_of(transcriber.again(far_away(clear)))
    assert pauses == 1
    assert other.text != far.text
    assert hanzi_error_rate([(said, other.text)]) < 0.7
    both = far.beside(other)
    assert (both.text, both.characters, both.avg_logprob) == (far.text, far.characters, far.avg_logprob)
    assert [heard.text for heard in both.alternatives if heard.other] == [heard.text for heard in other.alternatives]
    assert (far.twice, both.twice) == (False, True)
    assert both.alone == far


@pytest.mark.parametrize(("reason", "listenings"), [(Dropped.LOOP, 2), (Dropped.IMPLAUSIBLE, 2), (Dropped.NO_SPEECH, 1)])
def test_where_there_is_no_text_to_tell_the_second_listening_does_not_wait(
    transcriber: WhisperTranscriber, sentences: Sentences, monkeypatch: pytest.MonkeyPatch, reason: Dropped, listenings: int
) -> None:
    understand, paces = WhisperTranscriber._understand, list[float]()

    def astray_at_first(encoded: Any, seconds: float, pace: float) -> Any:
        paces.append(pace)
        heard = understand(transcriber, encoded, seconds, pace)
        lost = Transcription(dropped=reason, avg_logprob=-0.1)
        return replace(heard, heard=lost) if len(paces) == 1 else heard

    monkeypatch.setattr(transcriber, "_understand", astray_at_first)
    samples, said = sentences[1]
    heard = transcriber.final(samples)
    assert len(paces) == listenings
    assert heard.dropped is (reason if listenings == 1 else None)
    assert heard.twice is (listenings == 2)
    if listenings == 2:
        assert hanzi_error_rate([(said, heard.text)]) < 0.3
        assert heard.characters[-1].end == pytest.approx(len(samples) / SAMPLE_RATE, abs=0.7)


def test_what_is_hardly_understood_is_listened_to_twice_before_its_text_if_asked_for(
    transcriber: WhisperTranscriber, weights_cache: Path, sentences: Sentences
) -> None:
    careful = WhisperTranscriber.from_settings(AsrSettings(listen_twice="on"), weights_cache)
    clear, said = sentences[1]
    far = far_away(clear)
    assert not any(alternative.other for alternative in careful.final(clear).alternatives)
    assert not any(alternative.other for alternative in transcriber.final(far).alternatives), "not without a GPU"
    heard = careful.final(far)
    others = [alternative.other for alternative in heard.alternatives]
    assert others == sorted(others), "what is shown, and what goes with it, comes first"
    assert True in others
    assert heard.alternatives[0] == (heard.text, heard.avg_logprob, False)
    assert heard.avg_logprob >= max(alternative.score for alternative in heard.alternatives)
    assert "".join(entry.char for entry in heard.characters) == heard.text
    assert heard.characters[-1].end <= len(far) / SAMPLE_RATE
    assert hanzi_error_rate([(said, heard.text)]) < 0.7
    assert not careful.doubts(heard), "it was listened to again already"


def test_the_same_audio_gives_the_same_text_from_many_threads(transcriber: WhisperTranscriber, sentences: Sentences) -> None:
    clips = [samples for samples, _ in sentences[:2]] * 2
    with ThreadPoolExecutor(4) as threads:
        at_once = list(threads.map(transcriber.final, clips))
    assert at_once[:2] == at_once[2:]
    assert at_once[0] == transcriber.final(clips[0])


@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        (np.zeros(0, np.float32), Dropped.TOO_SHORT),
        (noise(0.2, -20), Dropped.TOO_SHORT),
        (np.zeros(3 * SAMPLE_RATE, np.float32), Dropped.SILENCE),
        (noise(3, -70), Dropped.SILENCE),
    ],
)
def test_what_cannot_be_speech_is_not_decoded(transcriber: WhisperTranscriber, samples: Samples, reason: Dropped) -> None:
    for heard in (transcriber.final(samples), transcriber.partial(samples)):
        assert (heard.text, heard.alternatives, heard.characters, heard.dropped) == ("", (), (), reason)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_that_are_not_numbers_are_refused(transcriber: WhisperTranscriber, sentences: Sentences, bad: float) -> None:
    samples = sentences[0][0].copy()
    samples[5000] = bad
    with pytest.raises(DecodingError):
        transcriber.final(samples)
    with pytest.raises(DecodingError):
        transcriber.partial(samples)


def test_more_than_the_model_can_hear_is_cut_and_not_refused(transcriber: WhisperTranscriber, sentences: Sentences) -> None:
    long = np.concatenate([samples for samples, _ in sentences] * 2)
    assert len(long) > 30 * SAMPLE_RATE
    heard = transcriber.final(long)
    assert "可能性" in heard.text
    assert heard.characters[-1].end <= 30


def test_the_prompts_hold_no_word_that_is_logged_as_a_complaint() -> None:
    complaint = re.compile("退|诉|曝光|媒体|记者|律师|法院|举报|骗|虚假|维权|横幅|违法|总经理|业主群|霸王|抖音|消费者")
    assert not complaint.search(DOMAIN_PROMPT + PLAIN_PROMPT)


def test_rare_characters_come_back_whole_from_their_tokens(weights_cache: Path) -> None:
    vocabulary = Vocabulary(resolve(BUNDLED, weights_cache) / "tokenizer.json")
    text = "藏獒VIP，镕龘。"
    pieces = vocabulary.pieces(vocabulary.tokens(text))
    assert "".join(piece for piece, _ in pieces) == text
    assert sum(count for _, count in pieces) == len(vocabulary.tokens(text)) > len(pieces)


def test_digits_are_suppressed_and_no_chinese_character_is(weights_cache: Path) -> None:
    vocabulary = Vocabulary(resolve(BUNDLED, weights_cache) / "tokenizer.json")
    suppressed = set(vocabulary.suppressed)
    assert set(vocabulary.tokens("0123456789")) <= suppressed
    assert not set(vocabulary.tokens("我要退房，把定金退给我。一二三四五零")) & suppressed


def test_a_broken_model_refuses_to_open(weights_cache: Path, tmp_path: Path) -> None:
    folder = resolve(BUNDLED, weights_cache)
    shutil.copytree(folder, tmp_path / "broken")
    (tmp_path / "broken" / "model.bin").write_bytes((folder / "model.bin").read_bytes()[:1_000_000])
    with pytest.raises(WeightsUnusable, match="无法在 cpu"):
        WhisperTranscriber(tmp_path / "broken")


def test_a_number_format_the_device_lacks_refuses_to_open(weights_cache: Path) -> None:
    with pytest.raises(WeightsUnusable, match="float16"):
        WhisperTranscriber(resolve(BUNDLED, weights_cache), compute_type="float16")


def test_a_tokenizer_of_another_model_refuses_to_open(weights_cache: Path, tmp_path: Path) -> None:
    tokenizer = json.loads((resolve(BUNDLED, weights_cache) / "tokenizer.json").read_text())
    tokenizer["added_tokens"] = [token for token in tokenizer["added_tokens"] if token["content"] != "<|zh|>"]
    tokenizer["model"]["vocab"].pop("<|zh|>", None)
    (tmp_path / "tokenizer.json").write_text(json.dumps(tokenizer))
    with pytest.raises(WeightsUnusable, match="not a multilingual"):
        Vocabulary(tmp_path / "tokenizer.json")
