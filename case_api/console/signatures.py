"""NiceGUI looks at its own methods' signatures anew for each element's classes, style and properties; here it is told what it has seen.

That was half of what a page takes to build, on the event loop: a table of 150 terms is 900 elements.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from nicegui import helpers

_look = helpers.expects_arguments
_seen: weakref.WeakKeyDictionary[Any, bool] = weakref.WeakKeyDictionary()


def remember() -> None:
    """From now on a method is looked at once, whatever it is bound to. Again changes nothing."""
    helpers.expects_arguments = expects_arguments


def expects_arguments(func: Callable[..., Any]) -> bool:
    """Whether a handler wants an argument."""
    method = getattr(func, "__func__", None)
    if method is None:
        return _look(func)
    if method not in _seen:
        _seen[method] = _look(func)
    return _seen[method]
