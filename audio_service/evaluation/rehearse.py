"""Makes labelled conversations from one real reader's sentences, so that a detector is not only tried on synthetic voices.

    pip install pyworld
    python -m audio_service.evaluation.rehearse SENTENCES OUT --seed 5000 [--short] [--strong]

SENTENCES holds labels.json (file, text, seconds) and the recordings, 16 kHz mono. The reader speaks as six people (WORLD vocoder: pitch
and formants moved), a customer and a staff member in each conversation, across a table in a reverberant room with babble and pink noise; a
third of the phones ride the gain. Agitation is what is known of actors: rate times 1.08 to 1.26, +2.6 to +7.9 dB, +2.2 to +6.5 semitones,
brighter, in four of ten conversations at first at .6 of that. One person, read sentences and a vocoder: a check of a detector, no claim of
accuracy. `--short`: nobody says more than about two seconds at once, one to three such pieces a turn. `--strong`: only escalations, +6 to
+8.5 semitones and brighter still. The same seed and numpy give the same conversations.
"""

from __future__ import annotations

import argparse
import json
import re
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, lfilter, sosfilt

from audio_service.messages import SAMPLE_RATE

Signal = NDArray[np.float64]

VOICES = {"m0": (0.0, 1.0), "f1": (9.5, 1.16), "f2": (12.0, 1.2), "m2": (-2.5, 0.94), "x3": (5.0, 1.07), "f3": (8.0, 1.12)}
"""Semitones and stretch of the formants against the reader's own voice."""
APART = 6.9
"""Semitones between staff and customer: nearer ones are one person to a speaker network, which they are."""
KINDS = {"escalate": 12, "calm": 6, "staff_loud": 4, "closer_mic": 7, "fast_talker": 3, "noise_burst": 6}
STRONG_KINDS = {"escalate": 20}
SHORTEST = 2.0
PIECE = (1.1, 2.2)
"""Seconds after which a long sentence is cut in two, at its weakest point in between, where short pieces are asked for."""
_SPEECH = butter(4, [300, 3400], "band", fs=SAMPLE_RATE, output="sos")
HAN = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Manner:
    """How a sentence is said: factor of the rate, semitones, factor of the pitch's range, and dB of brightness."""

    rate: float = 1.0
    semitones: float = 0.0
    liveliness: float = 1.0
    tilt: float = 0.0


@dataclass(frozen=True)
class Agitation:
    """How far a voice is raised: semitones, least and most, and dB of brightness a dB of loudness."""

    semitones: tuple[float, float] = (2.2, 6.5)
    tilt: float = 0.5


STRONG = Agitation((6.0, 8.5), 1.0)


@dataclass(frozen=True)
class Reader:
    """The sentences, taken apart by the vocoder once a process."""

    folder: Path

    @property
    def sentences(self) -> list[dict[str, Any]]:
        return _sentences(self.folder)

    def say(self, number: int, voice: str, manner: Manner) -> Signal:
        """A sentence in a voice."""
        import pyworld  # for this command only, so it is not among the product's dependencies

        f0, spectrum, noise = _analysed(self.folder, number)
        up, stretch = VOICES[voice]
        at = np.linspace(0, len(f0) - 1, int(len(f0) / manner.rate))
        low = at.astype(int)
        high, part = np.minimum(low + 1, len(f0) - 1), at - low
        voiced = (f0[low] > 0) & (f0[high] > 0)
        pitch = np.where(voiced, f0[low] * (1 - part) + f0[high] * part, f0[np.round(at).astype(int)])
        middle = np.exp(np.mean(np.log(f0[f0 > 0])))
        pitch = np.where(pitch > 0, middle * (np.maximum(pitch, 1e-3) / middle) ** manner.liveliness, 0) * 2 ** (
            (up + manner.semitones) / 12
        )
        envelope, rough = (_stretched(rows[low] * (1 - part)[:, None] + rows[high] * part[:, None], stretch) for rows in (spectrum, noise))
        if manner.tilt:
            hertz = np.linspace(0, SAMPLE_RATE / 2, envelope.shape[1])
            slope = np.clip(np.log2(np.maximum(hertz, 1) / 800) / np.log2(2500 / 800), 0, 1) * manner.tilt
            envelope = envelope * 10 ** (slope / 10)
        rows = (np.ascontiguousarray(pitch), np.ascontiguousarray(envelope), np.ascontiguousarray(np.clip(rough, 0, 1)))
        return np.asarray(pyworld.synthesize(*rows, SAMPLE_RATE))


