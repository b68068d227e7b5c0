"""What a reader sees in a PDF: the text of its pages, decoded through the font's own table of characters."""

from __future__ import annotations

import re
import zlib

_STREAM = re.compile(rb"<<(?:[^<>]|<<[^<>]*>>|<[^<>]*>)*>>\s*stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_SHOWN = re.compile(rb"\(((?:[^()\\]|\\.)*)\)\s*Tj|\[((?:[^\[\]\\]|\\.)*)\]\s*TJ", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def pdf_text(data: bytes) -> str:
    """Every text of the file in the order it was drawn, one piece a line. The file has one font, with two-byte codes."""
    assert data.startswith(b"%PDF-")
    assert data.rstrip().endswith(b"%%EOF")
    streams = [_plain(stream) for stream in _STREAM.findall(data)]
    characters: dict[int, str] = {}
    for stream in streams:
        if b"begincmap" in stream:
            characters |= _characters(stream.decode("latin-1"))
    pieces = []
    for stream in streams:
        if b" Tj" in stream:
            pieces += [_decoded(match.group(1), characters) for match in _SHOWN.finditer(stream) if match.group(1) is not None]
    return "\n".join(pieces)


def lines_drawn(data: bytes) -> list[list[str]]:
    """How high on its page each text was drawn, by page: texts at one height stand in one line."""
    streams = [_plain(stream) for stream in _STREAM.findall(data)]
    return [re.findall(r"BT [\d.]+ ([\d.]+) Td", stream.decode("latin-1")) for stream in streams if b" Tj" in stream]


def _plain(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return stream


def _characters(cmap: str) -> dict[int, str]:
    found = {}
    for block in re.findall(r"beginbfchar(.*?)endbfchar", cmap, re.DOTALL):
        for code, text in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            found[int(code, 16)] = bytes.fromhex(text).decode("utf-16-be")
    for block in re.findall(r"beginbfrange(.*?)endbfrange", cmap, re.DOTALL):
        for first, last, text in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            for offset in range(int(last, 16) - int(first, 16) + 1):
                found[int(first, 16) + offset] = chr(int(text, 16) + offset)
    return found


def _decoded(literal: bytes, characters: dict[int, str]) -> str:
    raw = re.sub(rb"\\(.)", lambda match: _ESCAPES.get(match.group(1), match.group(1)), literal, flags=re.DOTALL)
    return "".join(characters[int.from_bytes(raw[at : at + 2], "big")] for at in range(0, len(raw), 2))
