"""Guards against text that nobody said. Pure: text and the decoder's own measures in, a verdict out.

Whisper writes something for every sound. Four kinds of invention are known and each has its guard: text out of noise, its own prompt
said back, loops, and stock phrases of its training subtitles. Every threshold is measured in docs/transcription.md.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from difflib import SequenceMatcher

from audio_service.transcription.results import Dropped, Transcription
from audio_service.transcription.text import hanzi, syllables

# What the training data's subtitles say where nobody speaks. Never a word of a sales conversation on its own.
_STOCK = re.compile(
    r"字幕|订阅|點贊|点赞|打赏|转发.{0,4}支持|(谢谢|感谢)(大家)?(的)?(观看|收看|收听)|明镜|中文字幕|志愿者|由.{0,12}提供|Amara|"
    r"下(期|集|次)(视频|节目)?再见|请不吝|优优独播|独播剧场|YoYo|词曲|作词|作曲|编曲|李宗盛|杨栋梁|MING ?PAO|ZITHER|"
    r"(以下|以上)是普通话|普通话的句子",
    re.IGNORECASE,
)
_LOOP = re.compile(r"(.)\1{6,}|(.{2,12}?)\2{3,}", re.DOTALL)

# The surer the text, the more of a "no speech" it outweighs. Noise, music and babble give .77 to .99 at log probabilities from −.37 down;
# speech above the line is so far away or so short that its text is wrong from end to end
_NO_SPEECH_PROB = 0.9
_NO_SPEECH_A_LOGPROB = 0.25
# No turn of speech that was understood even in part is below; babble under a partial's prompt is
_GUESSING_LOGPROB = -1.4
# Echoes are longer than what people say by chance in the prompt's words (这套房子)
_ECHO_LENGTH = 5
# A phrase from the list is believed only when the decoder was sure of it and heard speech
_SURE_LOGPROB = -0.35
_SPEECH_PROB = 0.3
# Faster than any speaker: 10 Hanzi/s is about twice the mean of Mandarin and above its fastest bursts
_MAX_SYLLABLES_PER_SECOND = 11.0
_MAX_COMPRESSION = 2.4
# A phone number of eleven digits has at most eight of one kind; no sentence has half of that
_SENTENCE = 12
_MOST_OF_IT = 0.5


def compression_ratio(text: str) -> float:
    """Bytes of the text over its zlib bytes; loops score high. 0.0 for no text."""
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw)) if raw else 0.0


def is_loop(text: str) -> bool:
    """One character seven times in a row, or most of a sentence, or a group of two or more four times.

    That is more than emphasis (对对对) or a phone number repeats.
    """
    return _LOOP.search(text) is not None or compression_ratio(text) > _MAX_COMPRESSION or _is_of_one(hanzi(text))


def _is_of_one(said: str) -> bool:
    """哪有九七七七七七七八七七七七七六七七七七: no seven in a row, and nothing but the one."""
    return len(said) >= _SENTENCE and Counter(said).most_common(1)[0][1] > _MOST_OF_IT * len(said)


def cut_loop(text: str) -> str:
    """The text up to and with the second round of its first loop."""
    found = _LOOP.search(text)
    if found is None:
        return text
    unit = found.group(1) or found.group(2)
    return text[: found.start()] + unit * 2


def echoes(text: str, prompt: str) -> bool:
    """The text says a part of the prompt back: with little to hear, the decoder goes on with what it was told."""
    said, told = hanzi(text), hanzi(prompt)
    return SequenceMatcher(None, said, told, autojunk=False).find_longest_match().size >= _ECHO_LENGTH


def no_speech(heard: Transcription) -> bool:
    """The decoder heard no speech, or guesses."""
    unheard = heard.no_speech_prob > _NO_SPEECH_PROB + _NO_SPEECH_A_LOGPROB * heard.avg_logprob
    return unheard or heard.avg_logprob < _GUESSING_LOGPROB or not syllables(heard.text)


def verdict(heard: Transcription, seconds: float) -> Dropped | None:
    """Why the text of an utterance of that length is not to be believed, or None."""
    if no_speech(heard):
        return Dropped.NO_SPEECH
    if is_loop(heard.text):
        return Dropped.LOOP
    if syllables(heard.text) > seconds * _MAX_SYLLABLES_PER_SECOND + 1:
        return Dropped.IMPLAUSIBLE
    sure = heard.avg_logprob > _SURE_LOGPROB and heard.no_speech_prob < _SPEECH_PROB
    return Dropped.HALLUCINATION if _STOCK.search(heard.text) and not sure else None