@lru_cache(maxsize=4)
def _sentences(folder: Path) -> list[dict[str, Any]]:
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    return [label for label in labels if label["seconds"] >= SHORTEST]


@lru_cache(maxsize=400)
def _analysed(folder: Path, number: int) -> tuple[Signal, Signal, Signal]:
    import pyworld

    samples = soundfile.read(folder / _sentences(folder)[number]["file"])[0].astype(np.float64)
    samples = spoken(samples)
    f0, times = pyworld.harvest(samples, SAMPLE_RATE, f0_floor=70, f0_ceil=400)
    return f0, pyworld.cheaptrick(samples, f0, times, SAMPLE_RATE), pyworld.d4c(samples, f0, times, SAMPLE_RATE)


def spoken(samples: Signal) -> Signal:
    """What is said in a recording and 50 ms on either side; looked for in the band of speech, for the silence around it may rumble."""
    power = _power(sosfilt(_SPEECH, samples), 400)
    sounding = np.flatnonzero(power > power.max() * 1e-2)
    return samples[max(0, sounding[0] - 800) : sounding[-1] + 800]


def _power(samples: Signal, count: int) -> Signal:
    """Mean square around each sample, over `count` of them."""
    return np.asarray(np.convolve(samples**2, np.ones(count) / count, "same"))


def _stretched(rows: Signal, factor: float) -> Signal:
    width = rows.shape[1]
    at = np.clip(np.arange(width) / factor, 0, width - 1)
    low = at.astype(int)
    part = at - low
    return np.asarray(rows[:, low] * (1 - part) + rows[:, np.minimum(low + 1, width - 1)] * part)


def pieces(rng: Generator, samples: Signal) -> list[Signal]:
    """One to three short pieces from the beginning of a sentence."""
    parts: list[Signal] = []
    first, last = (int(seconds * SAMPLE_RATE) for seconds in PIECE)
    for _ in range(int(rng.integers(1, 4))):
        if len(samples) < 2 * first:
            break
        power = _power(samples[first:last], 800)
        at = first + int(np.argmin(power[: len(samples) - 2 * first + 1]))
        parts.append(samples[:at])
        samples = samples[at:]
    return parts or [samples]


def level(samples: Signal) -> float:
    """dB of what sounds."""
    power = _power(samples, 800)
    return float(10 * np.log10(np.mean(power[power > power.max() * 0.02]) + 1e-12))


def room(rng: Generator, seconds: float, metres: float) -> Signal:
    """Impulse response: the direct sound and a decaying tail, more of it farther away."""
    count = int(seconds * SAMPLE_RATE)
    tail = rng.standard_normal(count) * 10 ** (-3 * (np.arange(count) / SAMPLE_RATE) / seconds)
    tail[: int(0.004 * SAMPLE_RATE)] = 0
    tail *= metres * 0.9 / np.sqrt(np.sum(tail**2)) * 10 ** (-3 / 20)
    tail[0] = 1.0
    return np.asarray(tail)


def riding(samples: Signal) -> Signal:
    """A phone that rides the gain: about 2:1, quick down, slow up."""
    out, envelope, gain = np.empty_like(samples), 1e-4, 1.0
    for first in range(0, len(samples), 160):
        block = samples[first : first + 160]
        now = float(np.sqrt(np.mean(block**2) + 1e-12))
        envelope += (0.3 if now > envelope else 0.012) * (now - envelope)
        gain += 0.2 * ((0.05 / max(envelope, 2e-3)) ** 0.5 - gain)
        out[first : first + 160] = block * gain
    return out


