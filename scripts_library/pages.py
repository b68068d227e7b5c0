"""Reading a YAML file without losing where each value stands: every fault is reported with its line and column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import yaml

from scripts_library.problems import Problem, problem

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where the wheel has it: ten times faster
DEEPEST = 20
Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Spot:
    """A text and where it stands."""

    text: str
    file: str
    line: int
    column: int

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"


class Page:
    """One file, or the bytes of one: reports faults, hands out its top-level fields."""

    def __init__(self, source: Path | bytes, name: str, problems: list[Problem]) -> None:
        self.name = name
        self.problems = problems
        self.root: Fields | None = None
        node = self._compose(source)
        if isinstance(node, yaml.MappingNode):
            self.root = Fields(self, node)
        elif node is not None:
            self.report(node, "not_mapping")

    def _compose(self, source: Path | bytes) -> yaml.Node | None:
        try:
            read = source if isinstance(source, bytes) else source.read_bytes()
            node: yaml.Node | None = yaml.compose(read.decode("utf-8-sig"), Loader=Loader)
        except OSError:
            self._at(1, 1, "missing_file")
        except UnicodeDecodeError:
            self._at(1, 1, "not_utf8")
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self._at(mark.line + 1 if mark else 1, mark.column + 1 if mark else 1, "syntax", detail=error.problem or error.context or "")
        except yaml.YAMLError as error:  # a character that YAML forbids carries no mark
            self._at(1, 1, "syntax", detail=str(error).splitlines()[0])
        else:
            if node is None:
                self._at(1, 1, "empty_text")
            return node
        return None

    def _at(self, line: int, column: int, code: str, **values: object) -> None:
        self.problems.append(problem(self.name, line, column, code, **values))

    def report(self, node: yaml.Node, code: str, **values: object) -> None:
        self._at(node.start_mark.line + 1, node.start_mark.column + 1, code, **values)

    def report_spot(self, spot: Spot, code: str, **values: object) -> None:
        self._at(spot.line, spot.column, code, **values)

    def spot(self, node: yaml.Node) -> Spot | None:
        """The node's text, or None after reporting that it is no text or empty."""
        if not isinstance(node, yaml.ScalarNode):
            self.report(node, "not_text")
            return None
        text = " ".join(node.value.split())
        if not text:
            self.report(node, "empty_text")
            return None
        return Spot(text, self.name, node.start_mark.line + 1, node.start_mark.column + 1)


