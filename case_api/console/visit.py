"""One person looking at one page: who they are, what they may do, how things are said and shown to them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request

from case_api.cases.rules import UNNAMED
from case_api.console.details import in_language, readable
from case_api.console.door import APP, HOST, PREFIX, TOKEN_COOKIE
from case_api.console.look import Look, look_of
from case_api.console.rest import Refused, Rest
from case_api.console.texts import TEXTS, filled
from case_api.problems import PROBLEMS, ProblemCode
from case_api.security import Permission, Principal
from models.sites import CHINA


def rest_of(request: Request, token: str | None = None) -> Rest:
    """The API in the name of the cookie's person (or of `token`)."""
    client = request.client
    held = request.cookies.get(TOKEN_COOKIE, "") if token is None else token
    peer = (client.host, client.port) if client else ("", 0)
    rest = Rest(request.scope[APP], held, peer, request.headers.get("user-agent", ""))
    return replace(rest, base=f"{request.url.scheme}://{request.url.netloc}") if HOST.fullmatch(request.url.netloc) else rest


@dataclass(slots=True)
class Visit:
    """A page view. `principal` is for asking what may be shown; the API asks again whatever is done. `path` is within the console."""

    rest: Rest
    look: Look
    me: dict[str, Any]
    principal: Principal
    path: str
    query: dict[str, str]
    sites: dict[str, dict[str, Any]] = field(default_factory=dict)
    unread: int = 0
    """Notifications that wait to be read."""
    _names: dict[str, dict[str, str]] = field(default_factory=dict)

    def t(self, key: str, /, **values: Any) -> str:
        """A text in the person's language."""
        return filled(TEXTS[key][self.look.language == "en"], **values)

    def named(self, group: str, value: Any) -> str:
        """The name of a code (`named("step", "draft")`); a code that nobody named is shown as it is."""
        found = TEXTS.get(f"{group}.{value}")
        return found[self.look.language == "en"] if found else str(value or "")

    def both(self, of: dict[str, Any], name: str = "") -> str:
        """What the API says in two languages: `zh`/`en`, or `<name>_zh`/`<name>_en`."""
        return str(of[f"{name}_{self.look.language}" if name else self.look.language])

    def said(self, text: str) -> str:
        """What may be there in both languages (`zh / en`), as people's own words are not."""
        return in_language(text, self.look.language) or text

    def holds(self, *any_of: Permission) -> bool:
        """Whether one of these is granted somewhere."""
        return any(self.principal.holds(permission) for permission in any_of)

    def problem(self, refused: Refused, about: str | None = None) -> str:
        """A refusal as a sentence, with what it is about (its own detail, unless another is given)."""
        said = refused.zh if self.look.language == "zh" else refused.en
        detail = refused.detail if about is None else about
        about = readable(detail, self.look.language) if detail else ""
        if not about:
            return said
        return self.look.aside(said, about)

    def moment(self, at: str | datetime | None, *, seconds: bool = False) -> str:
        """A time as the sales office's clock shows it; the year only if it is not this one."""
        if at is None:
            return "—"
        parsed = datetime.fromisoformat(at) if isinstance(at, str) else at
        local = parsed.astimezone(CHINA)
        form = "%m-%d %H:%M:%S" if seconds else "%m-%d %H:%M"
        return local.strftime(form if local.year == datetime.now(UTC).astimezone(CHINA).year else f"%Y-{form}")

    def customer(self, label: str) -> str:
        """A case's customer as people call them; whom nobody has named yet, in the reader's language."""
        return self.t("unnamed") if label == UNNAMED else label

    def site(self, site_id: str | None) -> str:
        """A site's name."""
        if site_id is None:
            return self.t("every_site")
        found = self.sites.get(site_id)
        if found is None:
            return "—"
        return str((self.look.language == "en" and found["name_en"]) or found["name"])

    async def load_people(self, site_id: str) -> dict[str, str]:
        """Names of those who work on the site's cases, by id."""
        if site_id not in self._names:
            try:
                people = await self.rest.everything(f"sites/{site_id}/people")
            except Refused:
                people = []
            self._names[site_id] = {person["id"]: person["display_name"] for person in people}
        return self._names[site_id]

    def with_roles(self, person: dict[str, Any]) -> str:
        """A colleague's name with what they are."""
        return self.look.aside(person["display_name"], self.look.listed(self.named("role", role) for role in person["roles"]))

    def person(self, person_id: str | None) -> str:
        """A name that was loaded before."""
        if person_id is None:
            return "—"
        if person_id == self.me["id"]:
            return str(self.me["display_name"])
        return next((names[person_id] for names in self._names.values() if person_id in names), "—")


def reference(request: Request, name: str) -> str:
    """An id in the address. Raises Refused: what cannot be an id is not looked for."""
    given = str(request.path_params[name])
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", given):
        text = PROBLEMS[ProblemCode.NOT_FOUND]
        raise Refused(text.status, {"code": ProblemCode.NOT_FOUND, "zh": text.zh, "en": text.en})
    return given


async def arrive(request: Request) -> Visit:
    """Who asks for a page. Raises Refused: nobody is signed in, or a one-time password has to be changed first."""
    rest = rest_of(request)
    if not rest.token:
        raise Refused(401, {"code": "token_missing"})
    me = await rest.get("me")
    if me["must_change_password"]:
        raise Refused(403, {"code": "password_change_required"})
    roles = tuple((role["role"], role["site_id"]) for role in me["roles"])
    principal = Principal(me["id"], me["display_name"], me["username"], roles, "", False)
    visit = Visit(rest, look_of(request), me, principal, request.url.path.removeprefix(PREFIX), dict(request.query_params))
    visit.sites = {site["id"]: site for site in (await rest.get("sites"))["items"]}
    visit.unread = (await rest.get("notifications/unread"))["unread"]
    return visit