def _plan(rng: Generator, kind: str) -> list[tuple[str, str]]:
    """Whose turn it is, and in what state."""
    plan: list[tuple[str, str]] = []

    def turns(count: int, state: str, answered: float, answer: str = "calm") -> None:
        for _ in range(count):
            plan.append(("customer", state))
            if answered >= 1 or rng.random() < answered:
                plan.append(("staff", answer))

    turns(8, "calm", 0.7)
    if kind == "escalate":
        turns(4, "agitated", 0.6)
    else:
        turns(4, "late", 1.0 if kind == "staff_loud" else 0.6, "loud" if kind == "staff_loud" else "calm")
    turns(4, "calm", 0.6)
    return plan


def _noise(rng: Generator, reader: Reader, count: int) -> Signal:
    babble = np.zeros(count)
    for _ in range(6):
        place = 0
        while place < count:
            talk = reader.say(int(rng.integers(len(reader.sentences))), str(rng.choice(list(VOICES))), Manner())
            end = min(count, place + len(talk))
            babble[place:end] += talk[: end - place]
            place = end
    babble = fftconvolve(babble, room(rng, 0.6, 6))[:count]
    pink = lfilter([0.049922, -0.095993, 0.050613, -0.004408], [1, -2.494956, 2.017265, -0.522190], rng.standard_normal(count))
    both = babble / np.std(babble) + pink / np.std(pink)
    return np.asarray(both / np.std(both))


def _bursts(rng: Generator, samples: Signal, loud: float) -> None:
    for _ in range(3):
        place = int(rng.uniform(0.4, 0.9) * len(samples))
        count = int(rng.uniform(0.3, 1.2) * SAMPLE_RATE)
        burst = rng.standard_normal(count) * np.hanning(count) ** 0.3
        band = sosfilt(butter(2, [300, 3000], "band", fs=SAMPLE_RATE, output="sos"), burst)
        samples[place : place + count] += band[: len(samples) - place] * loud


