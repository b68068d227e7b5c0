from __future__ import annotations

from pathlib import Path

from audio_service import errors
from audio_service.contract import CLIENT, SERVER, asyncapi, type_of, wire_page
from audio_service.errors import ERRORS, AccessError, AudioError, ErrorCode, ProtocolError, ServiceError, StreamError

DOCS = Path(__file__).parents[2] / "docs"


def test_every_error_code_has_a_text_in_both_languages() -> None:
    assert set(ERRORS) == set(ErrorCode)
    for text in ERRORS.values():
        assert any("\u4e00" <= char <= "\u9fff" for char in text.zh)
        assert text.en.isascii()


def test_every_error_code_is_raised_somewhere() -> None:
    root = Path(errors.__file__).parent
    source = "".join(path.read_text(encoding="utf-8") for folder in (root, root.parent / "case_api") for path in folder.rglob("*.py"))
    unused = [code for code in ErrorCode if f"ErrorCode.{code.name}" not in source.replace(f"ErrorCode.{code.name}: ErrorText", "")]
    assert unused == []


def test_the_error_tree_is_the_one_in_the_docstring() -> None:
    assert {error.__name__ for error in StreamError.__subclasses__()} == {"ProtocolError", "AccessError", "AudioError", "ServiceError"}
    for error in (ProtocolError, AccessError, AudioError, ServiceError):
        assert error.__name__ in (errors.__doc__ or "")


def test_the_wire_page_is_what_the_classes_say() -> None:
    assert (DOCS / "wire.md").read_text(encoding="utf-8") == wire_page(), "run: calmdesk docs"


def test_no_paragraph_of_the_wire_page_is_indented() -> None:
    assert [line for line in wire_page().splitlines() if line.startswith(" ")] == []


def test_the_asyncapi_document_names_every_message_and_resolves_every_reference() -> None:
    document = asyncapi()
    assert {type_of(model) for model in (*CLIENT, *SERVER)} | {"audio"} == set(document["components"]["messages"])

    def references(node: object) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            return own + [ref for value in node.values() for ref in references(value)]
        return [ref for value in node for ref in references(value)] if isinstance(node, list) else []

    for reference in references(document):
        target: object = document
        for part in reference.removeprefix("#/").split("/"):
            assert isinstance(target, dict)
            target = target[part]
