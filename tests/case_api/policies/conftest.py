"""People of the policies, and the way of a version from draft to publication."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from case_api.policies.defaults import default_content
from models.sites import Site
from tests.conftest import MakePerson, SignIn

Headers = dict[str, str]


def at(version: int, headers: Headers, **more: str) -> Headers:
    """Headers of a change of that version."""
    return headers | {"If-Match": f'"{version}"'} | more


class Desk:
    """The API as the people of the policies use it."""

    def __init__(self, client: httpx2.AsyncClient, people: dict[str, Headers]) -> None:
        self.client = client
        self.people = people

    async def draft(self, who: str, **body: Any) -> dict[str, Any]:
        answer = await self.client.post("/v1/policies", headers=self.people[who], json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def do(self, who: str, what: str, policy: dict[str, Any], **body: Any) -> httpx2.Response:
        """`authorise`, `return`, `publish`, `retire`, `postings`, on the version as the caller saw it."""
        url = f"/v1/policies/{policy['id']}/{what}"
        return await self.client.post(url, headers=at(policy["version"], self.people[who]), json=body)

    async def done(self, who: str, what: str, policy: dict[str, Any], **body: Any) -> dict[str, Any]:
        answer = await self.do(who, what, policy, **body)
        assert answer.status_code == 200, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def in_force(self, site_id: str | None, **body: Any) -> dict[str, Any]:
        """A version of the site drafted, authorised and published now."""
        drafted = await self.draft("manager" if site_id else "gm", site_id=site_id, **body)
        authorised = await self.done("legal", "authorise", drafted)
        return await self.done("manager" if site_id else "gm", "publish", authorised)


@pytest.fixture
async def desk(client: httpx2.AsyncClient, policies: None, make_person: MakePerson, sign_in: SignIn, site: Site) -> Desk:
    """A manager and legal of the site, general manager and legal of the group, and somebody who only reads."""
    roles = {"manager": ("site_manager", site.id), "other": ("site_manager", site.id), "gm": ("city_gm", None), "legal": ("legal", None)}
    roles |= {"site_legal": ("legal", site.id), "finance": ("finance", site.id), "admin": ("admin", None)}
    return Desk(client, {name: await sign_in(await make_person(name, role)) for name, role in roles.items()})


def tiers(limit_fen: int = 8_000_000) -> dict[str, Any]:
    """The source's tiers with another limit."""
    table = default_content("tiers").model_dump(mode="json")
    table["bands"][0]["up_to_fen"] = limit_fen
    return table
