"""Conditions that SQLite is told to read in another order than it would by itself. Databases that keep statistics know better."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction


class likely(GenericFunction[bool]):
    """A condition that most rows fulfil: SQLite walks what is in order and stops, instead of collecting and sorting all of them."""

    type = Boolean()
    inherit_cache = True


class asked_later(GenericFunction[bool]):
    """A condition that finds no rows by itself: SQLite finds them by the other ones, and asks this of each."""

    type = Boolean()
    inherit_cache = True


@compiles(likely)
@compiles(asked_later)
def _unsaid(element: GenericFunction[bool], compiler: Any, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)})"


@compiles(likely, "sqlite")
def _likely(element: GenericFunction[bool], compiler: Any, **options: Any) -> str:
    return f"likely({compiler.process(element.clauses, **options)})"


@compiles(asked_later, "sqlite")
def _asked_later(element: GenericFunction[bool], compiler: Any, **options: Any) -> str:
    return f"+({compiler.process(element.clauses, **options)})"
