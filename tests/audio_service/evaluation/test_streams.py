"""Streams in files: written whole, refused by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from audio_service.evaluation.streams import StreamError, is_complete, read_stream, write_stream

PROMPT = {"type": "prompt", "kind": "calming", "at": 3.0}
SUMMARY = {"type": "summary", "seconds": 9.0}


def test_a_stream_reads_back(tmp_path: Path) -> None:
    odd = {"type": "transcript", "utterance": "u0", "final": True, "start": 0.0, "end": 1.0, "text": "一\u2028二"}
    write_stream(tmp_path / "new" / "a.jsonl", [PROMPT, odd])
    assert read_stream(tmp_path / "new" / "a.jsonl") == [PROMPT, odd]


def test_only_a_stream_with_its_summary_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    assert not is_complete(path)
    write_stream(path, [PROMPT])
    assert not is_complete(path)
    write_stream(path, [PROMPT, SUMMARY])
    assert is_complete(path)
    path.write_text(path.read_text()[:-5])
    assert not is_complete(path)


@pytest.mark.parametrize("line", ["{", "3", '{"at": 1}', '{"type": "prompt", "at": 1}', '{"type": ["x"]}'])
def test_a_line_that_is_no_message_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"type": "ack", "seq": 1}\n' + line + "\n")
    with pytest.raises(StreamError, match=r"a\.jsonl:2"):
        read_stream(path)
