"""How one person wants the console to look: language and theme, kept in the browser."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final, Literal, cast, get_args

from starlette.requests import HTTPConnection

Language = Literal["zh", "en"]
Theme = Literal["auto", "light", "dark"]

LANGUAGE_COOKIE: Final = "calmdesk_language"
THEME_COOKIE: Final = "calmdesk_theme"


@dataclass(frozen=True, slots=True)
class Look:
    """Chinese and the device's own theme, unless somebody chose otherwise."""

    language: Language = "zh"
    theme: Theme = "auto"

    @property
    def tag(self) -> Literal["zh-CN", "en-US"]:
        """The language as browsers and Quasar name it."""
        return "zh-CN" if self.language == "zh" else "en-US"

    @property
    def dark(self) -> bool | None:
        """As NiceGUI asks: None follows the device."""
        return {"auto": None, "light": False, "dark": True}[self.theme]

    def listed(self, names: Iterable[str]) -> str:
        """Names side by side: 「、」 or a comma."""
        return ("、" if self.language == "zh" else ", ").join(names)

    def sentences(self, said: Iterable[str]) -> str:
        """Reasons one after the other in one line."""
        return ("；" if self.language == "zh" else "; ").join(said)

    def pair(self, name: str, text: str) -> str:
        """A name and what is said of it, or what it says."""
        return f"{name}：{text}" if self.language == "zh" else f"{name}: {text}"

    def aside(self, text: str, more: str) -> str:
        """A text with more about it in brackets."""
        return f"{text}（{more}）" if self.language == "zh" else f"{text} ({more})"

    def quoted(self, text: str) -> str:
        """What somebody said."""
        return f"「{text}」" if self.language == "zh" else f"“{text}”"


def look_of(connection: HTTPConnection) -> Look:
    """What the cookies say; anything else is the default."""
    language, theme = connection.cookies.get(LANGUAGE_COOKIE, ""), connection.cookies.get(THEME_COOKIE, "")
    return Look(
        cast(Language, language) if language in get_args(Language) else "zh",
        cast(Theme, theme) if theme in get_args(Theme) else "auto",
    )


# NiceGUI asks a page, not a request, for its language and theme; pages are shared by everybody, so the request's look waits here.
CURRENT: ContextVar[Look] = ContextVar("look", default=Look())  # noqa: B039 — frozen
