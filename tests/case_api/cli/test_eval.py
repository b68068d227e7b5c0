"""`calmdesk eval`, for real: eighteen seconds of the bundled negotiation through a service of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from typer.testing import CliRunner

from audio_service.evaluation.ablation import VARIANTS
from audio_service.evaluation.streams import read_stream, write_stream
from case_api import demo
from case_api.cli import app
from models.settings import get_settings

FROM, UNTIL, RATE = 6, 24, 16_000
TURNS = [
    ("staff", 0.4, 4.4, "一个不会少的话"),
    ("customer", 4.6, 9.3, ""),
    ("staff", 10.0, 13.2, ""),
    ("customer", 13.4, 18.0, ""),
]
"""By ear, to a tenth of a second."""


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir()
    samples, rate = sf.read(demo.NEGOTIATION, dtype="int16")
    assert rate == RATE
    sf.write(folder / "desk.flac", samples[FROM * RATE : UNTIL * RATE], RATE)
    (folder / "enrol-lan.flac").write_bytes(demo.ENROLMENT.read_bytes())
    turns = [{"role": role, "start": start, "end": end, "text": text, "keywords": []} for role, start, end, text in TURNS]
    one = {"id": "desk", "kind": "calm", "seconds": UNTIL - FROM, "onset": None, "offset": None, "staff_voice": "lan", "turns": turns}
    (folder / "labels.json").write_text(json.dumps([one]), encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


def run(*words: object) -> tuple[int, str]:
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["eval", *map(str, words)])
    return result.exit_code, result.output


def test_a_corpus_is_played_scored_reported_and_not_played_again(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    code, said = run(corpus, "--out", out, "--speed", "20")
    assert code == 0, said
    stream = read_stream(out / "events" / "desk.jsonl")
    assert [stream[0]["type"], stream[-1]["type"]] == ["ready", "summary"]
    assert stream[0]["enrolled"]
    assert all("received_at" in message for message in stream)
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert report["all"]["attribution"]["right"] > 0.75
    assert report["all"]["false_per_hour"] == 0
    assert report["all"]["recall"] is None
    assert report["conversations"][0]["spoiled"] == {}
    assert "没有一次误提醒" in (out / "report.html").read_text(encoding="utf-8")
    assert "desk" in said

    played = (out / "events" / "desk.jsonl").stat().st_mtime_ns
    code, said = run(corpus, "--out", out, "--resume")
    assert code == 0, said
    assert (out / "events" / "desk.jsonl").stat().st_mtime_ns == played
    assert json.loads((out / "report.json").read_text(encoding="utf-8"))["all"] == report["all"]

    monkeypatch.setenv("CALMDESK_DETECTION__RAISE_AT", "4")
    get_settings.cache_clear()
    code, said = run(corpus, "--out", out, "--resume")
    assert (code, "settings" in said) == (2, True)
    assert (out / "events" / "desk.jsonl").stat().st_mtime_ns == played


def test_a_broken_corpus_is_refused_before_anything_is_played(corpus: Path, tmp_path: Path) -> None:
    (corpus / "enrol-lan.flac").unlink()
    code, said = run(corpus, "--out", tmp_path / "out")
    assert code == 2
    assert "enrol-lan.flac" in said
    assert "enrolment_missing" in said
    assert not (tmp_path / "out").exists()


def test_an_enrolment_without_speech_ends_the_run(corpus: Path, tmp_path: Path) -> None:
    sf.write(corpus / "enrol-lan.flac", np.zeros(5 * RATE, np.int16), RATE)
    code, said = run(corpus, "--out", tmp_path / "out")
    assert (code, "enrolment_short" in said) == (2, True)


def test_streams_that_somebody_else_recorded_are_scored_without_playing(corpus: Path, tmp_path: Path) -> None:
    prompt = {"type": "prompt", "kind": "calming", "id": "v0", "at": 5.0, "reasons": []}
    write_stream(tmp_path / "theirs" / "desk.jsonl", [prompt, {"type": "summary", "seconds": 18.0}])
    code, said = run(corpus, "--out", tmp_path / "out", "--events", tmp_path / "theirs", "--resume")
    assert code == 0, said
    assert json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))["all"]["false_by_kind"] == {"calm": 1}


def test_an_ablation_runs_the_ear_alone_and_a_damaged_stream_is_named(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audio_service.evaluation.ablation.VARIANTS", VARIANTS[:2])
    path = tmp_path / "theirs" / "desk.jsonl"
    path.parent.mkdir()
    path.write_text('{"type": "prompt"}\n')
    code, said = run(corpus, "--out", tmp_path / "out", "--events", path.parent, "--ablate")
    assert (code, "desk.jsonl:1" in said) == (2, True)
    rows = json.loads((tmp_path / "out" / "ablation.json").read_text(encoding="utf-8"))["rows"]
    assert [row["name"] for row in rows] == [variant.name for variant in VARIANTS[:2]]
    assert all(row["right"] > 0.75 for row in rows)
