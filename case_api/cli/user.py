"""`calmdesk user`: accounts, for whoever has a shell on the server."""

from __future__ import annotations

import getpass
from typing import Annotated, get_args

import typer
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.accounts.repository import person_by_username
from case_api.cli.common import AsJson, out, print_json, run
from case_api.people import service
from case_api.people.rules import Grant
from case_api.people.schemas import PersonCreate, PersonOut
from case_api.people.service import By
from case_api.problems import Problem, ProblemCode
from case_api.sites.repository import list_sites, site_by_code
from models.audit import Actor
from models.engine import Factory, transaction
from models.people import Person, Role, fold_username
from models.settings import Settings

app = typer.Typer(no_args_is_help=True, help="账号与角色 · accounts and roles")

Name = Annotated[str, typer.Argument(help="User name")]
Roles = Annotated[list[str] | None, typer.Option("--role", help="ROLE@SITE (staff@HD), or ROLE for every site; may be repeated")]


def _by() -> By:
    return By(Actor(f"cli:{getpass.getuser()}"), "cli")


async def _grants(db: AsyncSession, wanted: list[str]) -> list[Grant]:
    grants: list[Grant] = []
    for text in wanted:
        role, _, code = text.partition("@")
        if role not in get_args(Role):
            raise typer.BadParameter(f"no role {role!r}; roles are {', '.join(get_args(Role))}", param_hint="--role")
        site = await site_by_code(db, code) if code else None
        if code and site is None:
            raise Problem(ProblemCode.SITE_UNKNOWN, code)
        grants.append((role, site.id if site else None))
    return grants


async def _person(db: AsyncSession, username: str) -> Person:
    person = await person_by_username(db, fold_username(username))
    if person is None:
        raise Problem(ProblemCode.NOT_FOUND, username)
    return person


def _tell(person: Person, password: str, as_json: bool) -> None:
    if as_json:
        print_json({"id": person.id, "username": person.username, "one_time_password": password})
    else:
        out.print(
            f"{person.username}　一次性密码 · one-time password: [bold]{password}[/]　(首次登录须修改 · to be changed at first sign-in)"
        )


@app.command()
def add(
    username: Name,
    name: Annotated[str | None, typer.Option(help="Display name; the user name if left out")] = None,
    role: Roles = None,
    as_json: AsJson = False,
) -> None:
    """Create an account and print its one-time password once."""

    async def work(factory: Factory, settings: Settings) -> tuple[Person, str]:
        body = PersonCreate(username=username, display_name=name or username)
        async with factory() as db:
            grants = await _grants(db, role or [])
        password = await service.new_password()
        async with transaction(factory) as db:
            return await service.create_person(db, _by(), password, body.username, body.display_name, grants), password.password

    _tell(*run(work), as_json)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Show every account."""

    async def work(factory: Factory, settings: Settings) -> tuple[list[Person], dict[str | None, str]]:
        async with factory() as db:
            people = list((await db.scalars(select(Person).order_by(Person.username))).all())
            return people, {site.id: site.code for site in await list_sites(db, None)}

    people, codes = run(work)
    if as_json:
        print_json([PersonOut.model_validate(person).model_dump(mode="json") for person in people])
        return
    table = Table("用户名 username", "姓名 name", "角色 roles", "状态 state")
    for person in people:
        held = " ".join(role.role + (f"@{codes[role.site_id]}" if role.site_id else "") for role in person.roles)
        table.add_row(person.username, person.display_name, held, "停用 disabled" if person.disabled_at else "")
    out.print(table)


@app.command("reset-password")
def reset_password(username: Name, as_json: AsJson = False) -> None:
    """Give an account a new one-time password; it is signed out everywhere."""

    async def work(factory: Factory, settings: Settings) -> tuple[Person, str]:
        async with factory() as db:
            person = await _person(db, username)
        password = await service.new_password()
        async with transaction(factory) as db:
            return await service.reset_password(db, _by(), password, person.id), password.password

    _tell(*run(work), as_json)


def _switch(username: str, disabled: bool) -> None:
    async def work(factory: Factory, settings: Settings) -> Person:
        async with transaction(factory) as db:
            person = await _person(db, username)
            return await service.change_person(db, _by(), person.id, display_name=None, disabled=disabled)

    out.print(f"{run(work).username}　{'已停用 · disabled' if disabled else '已启用 · enabled'}")


@app.command()
def disable(username: Name) -> None:
    """Lock an account out; every sign-in ends at once."""
    _switch(username, True)


@app.command()
def enable(username: Name) -> None:
    """Let an account in again."""
    _switch(username, False)


@app.command()
def role(username: Name, role: Roles = None) -> None:
    """Give an account exactly these roles (none, if none is named)."""

    async def work(factory: Factory, settings: Settings) -> Person:
        async with transaction(factory) as db:
            grants = await _grants(db, role or [])
            person = await _person(db, username)
            return await service.replace_roles(db, _by(), person.id, grants)

    person = run(work)
    out.print(f"{person.username}　{', '.join(sorted({held.role for held in person.roles})) or '无角色 · no role'}")
