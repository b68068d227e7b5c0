"""The recogniser: faster-whisper's model, driven directly so that a live utterance costs what it is long, not 30 s.

`WhisperModel.transcribe` pads everything to 30 s of zeroed features and decodes timestamps. Here the *waveform* is padded, with silence,
to FINAL_SECONDS, and the text is decoded without timestamps. What was hardly understood is listened to a second time, the room taken off
and played slower: at once, or after its text was told (`listen_twice`). docs/transcription.md has the error rates behind every constant.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import ctranslate2
import numpy as np
from faster_whisper.feature_extractor import FeatureExtractor
from scipy.signal import resample_poly
from threadpoolctl import threadpool_limits
from tokenizers import Tokenizer

from audio_service.transcription.alignment import spread, token_spans
from audio_service.transcription.guards import compression_ratio, cut_loop, echoes, is_loop, no_speech, verdict
from audio_service.transcription.results import SAMPLE_RATE, Alternative, Character, Dropped, Propose, Rescored, Samples, Transcription
from audio_service.transcription.reverberation import without_tail
from audio_service.transcription.text import tidy
from audio_service.transcription.weights import WeightsUnusable, resolve
from models.settings import AsrSettings

FRAME = SAMPLE_RATE // 100
WINDOW_SECONDS = 30.0
# Fewer encoder frames cost words (base, 50 real sentences: .17 at 10 s, .15 at 15 s), more cost time and gain nothing
FINAL_SECONDS = 15.0
PARTIAL_SECONDS = 10.0
TAIL_SECONDS = 1.0
SHORTEST_SECONDS = 0.25
# −65 dB re full scale: below the noise floor of any room with a phone in it
SILENCE_RMS = 10 ** (-65 / 20)
# Fastest speech needs 10 Hanzi a second, a rare Hanzi needs up to three tokens
TOKENS_PER_SECOND = 16
TOKENS_SPARE = 12
LOOP_NGRAM = 6
SECONDS_PER_STEP = 0.02
# What the decoder thinks impossible is no more than that
LEAST_PROBABILITY = 1e-12
# Mean log probability a token under which a text is worth another try: every second one of a far customer, one in six near the phone
DOUBTFUL_LOGPROB = -0.4
# Up / down: 11 % slower, and lower. More (18 %) costs words, less (6 %) gives too much of the same
SLOWER = (10, 9)
# Nobody can say why these came out; what came out for silence, noise and a subtitle's phrases is rightly nothing
UNEXPLAINED = (Dropped.LOOP, Dropped.IMPLAUSIBLE)
# The scene in neutral words. Never a complaint word: the decoder writes its prompt's words over what it cannot hear.
# ASCII commas, because a full-width one is three tokens and is easily confused with a full-width digit
DOMAIN_PROMPT = "您好,这里是售楼处。关于这套房子的认购、定金、首付、贷款和网签,有什么问题都可以跟我说。"
# A second of speech is easily overruled by a scene: partials and short answers get only the script and the style
PLAIN_PROMPT = "以下是普通话的句子。"
DOMAIN_SECONDS = 1.5


class DecodingError(Exception):
    """The decoder was given, or gave, something that is not a number."""


class WhisperTranscriber:
    """A `Transcriber` over one CTranslate2 model. Thread-safe; all conversations of a process share it."""

    def __init__(
        self,
        folder: Path,
        *,
        device: Literal["cpu", "cuda", "auto"] = "cpu",
        compute_type: str = "auto",
        threads: int = 2,
        workers: int = 1,
        beam: int = 5,
        listen_twice: Literal["auto", "on", "later", "off"] = "auto",
    ) -> None:
        """Opens the model in `folder` and runs it once. Raises WeightsUnusable for a broken model or an absent device.

        BLAS works on one thread in this process from now on: the room's tail is taken off with matrices of ten rows, where a second thread
        only adds processor time (ten times as much on two busy cores).
        """
        threadpool_limits(1, "blas")
        if device == "auto":
            device = "cuda" if ctranslate2.get_cuda_device_count() else "cpu"
        if compute_type == "auto":
            compute_type = "float16" if device == "cuda" else "int8"
        try:
            self._model = ctranslate2.models.Whisper(
                str(folder), device=device, compute_type=compute_type, intra_threads=threads, inter_threads=workers
            )
        except (RuntimeError, ValueError) as failed:
            raise WeightsUnusable(
                f"语音模型 {folder} 无法在 {device}（{compute_type}）上加载：{failed}",
                f"The speech model {folder} does not open on {device} ({compute_type}): {failed}",
            ) from failed
        self._features = FeatureExtractor(feature_size=self._model.n_mels)
        self._vocabulary = Vocabulary(folder / "tokenizer.json")
        self._beam = beam
        # two cores decode a far customer's text twice in .8 s, and everybody's text would wait for it; a GPU has the time
        when = ("on" if device == "cuda" else "later") if listen_twice == "auto" else listen_twice
        self._twice, self._later = when == "on", when == "later"
        # The short windows are measured on the bundled model; a GPU has the time for the full one, which every model is trained on
        self._final_seconds, self._partial_seconds = (
            (FINAL_SECONDS, PARTIAL_SECONDS) if device == "cpu" else (WINDOW_SECONDS, WINDOW_SECONDS)
        )
        self.final(np.sin(np.arange(SAMPLE_RATE, dtype=np.float32)))

    @classmethod
    def from_settings(cls, asr: AsrSettings, cache_dir: Path) -> WhisperTranscriber:
        """The configured recogniser. Raises WeightsError when it cannot be had."""
        folder = resolve(asr.model, cache_dir)
        return cls(
            folder,
            device=asr.device,
            compute_type=asr.compute_type,
            threads=asr.threads,
            beam=asr.beam,
            listen_twice=asr.listen_twice,
        )

    def final(self, samples: Samples, propose: Propose | None = None) -> Transcription:
        """Text of a whole utterance (n,), n-best, character times, and how likely the readings are that `propose` asks about.

        Raises DecodingError for samples or scores that are not numbers.
        """
        reason = _nothing_to_hear(samples)
        if reason is not None:
            return Transcription(dropped=reason)
        seconds = len(samples) / SAMPLE_RATE
        first = self._listen(without_tail(samples) if self._twice else samples, seconds, pace=1.0)
        if not self._cannot_wait(first):
            return self._told(first, None, propose)
        other = samples if self._twice else without_tail(samples)
        again = self._listen(_slower(other), seconds, pace=SLOWER[0] / SLOWER[1])
        if again.heard.dropped is not None:
            return self._told(first, None, propose)
        return self._told(again, first, propose) if again.rank > first.rank else self._told(first, again, propose)

    def _cannot_wait(self, first: _Listening) -> bool:
        """Whether to listen again before anything is told. Where there is no text to tell, there is none to hold up."""
        if first.heard.dropped is None:
            return self._twice and not first.understood
        return first.heard.dropped in UNEXPLAINED and (self._twice or self._later)

    def doubts(self, heard: Transcription) -> bool:
        """Whether a final is to be listened to again, now that it is told."""
        return self._later and bool(heard.text) and heard.avg_logprob < DOUBTFUL_LOGPROB

    def again(self, samples: Samples) -> Generator[None, None, Transcription]:
        """What a whole utterance (n,) sounds like without its room and slower, in steps of which each takes as long as a partial."""
        encoded = self._encode(_slower(without_tail(samples)), self._final_seconds)
        yield
        return self._understand(encoded, len(samples) / SAMPLE_RATE, SLOWER[0] / SLOWER[1]).heard

    def _listen(self, samples: Samples, seconds: float, pace: float) -> _Listening:
        return self._understand(self._encode(samples, self._final_seconds), seconds, pace)

    def _understand(self, encoded: ctranslate2.StorageView, seconds: float, pace: float) -> _Listening:
        """Decode an utterance of `seconds` that is played `pace` times as long, with every guard."""
        context = DOMAIN_PROMPT if seconds >= DOMAIN_SECONDS else PLAIN_PROMPT
        heard = self._decode(encoded, seconds, context, beam=self._beam)
        # under the domain prompt noise and speech are told apart far better than under the plain one: believe it before decoding again
        astray = not no_speech(heard) and (is_loop(heard.text) or echoes(heard.text, context))
        if astray:
            heard = _without_loops(self._decode(encoded, seconds, PLAIN_PROMPT, beam=self._beam, no_repeat_ngram_size=LOOP_NGRAM))
        used = PLAIN_PROMPT if astray else context
        reason = verdict(heard, seconds)
        if reason is not None:
            return _Listening(replace(heard, text="", alternatives=(), dropped=reason), encoded, seconds, pace, astray, used)
        # terms are searched in every alternative: one that echoes would put the prompt's words into somebody's mouth
        alternatives = tuple(alternative for alternative in heard.alternatives if not echoes(alternative.text, context))
        return _Listening(replace(heard, alternatives=alternatives), encoded, seconds, pace, astray, used)

    def _told(self, best: _Listening, other: _Listening | None, propose: Propose | None) -> Transcription:
        """What is handed on: the better listening, timed and rescored, with what the other one made of it."""
        if best.heard.dropped is not None:
            return best.heard
        told = replace(best.heard, characters=self._times(best))
        told = told if other is None else told.beside(other.heard)
        proposed = [] if propose is None else propose(told)
        return replace(told, rescored=self._rescore(best, proposed)) if proposed else told

    def partial(self, samples: Samples) -> Transcription:
        """Provisional text of an utterance that goes on: greedy, on a shorter window, without alternatives or times."""
        reason = _nothing_to_hear(samples)
        if reason is not None:
            return Transcription(dropped=reason)
        seconds = len(samples) / SAMPLE_RATE
        heard = _without_loops(self._decode(self._encode(samples, self._partial_seconds), seconds, PLAIN_PROMPT, beam=1))
        reason = verdict(heard, seconds)
        return heard if reason is None else replace(heard, text="", alternatives=(), dropped=reason)

    def _encode(self, samples: Samples, least_seconds: float) -> ctranslate2.StorageView:
        """Encoder output of the samples followed by silence. The wave is padded, not the features: a zero feature is loud noise."""
        total = min(max(least_seconds, len(samples) / SAMPLE_RATE + TAIL_SECONDS), WINDOW_SECONDS)
        frames = round(total * 100)
        wave = np.zeros(frames * FRAME, np.float32)
        wave[: len(samples)] = samples[: len(wave)]
        features = self._features(wave, padding=0)[None, :, :frames]
        return self._model.encode(ctranslate2.StorageView.from_array(np.ascontiguousarray(features, np.float32)))

    def _decode(self, encoded: ctranslate2.StorageView, seconds: float, context: str, *, beam: int, **guards: int) -> Transcription:
        words = self._vocabulary
        prompt = words.prompt(context)
        found = self._model.generate(
            encoded,
            [prompt],
            beam_size=beam,
            num_hypotheses=beam,
            max_length=len(prompt) + math.ceil(seconds * TOKENS_PER_SECOND) + TOKENS_SPARE,
            return_scores=True,
            return_no_speech_prob=True,
            suppress_tokens=words.suppressed,
            **guards,
        )[0]
        if not all(map(math.isfinite, (*found.scores, found.no_speech_prob))):
            raise DecodingError("the decoder's scores are not numbers")
        alternatives = tuple(
            Alternative(tidy(words.text(ids)), score) for ids, score in zip(found.sequences_ids, found.scores, strict=True)
        )
        best = alternatives[0]
        return Transcription(
            text=best.text,
            alternatives=alternatives,
            avg_logprob=best.score,
            no_speech_prob=found.no_speech_prob,
            compression_ratio=compression_ratio(best.text),
        )

    def _times(self, best: _Listening) -> tuple[Character, ...]:
        """One more decoder pass over the text as it is shown, read off the cross-attention."""
        tokens = self._vocabulary.tokens(best.heard.text)
        aligned: Any = self._model.align(best.encoded, self._vocabulary.start, [tokens], best.frames)[0]
        spans = token_spans(aligned.alignments, len(tokens), SECONDS_PER_STEP / best.pace, best.seconds)
        return spread(self._vocabulary.pieces(tokens), spans)

    def _rescore(self, best: _Listening, readings: Sequence[str]) -> tuple[Rescored, ...]:
        """One decoder pass each over the text and the readings, as if they had been decoded (teacher forcing)."""
        words = self._vocabulary
        context = [words.prev, *words.tokens(best.context), *words.start]
        frames = best.frames

        def likelihood(text: str) -> float:
            scored: Any = self._model.align(best.encoded, context, [words.tokens(text)], frames)[0]
            return float(np.sum(np.log(np.maximum(scored.text_token_probs, LEAST_PROBABILITY))))

        shown = likelihood(best.heard.text)
        return tuple(Rescored(reading, round(likelihood(reading) - shown, 2)) for reading in readings)


@dataclass(frozen=True)
class _Listening:
    """What came of decoding an utterance of `seconds` once, played `pace` times as long, and the encoder's output to read times off.

    `context` is the prompt that `heard` was decoded under.

    `astray`: the first text was a loop, or the prompt said back, and had to be forbidden.
    """

    heard: Transcription
    encoded: ctranslate2.StorageView
    seconds: float
    pace: float
    astray: bool
    context: str

    @property
    def frames(self) -> int:
        """Of the encoder's input, those that hold the utterance."""
        return min(round(self.seconds * self.pace * 100), round(WINDOW_SECONDS * 100))

    @property
    def understood(self) -> bool:
        return self.heard.dropped is None and self.heard.avg_logprob >= DOUBTFUL_LOGPROB

    @property
    def rank(self) -> tuple[bool, bool, float]:
        """The likelier text is the better one, but whoever went astray once is likely to go on: loops are sure of themselves."""
        return self.heard.dropped is None, not self.astray, self.heard.avg_logprob


