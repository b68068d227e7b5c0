"""Every variant takes out what its name says, through settings that a site may set."""

from __future__ import annotations

import numpy as np
import pytest

from audio_service.evaluation.ablation import VARIANTS, WHOLE, Remembered, Variant, spoken, without
from audio_service.hearing import HearingModels, Words
from audio_service.live.shelf import Tools
from models.settings_detection import DetectionSettings
from scripts_library.watcher import LibraryWatcher
from tests.audio_service.evaluation.test_scoring import final


@pytest.fixture(scope="module")
def tools() -> Tools:
    return Tools.of(LibraryWatcher().library)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_a_variant_differs_from_the_defaults_in_what_it_names(variant: Variant) -> None:
    usual, changed = DetectionSettings().model_dump(), without(DetectionSettings(), variant).model_dump()
    assert {name for name in usual if usual[name] != changed[name]} == set(variant.changes)
    assert bool(variant.changes) == (variant.name != WHOLE)


def test_variants_start_from_the_settings_in_use() -> None:
    mine = DetectionSettings(raise_at=3.0)
    assert all(without(mine, variant).raise_at == 3.0 for variant in VARIANTS)


def test_names_are_unique() -> None:
    assert len({variant.name for variant in VARIANTS}) == len(VARIANTS)


def test_remembered_networks_say_what_the_networks_say() -> None:
    models = Remembered.load()
    assert isinstance(models, Remembered)
    source = np.random.default_rng(1)
    windows = source.normal(-3, 1, (1, 80, 40)).astype(np.float32)
    frames, memory = source.normal(0, 0.1, (3, 576)).astype(np.float32), np.zeros((1, 1, 128), np.float32)
    plain = HearingModels.load()
    for _ in range(2):
        assert np.array_equal(models.embed(windows), plain.embed(windows))
        assert all(
            np.array_equal(*pair) for pair in zip(models.voice(frames, memory, memory), plain.voice(frames, memory, memory), strict=True)
        )
    assert not np.array_equal(models.embed(windows + 1e-3 * windows**2), models.embed(windows))
    models.forget()


def test_grave_and_glad_words_of_a_stream_count_from_their_moment(tools: Tools) -> None:
    stream = [
        final("u3", "customer", 1, 4, "我要找媒体曝光你们"),
        final("u4", "staff", 5, 6, "您先坐下喝杯茶"),
        final("u3", "unsure", 1, 4, "我要找媒体曝光你们"),
    ]
    [grave] = spoken(stream, tools)
    assert grave == Words(3, 5.5, grave.anger)
    assert grave.anger > 0.4