class Fields:
    """A mapping: typed access to its fields. `defaults` answers where a field is absent (a file's common values)."""

    def __init__(self, page: Page, node: yaml.MappingNode, defaults: Fields | None = None) -> None:
        self.page = page
        self.node = node
        self.defaults = defaults
        self.values: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = str(key.value)
            if name in self.values:
                page.report(key, "duplicate_field", field=name)
            self.values[name] = value

    def get(self, field: str) -> yaml.Node | None:
        if field in self.values:
            return self.values[field]
        return self.defaults.get(field) if self.defaults else None

    def raw(self, field: str) -> str:
        """A text as it stands, no fault reported; empty where there is none."""
        node = self.values.get(field)
        return " ".join(node.value.split()) if isinstance(node, yaml.ScalarNode) else ""

    def only(self, *known: str) -> None:
        for key, _ in self.node.value:
            if str(key.value) not in known:
                self.page.report(key, "unknown_field", field=key.value)

    def text(self, field: str) -> Spot | None:
        """A required text; None after its fault was reported."""
        node = self.get(field)
        if node is None:
            self.page.report(self.node, "missing_field", field=field)
            return None
        return self.page.spot(node)

    def optional(self, field: str) -> str:
        node = self.get(field)
        spot = self.page.spot(node) if node is not None else None
        return spot.text if spot else ""

    def texts(self, field: str) -> list[Spot]:
        """A list of texts (lists within it are one list), or one text alone."""
        node = self.get(field)
        if node is None:
            return []
        return [spot for spot in map(self.page.spot, _flat(node)) if spot]

    def choice(self, field: str, kind: type[Choice], default: Choice | None = None) -> Choice | None:
        if self.get(field) is None and default is not None:
            return default
        spot = self.text(field)
        if spot is None:
            return default
        try:
            return kind(spot.text)
        except ValueError:
            self.page.report_spot(spot, "unknown_value", value=spot.text, allowed=" ".join(kind))
            return default

    def choices(self, field: str, allowed: tuple[str, ...]) -> frozenset[str]:
        spots = self.texts(field)
        for spot in spots:
            if spot.text not in allowed:
                self.page.report_spot(spot, "unknown_value", value=spot.text, allowed=" ".join(allowed))
        return frozenset(spot.text for spot in spots)

    def number(self, field: str, default: float, low: float, high: float) -> float:
        node = self.get(field)
        spot = self.page.spot(node) if node is not None else None
        if spot is None:
            return default
        try:
            value = float(spot.text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            self.page.report_spot(spot, "bad_number", value=spot.text, low=low, high=high)
            return default
        return value

    def day(self, field: str) -> date | None:
        node = self.get(field)
        spot = self.page.spot(node) if node is not None else None
        if spot is None:
            return None
        try:
            return date.fromisoformat(spot.text)
        except ValueError:
            self.page.report_spot(spot, "bad_date", value=spot.text)
            return None

    def mapping(self, field: str) -> Fields | None:
        node = self.get(field)
        if node is None:
            return None
        if not isinstance(node, yaml.MappingNode):
            self.page.report(node, "not_mapping")
            return None
        return Fields(self.page, node)

    def mappings(self, field: str) -> Iterator[Fields]:
        """The mappings of a list as far as there are any; only a field that is given twice is reported."""
        node = self.get(field)
        if isinstance(node, yaml.SequenceNode):
            yield from (Fields(self.page, item) for item in node.value if isinstance(item, yaml.MappingNode))

    def items(self, field: str, defaults: Fields | None = None) -> Iterator[Fields]:
        """The mappings of a required list."""
        node = self.get(field)
        if node is None:
            self.page.report(self.node, "missing_field", field=field)
            return
        if not isinstance(node, yaml.SequenceNode):
            self.page.report(node, "not_list")
            return
        for item in node.value:
            if isinstance(item, yaml.MappingNode):
                yield Fields(self.page, item, defaults)
            else:
                self.page.report(item, "not_mapping")


def is_plain(content: bytes) -> bool:
    """Whether a text from elsewhere may be read: no aliases, which can stand for more than memory holds, and no deep nesting.

    One that is no YAML is left to the reader, who says where.
    """
    depth = 0
    try:
        for event in yaml.parse(content, Loader=Loader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if isinstance(event, yaml.AliasEvent) or depth > DEEPEST:
                return False
    except (yaml.YAMLError, UnicodeError):
        return True
    return True


def field_at(text: str, line: int, column: int) -> tuple[str, ...]:
    """Which field of a YAML text stands at a place (from 1), outermost first; numbers are places in a list."""
    found: list[str] = []
    node = yaml.compose(text, Loader=Loader)
    place = (line - 1, column - 1)
    while node is not None:
        step = next((step for step in _steps(node) if step[1] <= place <= step[2]), None)
        if step is None:
            break
        found.append(step[0])
        node = step[3]
    return tuple(found)


def _steps(node: yaml.Node) -> Iterator[tuple[str, tuple[int, int], tuple[int, int], yaml.Node]]:
    """What is within a node: its name, where it begins and ends."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield str(key.value), (key.start_mark.line, key.start_mark.column), (value.end_mark.line, value.end_mark.column), value
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield (
                str(number),
                (item.start_mark.line, item.start_mark.column),
                (item.end_mark.line, item.end_mark.column),
                item,
            )


def _flat(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _flat(item)
    else:
        yield node
