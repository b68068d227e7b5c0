"""How a rule says that it is not kept."""

from __future__ import annotations

from pydantic_core import PydanticCustomError


def broken_rule(zh: str, en: str) -> PydanticCustomError:
    """What a validator raises (a ValueError): the rule in both languages, as all that people may have to read. `zh` holds no slash."""
    return PydanticCustomError("rule", "{zh} / {en}", {"zh": zh, "en": en})