class Vocabulary:
    """The model's tokens: prompt, suppressed ones, and text from and to ids."""

    def __init__(self, file: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(file))
        self._end = self._id("<|endoftext|>")
        self.prev = self._id("<|startofprev|>")
        self.start = [self._id("<|startoftranscript|>"), self._id("<|zh|>"), self._id("<|transcribe|>")]
        # −1 is the model's own list. Digits are suppressed so that numbers are written as they are said, 一二三四五 and not 12345
        self.suppressed = [-1, *(token for token in range(self._end) if any(map(str.isdigit, self.text([token]))))]

    def prompt(self, context: str) -> list[int]:
        """Decoder input for text without timestamps that follows `context`."""
        return [self.prev, *self.tokens(context), *self.start, self._id("<|notimestamps|>")]

    def text(self, tokens: list[int]) -> str:
        """Readable part of a decoded sequence."""
        return str(self._tokenizer.decode([token for token in tokens if token < self._end]))

    def tokens(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def pieces(self, tokens: list[int]) -> list[tuple[str, int]]:
        """(text, number of tokens) of every smallest group of tokens that is whole characters; a rare Hanzi takes up to three tokens."""
        found: list[tuple[str, int]] = []
        pending: list[int] = []
        for token in tokens:
            pending.append(token)
            text = self.text(pending)
            if "\ufffd" not in text:
                found.append((text, len(pending)))
                pending = []
        return found

    def _id(self, token: str) -> int:
        found = self._tokenizer.token_to_id(token)
        if found is None:
            raise WeightsUnusable(
                f"词表缺少 {token}，不是多语言 Whisper 模型", f"The tokenizer has no {token}: not a multilingual Whisper model"
            )
        return int(found)


def _slower(samples: Samples) -> Samples:
    return np.asarray(resample_poly(samples, *SLOWER), np.float32)


def _nothing_to_hear(samples: Samples) -> Dropped | None:
    if not np.isfinite(samples).all():
        raise DecodingError("the samples are not numbers")
    if len(samples) < SHORTEST_SECONDS * SAMPLE_RATE:
        return Dropped.TOO_SHORT
    return Dropped.SILENCE if math.sqrt(float(np.mean(np.square(samples)))) < SILENCE_RMS else None


def _without_loops(heard: Transcription) -> Transcription:
    return replace(heard, text=cut_loop(heard.text), alternatives=tuple(Alternative(cut_loop(a.text), a.score) for a in heard.alternatives))