def conversation(folder: Path, out: Path, short: bool, agitation: Agitation, seed: int, kind: str, name: str) -> dict[str, Any]:
    """Writes one conversation → its label."""
    rng, reader = np.random.default_rng(seed), Reader(folder)
    customer, staff = rng.choice(list(VOICES), 2, replace=False)
    while abs(VOICES[customer][0] - VOICES[staff][0]) < APART:
        customer, staff = rng.choice(list(VOICES), 2, replace=False)
    waiting = list(rng.permutation(len(reader.sentences)))
    effect = {"rate": rng.uniform(1.08, 1.26), "gain": rng.uniform(2.6, 7.9), "st": rng.uniform(*agitation.semitones)}
    half = rng.random() < 0.4
    plan = _plan(rng, kind)
    tail = rng.uniform(0.25, 0.5)
    far, near = room(rng, tail, rng.uniform(1.0, 1.4)), room(rng, tail, 0.35)
    loudness = {"customer": -30.0 + rng.uniform(-3, 3)}
    loudness["staff"] = loudness["customer"] + rng.uniform(3, 7)
    turns: list[dict[str, Any]] = []
    parts: list[tuple[int, Signal]] = []
    now, agitated = 1.5, 0
    for role, state in plan:
        number = int(waiting.pop()) if waiting else int(rng.integers(len(reader.sentences)))
        rate = (1.28 if kind == "fast_talker" and role == "customer" else 1.0) * np.exp(rng.normal(0, 0.03))
        gain, semitones, tilt, liveliness = float(rng.normal(0, 0.7)), 0.0, 0.0, 1.0
        if state == "agitated":
            share = 0.6 if half and agitated == 0 else 1.0
            agitated += 1
            rate *= effect["rate"] ** share
            semitones, tilt, liveliness = effect["st"] * share, agitation.tilt * effect["gain"] * share, 1 + 0.2 * share
            gain += effect["gain"] * share
        elif state == "loud":
            rate, semitones, gain, tilt, liveliness = rate * 1.15, 3.0, gain + 6, 3.0, 1.2
        elif state == "late" and kind == "closer_mic" and role == "customer":
            gain += 8
        talk = reader.say(number, str(customer if role == "customer" else staff), Manner(rate, semitones, liveliness, tilt))
        talk = talk * 10 ** ((loudness[role] + gain - level(talk)) / 20)
        text = "" if short else reader.sentences[number]["text"]
        for said in pieces(rng, talk) if short else [talk]:
            seconds = (len(said) - 1) / SAMPLE_RATE
            parts.append((int(now * SAMPLE_RATE), fftconvolve(said, far if role == "customer" else near)))
            turn = {"role": role, "state": "calm" if state == "late" else state, "start": now, "end": now + seconds, "text": text}
            turns.append(turn | {"hanzi": len(HAN.findall(text)), "rate_factor": float(rate), "gain_db": float(gain), "keywords": []})
            now += seconds + rng.uniform(0.25, 1.0)
    samples = np.zeros(int((now + 1) * SAMPLE_RATE) + SAMPLE_RATE)
    for first, sound in parts:
        samples[first : first + len(sound)] += sound[: len(samples) - first]
    snr = float(rng.choice([15, 20, 25, 30]))
    samples += _noise(rng, reader, len(samples)) * 10 ** ((loudness["customer"] - snr) / 20)
    if kind == "noise_burst":
        _bursts(rng, samples, 3 * 10 ** (loudness["customer"] / 20))
    agc = bool(rng.random() < 0.35)
    samples = riding(samples) if agc else samples
    samples /= max(1.0, float(np.max(np.abs(samples))) / 0.95)
    soundfile.write(out / f"{name}.flac", samples, SAMPLE_RATE, subtype="PCM_16")
    outburst = [turn for turn in turns if turn["state"] == "agitated"]
    label = {"id": name, "kind": kind, "seconds": len(samples) / SAMPLE_RATE, "staff_voice": str(staff), "customer_voice": str(customer)}
    label |= {"onset": outburst[0]["start"] if outburst else None, "offset": outburst[-1]["end"] if outburst else None}
    return label | {"snr_db": snr, "agc": agc, "turns": turns}


def enrol(folder: Path, out: Path) -> None:
    """Fifteen seconds of each voice."""
    reader = Reader(folder)
    for voice in VOICES:
        said = [reader.say(number * 7 % len(reader.sentences), voice, Manner()) for number in range(4)]
        samples = np.concatenate([part for talk in said for part in (talk, np.zeros(SAMPLE_RATE // 4))])
        soundfile.write(out / f"enrol-{voice}.flac", (samples * 0.05 / np.std(samples))[: 15 * SAMPLE_RATE], SAMPLE_RATE)


def main() -> None:
    parser = argparse.ArgumentParser(description="Conversations from one reader's sentences")
    parser.add_argument("sentences", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=5000)
    parser.add_argument("--short", action="store_true", help="pieces of about two seconds instead of whole sentences")
    parser.add_argument("--strong", action="store_true", help="only escalations, raised as far as the strongest of the actors")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    enrol(options.sentences, options.out)
    kinds = [kind for kind, count in (STRONG_KINDS if options.strong else KINDS).items() for _ in range(count)]
    make = partial(conversation, options.sentences, options.out, options.short, STRONG if options.strong else Agitation())
    with ProcessPoolExecutor() as pool:
        names = [f"mix{number:02d}" for number in range(len(kinds))]
        labels = list(pool.map(make, range(options.seed, options.seed + len(kinds)), kinds, names))
    (options.out / "labels.json").write_text(json.dumps(labels, ensure_ascii=False, indent=1), encoding="utf-8")
    print(f"{len(labels)} conversations, {sum(label['seconds'] for label in labels) / 60:.0f} min")


if __name__ == "__main__":
    main()
