"""What may be uploaded: the content says what a file is, its declared type and its name have to agree. Pure."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Final

import puremagic

from case_api.schemas import printable

HEAD_BYTES: Final = 8192
NAME_LENGTH: Final = 160
UNDECLARED: Final = {"", "application/octet-stream"}
"""What browsers send for a file they do not know: no declaration at all; then the name has to tell."""


@dataclass(frozen=True, slots=True)
class FileType:
    """One type that may be kept: how it is served, what else clients call it, how its files are named."""

    media_type: str
    extensions: tuple[str, ...]
    also: tuple[str, ...] = ()


_OFFICE = "application/vnd.openxmlformats-officedocument."
PDF = FileType("application/pdf", ("pdf",))
JPEG = FileType("image/jpeg", ("jpg", "jpeg"), ("image/jpg", "image/pjpeg"))
PNG = FileType("image/png", ("png",))
HEIC = FileType("image/heic", ("heic", "heif"), ("image/heif",))
WEBP = FileType("image/webp", ("webp",))
DOCX = FileType(f"{_OFFICE}wordprocessingml.document", ("docx",))
XLSX = FileType(f"{_OFFICE}spreadsheetml.sheet", ("xlsx",))
MP3 = FileType("audio/mpeg", ("mp3",), ("audio/mp3",))
M4A = FileType("audio/mp4", ("m4a",), ("audio/m4a", "audio/x-m4a", "audio/aac"))
WAV = FileType("audio/wav", ("wav",), ("audio/x-wav", "audio/wave", "audio/vnd.wave"))
FLAC = FileType("audio/flac", ("flac",), ("audio/x-flac",))
MP4 = FileType("video/mp4", ("mp4", "m4v"), ("video/x-m4v",))
TEXT = FileType("text/plain", ("txt", "log", "md", "csv"), ("text/csv", "text/markdown"))
ALLOWED: Final = (PDF, JPEG, PNG, HEIC, WEBP, DOCX, XLSX, MP3, M4A, WAV, FLAC, MP4, TEXT)
"""Every kind of file that is taken."""

# Containers share their first bytes; what is inside tells them apart.
_BRANDS: Final[dict[bytes, FileType]] = (
    dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"), HEIC)
    | dict.fromkeys((b"M4A ", b"M4B "), M4A)
    | dict.fromkeys((b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV", b"dash"), MP4)
)
_HEIF_FAMILY: Final = (b"mif1", b"msf1")
_OFFICE_PARTS: Final = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX}
_RIFF: Final = {b"WAVE": WAV, b"WEBP": WEBP}
_BY_MAGIC: Final = {"pdf": PDF, "jpg": JPEG, "jpeg": JPEG, "png": PNG, "mp3": MP3, "flac": FLAC}


def office_parts(file: IO[bytes]) -> frozenset[str]:
    """Names inside a zip archive; empty if it cannot be read. Nothing is unpacked."""
    try:
        with zipfile.ZipFile(file) as archive:
            return frozenset(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return frozenset()


def sniff(head: bytes, parts: Collection[str] = ()) -> FileType | None:
    """What a file is by its first `HEAD_BYTES`; `parts` are the names inside, if it is an archive. None: nothing that may be kept."""
    if head[4:8] == b"ftyp":
        return _iso_media(head)
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[:4] == b"PK\x03\x04":
        return _office(parts)
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2:  # eleven bits of synchronisation, layer III
        return MP3
    return _by_magic(head) or (TEXT if _is_prose(head) else None)


def _iso_media(head: bytes) -> FileType | None:
    size = int.from_bytes(head[:4], "big")
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, min(size, len(head)), 4))]
    if brands[0] in _HEIF_FAMILY:
        return HEIC if any(_BRANDS.get(brand) is HEIC for brand in brands) else None
    return _BRANDS.get(brands[0])


def _office(parts: Collection[str]) -> FileType | None:
    if "[Content_Types].xml" not in parts or any(part.lower().endswith("vbaproject.bin") for part in parts):
        return None  # no archive of just anything, and no macros
    return next((found for part, found in _OFFICE_PARTS.items() if part in parts), None)


def _by_magic(head: bytes) -> FileType | None:
    try:
        matches = puremagic.magic_stream(io.BytesIO(head))
    except (puremagic.PureError, ValueError):
        return None
    found = (_BY_MAGIC.get(match.extension.removeprefix(".")) for match in matches)
    return next((one for one in found if one is not None), None)


def _is_prose(head: bytes) -> bool:
    """Text in UTF-8 or GB 18030 without control characters, and no markup that a browser would run."""
    text = _decoded(head)
    if text is None or not text.strip() or text.lstrip("\ufeff \t\r\n").startswith("<"):
        return False
    try:
        printable(text.replace("\r", ""))
    except ValueError:
        return False
    return True


def _decoded(head: bytes) -> str | None:
    for encoding in ("utf-8", "gb18030"):
        for cut in range(4 if len(head) == HEAD_BYTES else 1):  # a head may end inside a character, a whole file may not
            try:
                return head[: len(head) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
    return None


def agrees(found: FileType, declared: str, filename: str) -> bool:
    """Whether the declared media type and the name's ending both say `found`; one of the two may be silent, not both."""
    media = declared.partition(";")[0].strip().lower()
    ending = PurePosixPath(filename).suffix.lower().removeprefix(".")
    if media in UNDECLARED:
        return ending in found.extensions
    return media in (found.media_type, *found.also) and (not ending or ending in found.extensions)


def safe_name(filename: str) -> str:
    """The name without folders and control characters, short enough to keep, its ending intact."""
    last = filename.replace("\\", "/").rpartition("/")[2]
    clean = "".join(character for character in last if character.isprintable()).strip(". ")
    stem, dot, ending = clean.rpartition(".")
    if not dot or len(ending) > 8:
        return clean[:NAME_LENGTH]
    return f"{stem[: NAME_LENGTH - len(ending) - 1]}.{ending}"
