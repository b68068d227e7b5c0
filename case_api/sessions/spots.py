"""A moment of a conversation as an address short enough for paper: `/console/q/<code>` leads to the review page, which asks who it is.

The code is the conversation's id and the second, written with fewer signs; there is nothing to be looked up and nothing to be guessed that
the id would not tell. Without 0, O, I and l, so that it can be typed from a sheet.
"""

from __future__ import annotations

import re
from typing import Final

ADDRESS: Final = "/console/q/"
SIGNS: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
HEX: Final = re.compile(r"[0-9a-f]{32}")
CODE: Final = re.compile(rf"([{SIGNS}]{{1,22}})-(\d{{1,5}})")


def address_of(session_id: str, at: float) -> str:
    """The path for a moment (s)."""
    number, signs = int(session_id, 16), ""
    while number:
        number, place = divmod(number, len(SIGNS))
        signs = SIGNS[place] + signs
    return f"{ADDRESS}{signs or SIGNS[0]}-{max(0, int(at))}"


def spot_of(code: str) -> tuple[str, int] | None:
    """(session id, second) that a code stands for; None where it is none."""
    found = CODE.fullmatch(code)
    if found is None:
        return None
    number = 0
    for sign in found[1]:
        number = number * len(SIGNS) + SIGNS.index(sign)
    session_id = f"{number:032x}"
    return (session_id, int(found[2])) if HEX.fullmatch(session_id) else None
