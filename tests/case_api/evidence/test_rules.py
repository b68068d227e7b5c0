"""What may be kept, decided from the content."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from case_api.evidence.rules import ALLOWED, HEAD_BYTES, NAME_LENGTH, PDF, TEXT, FileType, agrees, office_parts, safe_name, sniff
from tests.case_api.evidence.samples import BAD, GOOD


def look(data: bytes) -> FileType | None:
    return sniff(data[:HEAD_BYTES], office_parts(io.BytesIO(data)) if data.startswith(b"PK") else ())


@pytest.mark.parametrize("name", GOOD)
def test_each_type_is_known_by_its_content(name: str) -> None:
    data, wanted = GOOD[name]
    assert look(data) is wanted
    assert agrees(wanted, wanted.media_type, name)
    assert agrees(wanted, "application/octet-stream", name)


def test_every_type_that_is_taken_has_a_sample() -> None:
    assert {wanted.media_type for _, wanted in GOOD.values()} == {one.media_type for one in ALLOWED}


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_on_the_list_is_nothing(name: str) -> None:
    assert look(BAD[name]) is None


RUN_OR_UNPACKED = [b"MZ\x90\0", b"\x7fELF", b"<!doctype html>", b"<?xml", b"Rar!\x1a\x07", b"\xca\xfe\xba\xbe\0\0\0\x34"]


@given(st.binary(max_size=300), st.sampled_from([b"", *RUN_OR_UNPACKED]))
def test_any_bytes_are_judged_and_programs_and_pages_never_pass(data: bytes, start: bytes) -> None:
    found = look(start + data)
    assert found is None or found in ALLOWED
    if start in RUN_OR_UNPACKED:
        assert found is None


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn"]), min_size=1, max_size=4000))
def test_prose_is_text_wherever_its_head_is_cut(text: str) -> None:
    said = "客户：" + text
    assert sniff(said.encode()[:HEAD_BYTES]) is TEXT


@pytest.mark.parametrize(
    ("declared", "name", "good"),
    [
        ("application/pdf", "a.pdf", True),
        ("application/pdf; charset=binary", "A.PDF", True),
        ("application/pdf", "合同", True),
        ("", "a.pdf", True),
        ("application/octet-stream", "a.pdf", True),
        ("application/octet-stream", "合同", False),
        ("", "", False),
        ("image/png", "a.pdf", False),
        ("application/pdf", "a.png", False),
        ("application/pdf", "a.pdf.exe", False),
    ],
)
def test_declaration_and_name_have_to_agree_with_the_content(declared: str, name: str, good: bool) -> None:
    assert agrees(PDF, declared, name) is good


@given(st.text(max_size=400))
def test_a_kept_name_has_no_folder_no_control_and_fits(name: str) -> None:
    kept = safe_name(name)
    assert len(kept) <= NAME_LENGTH
    assert not set(kept) & set("/\\\0\n\r\t")
    assert safe_name(kept) == kept
    assert kept not in (".", "..")


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\图\\a.pdf", "a.pdf"),
        ("收据.jpg", "收据.jpg"),
        ("长" * 300 + ".pdf", "长" * (NAME_LENGTH - 4) + ".pdf"),
    ],
)
def test_the_ending_of_a_name_stays(name: str, kept: str) -> None:
    assert safe_name(name) == kept
