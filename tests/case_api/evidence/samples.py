"""Real files of every kind that may be kept, and of some that may not."""

from __future__ import annotations

import io
import zipfile

import av
import numpy as np
import soundfile
from fpdf import FPDF
from PIL import Image

from case_api.evidence import rules
from case_api.evidence.rules import FileType


def pdf() -> bytes:
    document = FPDF()
    document.add_page()
    return bytes(document.output())


def image(form: str, colour: str = "red") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(file, form)
    return file.getvalue()


def archive(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name in names:
            made.writestr(zipfile.ZipInfo(name), "<x/>")  # of a fixed date: the bytes name the test
    return file.getvalue()


def iso(brand: bytes, *compatible: bytes) -> bytes:
    """The first boxes of an ISO media file (HEIC: nothing here can encode one)."""
    body = brand + bytes(4) + b"".join(compatible)
    return (len(body) + 8).to_bytes(4, "big") + b"ftyp" + body + b"\0\0\0\x08mdat"


def sound(form: str, codec: str) -> bytes:
    file = io.BytesIO()
    container = av.open(file, "w", format=form)
    stream = container.add_stream(codec, rate=16000)
    frame = av.AudioFrame.from_ndarray(np.zeros((1, 1152), np.int16), "s16", "mono")
    frame.sample_rate = 16000
    for part in (frame, None):
        for packet in stream.encode(part):
            container.mux(packet)
    container.close()
    return file.getvalue()


def waves(form: str) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.zeros(1600, np.float32), 16000, format=form)
    return file.getvalue()


OFFICE = "[Content_Types].xml"
GOOD: dict[str, tuple[bytes, FileType]] = {
    "合同.pdf": (pdf(), rules.PDF),
    "收据.jpg": (image("JPEG"), rules.JPEG),
    "b.png": (image("PNG"), rules.PNG),
    "c.webp": (image("WEBP"), rules.WEBP),
    "d.heic": (iso(b"heic", b"mif1", b"heic"), rules.HEIC),
    "e.heif": (iso(b"mif1", b"mif1", b"heic"), rules.HEIC),
    "f.docx": (archive(OFFICE, "word/document.xml"), rules.DOCX),
    "g.xlsx": (archive(OFFICE, "xl/workbook.xml"), rules.XLSX),
    "h.mp3": (sound("mp3", "libmp3lame"), rules.MP3),
    "i.m4a": (sound("ipod", "aac"), rules.M4A),
    "j.mp4": (sound("mp4", "aac"), rules.MP4),
    "k.wav": (waves("WAV"), rules.WAV),
    "l.flac": (waves("FLAC"), rules.FLAC),
    "聊天.txt": ("客户：我要退房\n".encode(), rules.TEXT),
    "old.txt": ("客户：我要退房\r\n".encode("gb18030"), rules.TEXT),
}
BAD: dict[str, bytes] = {
    "empty.txt": b"",
    "blank.txt": b" \n",
    "program.exe": b"MZ" + bytes(300),
    "page.html": b"<html><script>alert(1)</script></html>",
    "picture.svg": b'\xef\xbb\xbf <svg xmlns="http://www.w3.org/2000/svg"/>',
    "any.zip": archive("a.txt"),
    "macros.docx": archive(OFFICE, "word/document.xml", "word/vbaProject.bin"),
    "broken.docx": archive(OFFICE, "word/document.xml")[:40],
    "slides.pptx": archive(OFFICE, "ppt/presentation.xml"),
    "film.mov": iso(b"qt  "),
    "other.avif": iso(b"mif1", b"mif1", b"avif"),
    "film.avi": b"RIFF\x10\0\0\0AVI LIST" + bytes(100),
    "utf16.txt": "你好".encode("utf-16"),
    "nul.txt": b"abc\0def",
}
