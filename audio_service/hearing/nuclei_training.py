"""Makes nuclei.npz from labelled speech.

    python -m audio_service.hearing.nuclei_training CONVERSATIONS SENTENCES [--leave-one-out [--epochs N]]

CONVERSATIONS: labels.json whose turns carry start, end and hanzi. SENTENCES: labels.json of files with their text (one sentence a file).
The network is trained on counts alone: its outputs over a turn have to sum to the turn's Hanzi. Every pass stretches time by 0.7–1.3,
shifts the bands (other vocal tracts), adds a room's tail and noise, so that rate is learned and not the voices. Five minutes on one core.
With --leave-one-out nothing is written: every voice in turn is left out of the training and counted with what the others taught.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.signal import lfilter

from audio_service.hearing import nuclei
from audio_service.hearing.embedding import MelFrames
from audio_service.hearing.evaluate import read
from audio_service.hearing.pitch import pitch
from audio_service.hearing.spectra import TICK, Floats, Spectra

HIDDEN = (20, 12)
EPOCHS = 130
BATCH = 24
RATE = 4e-3
DECAY = 3e-4
SILENCE_COST = 0.02
REAL_PER_EPOCH = 200
MARGIN = nuclei.KERNEL - 1
HAN = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Turn:
    """Frames around a turn, which of them are the turn, and its syllables."""

    mel: Floats
    strength: Floats
    first: int
    last: int
    syllables: int
    voice: str


def frames(samples: Floats) -> tuple[Floats, Floats]:
    """Samples → (n, 40) log-mel and (n,) voicing, as the stream computes them."""
    spectra, mel = Spectra.start(), MelFrames()
    blocks = samples[: len(samples) // TICK * TICK].reshape(-1, TICK)
    pairs = [(mel.push(block), pitch(spectra.push(block))[1]) for block in blocks]
    return np.concatenate([pair[0] for pair in pairs]), np.concatenate([pair[1] for pair in pairs])


def conversations(folder: Path) -> list[Turn]:
    """Every turn of a labelled corpus, with 0.6 s around it."""
    turns: list[Turn] = []
    for label in json.loads((folder / "labels.json").read_text(encoding="utf-8")):
        mel, strength = frames(read(folder / f"{label['id']}.flac"))
        for turn in label["turns"]:
            first, last = int(turn["start"] * 100), int(turn["end"] * 100) + 1
            low = max(0, first - 60)
            voice = label[f"{turn['role']}_voice"]
            turns.append(Turn(mel[low : last + 60], strength[low : last + 60], first - low, last - low, turn["hanzi"], voice))
    return turns


def sentences(folder: Path) -> list[Turn]:
    """Every sentence that is written in Hanzi only, with 0.6 s of silence on either side."""
    turns: list[Turn] = []
    for label in json.loads((folder / "labels.json").read_text(encoding="utf-8")):
        if not re.search("[A-Za-z0-9]", label["text"]):
            mel, strength = frames(np.pad(read((folder / label["file"]).with_suffix(".flac")), (9600, 9600)))
            turns.append(Turn(mel, strength, 55, len(mel) - 55, len(HAN.findall(label["text"])), label["speaker"]))
    return turns


def varied(turn: Turn, rng: np.random.Generator) -> Turn:
    """The turn at another tempo, from another throat, in another room."""
    factor = rng.uniform(0.7, 1.3)
    at = np.linspace(0, len(turn.mel) - 1, int(len(turn.mel) * factor))
    strength = np.interp(at, np.arange(len(turn.strength)), turn.strength)
    mel = _at(turn.mel, at)
    mel = _at(mel.T, np.clip(np.arange(mel.shape[1]) * rng.uniform(0.82, 1.22), 0, mel.shape[1] - 1)).T
    power = 10.0**mel
    if rng.random() < 0.5:
        tail = 10 ** (-0.06 / rng.uniform(0.2, 0.6))
        power = power + rng.uniform(0.02, 0.15) * lfilter([0.0, 0.0, 1.0], [1.0, -tail], power, axis=0)
    if rng.random() < 0.6:
        power = power + np.percentile(power, rng.uniform(5, 60), axis=0) * rng.gamma(3, 1 / 3, power.shape)
    mel = np.log10(power + 1e-10).astype(np.float32)
    return Turn(mel, strength.astype(np.float32), int(turn.first * factor), int(turn.last * factor), turn.syllables, turn.voice)


def _at(rows: Floats, positions: np.ndarray) -> Floats:
    low = np.floor(positions).astype(int)
    high = np.minimum(low + 1, len(rows) - 1)
    part = (positions - low)[:, np.newaxis]
    return np.asarray(rows[low] * (1 - part) + rows[high] * part, np.float32)


def batch(turns: Sequence[Turn]) -> tuple[Floats, Floats, Floats, Floats]:
    """(b, n + 16, 42) inputs, (b, n) whether a frame belongs to the turn, (b, n) whether it exists, (b,) syllables."""
    longest = max(len(turn.mel) for turn in turns)
    x = np.zeros((len(turns), longest + 2 * MARGIN, 42), np.float32)
    inside, exists = np.zeros((2, len(turns), longest), np.float32)
    for row, turn in enumerate(turns):
        count = len(turn.mel)
        padded = np.pad(turn.mel, ((nuclei.PAST, nuclei.AVERAGE), (0, 0)), mode="edge")
        x[row, MARGIN : MARGIN + count] = nuclei.inputs(padded, turn.strength)
        inside[row, turn.first : turn.last], exists[row, :count] = 1.0, 1.0
    return x, inside, exists, np.array([turn.syllables for turn in turns], np.float32)


def fold(gradient: Floats, channels: int) -> Floats:
    """The transpose of nuclei.unfold: (b, n, channels · 9) → (b, n + 8, channels)."""
    parts = gradient.reshape(*gradient.shape[:2], channels, nuclei.KERNEL)
    out = np.zeros((gradient.shape[0], gradient.shape[1] + MARGIN, channels), np.float32)
    for k in range(nuclei.KERNEL):
        out[:, k : k + gradient.shape[1]] += parts[..., k]
    return out


def gradients(weights: dict[str, Floats], turns: Sequence[Turn]) -> dict[str, Floats]:
    """Gradient of the squared count error (relative to the count) plus a small cost of syllables outside the turn."""
    x, inside, exists, wanted = batch(turns)
    one = nuclei.unfold(x)
    hidden_one = np.tanh(one @ weights["first"] + weights["first_bias"])
    two = nuclei.unfold(hidden_one)
    hidden_two = np.tanh(two @ weights["second"] + weights["second_bias"])
    before = (hidden_two @ weights["last"] + weights["last_bias"])[..., 0]
    error = 2 * (np.sum(np.logaddexp(0, before) * inside, axis=1) - wanted) / wanted
    slope = (error[:, np.newaxis] * inside + SILENCE_COST * exists * (1 - inside)) / len(turns) / (1 + np.exp(-before))
    back_two = slope[..., np.newaxis] * weights["last"][:, 0] * (1 - hidden_two**2)
    back_one = fold(back_two @ weights["second"].T, HIDDEN[0]) * (1 - hidden_one**2)
    return {
        "last": np.einsum("bnh,bn->h", hidden_two, slope)[:, np.newaxis],
        "last_bias": np.sum(slope, keepdims=True)[0],
        "second": two.reshape(-1, two.shape[-1]).T @ back_two.reshape(-1, HIDDEN[1]),
        "second_bias": back_two.sum(axis=(0, 1)),
        "first": one.reshape(-1, one.shape[-1]).T @ back_one.reshape(-1, HIDDEN[0]),
        "first_bias": back_one.sum(axis=(0, 1)),
    }


def start(rng: np.random.Generator) -> dict[str, Floats]:
    """Random weights; the output begins near one syllable in twenty frames."""
    sizes = {"first": (42 * nuclei.KERNEL, HIDDEN[0]), "second": (HIDDEN[0] * nuclei.KERNEL, HIDDEN[1]), "last": (HIDDEN[1], 1)}
    weights = {name: (rng.standard_normal(size) / np.sqrt(size[0])).astype(np.float32) for name, size in sizes.items()}
    return weights | {f"{name}_bias": np.full(size[1], -3.0 if name == "last" else 0.0, np.float32) for name, size in sizes.items()}


def train(synthetic: Sequence[Turn], real: Sequence[Turn], epochs: int = EPOCHS) -> dict[str, Floats]:
    """Adam with a cosine rate; each epoch sees every synthetic turn and REAL_PER_EPOCH real sentences, all of them varied."""
    rng = np.random.default_rng(0)
    weights = start(rng)
    mean = {name: np.zeros_like(value) for name, value in weights.items()}
    square = {name: np.zeros_like(value) for name, value in weights.items()}
    step = 0
    for epoch in range(epochs):
        rate = RATE * 0.5 * (1 + np.cos(np.pi * epoch / epochs))
        pool = list(synthetic)
        if real:
            pool += [real[i] for i in rng.integers(len(real), size=REAL_PER_EPOCH)]
        order = rng.permutation(len(pool))
        for first in range(0, len(order), BATCH):
            step += 1
            for name, gradient in gradients(weights, [varied(pool[i], rng) for i in order[first : first + BATCH]]).items():
                gradient = gradient + DECAY * weights[name]
                mean[name] = 0.9 * mean[name] + 0.1 * gradient
                square[name] = 0.999 * square[name] + 0.001 * gradient**2
                move = mean[name] / (1 - 0.9**step) / (np.sqrt(square[name] / (1 - 0.999**step)) + 1e-8)
                weights[name] = (weights[name] - rate * move).astype(np.float32)
    return weights


def count(weights: dict[str, Floats], turn: Turn) -> float:
    """Syllables that the network hears in a turn."""
    x, inside, _, _ = batch([turn])
    outputs = nuclei.NucleusNetwork(**{name: weights[name] for name in nuclei.LAYERS})(x[0])
    return float(np.sum(outputs * inside[0]))


def leave_one_out(synthetic: Sequence[Turn], real: Sequence[Turn], epochs: int) -> None:
    """Prints, for every voice, how well a network that never heard it counts: correlation and ratio of counts over its turns.

    A single real voice cannot be left out without leaving out all real speech; its line says what that costs.
    """
    for voice in sorted({turn.voice for turn in (*synthetic, *real)}):
        known, known_real = ([turn for turn in turns if turn.voice != voice] for turns in (synthetic, real))
        weights = train(known, known_real, epochs)
        unknown = [turn for turn in (*synthetic, *real) if turn.voice == voice]
        heard, wanted = np.array([count(weights, turn) for turn in unknown]), np.array([turn.syllables for turn in unknown])
        print(f"{voice}: {len(unknown)} turns, r {np.corrcoef(heard, wanted)[0, 1]:.3f}, ratio {np.mean(heard / wanted):.3f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Trains the syllable network")
    parser.add_argument("conversations", type=Path)
    parser.add_argument("sentences", type=Path)
    parser.add_argument("--leave-one-out", action="store_true")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    options = parser.parse_args()
    synthetic, real = conversations(options.conversations), sentences(options.sentences)
    if options.leave_one_out:
        leave_one_out(synthetic, real, options.epochs)
        return
    weights = train(synthetic, real, options.epochs)
    stored: dict[str, Any] = {name: weights[name] for name in nuclei.LAYERS}
    np.savez(Path(__file__).with_name("nuclei.npz"), **stored)


if __name__ == "__main__":
    main()
