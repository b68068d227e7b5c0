"""`calmdesk demo-data`: a made-up year of two sales offices, in and out."""

from __future__ import annotations

from typing import Annotated

import typer

from case_api.accounts.passwords import hash_password, one_time_password
from case_api.cli.common import fail, out, plain_errors, run
from case_api.demo_data import service
from models import migrations
from models.base import utc_now
from models.engine import Factory
from models.settings import Settings, get_settings


def demo_data(
    remove: Annotated[bool, typer.Option("--remove", help="Take it out again, all of it")] = False,
    force: Annotated[bool, typer.Option("--force", help="Also where there are real cases")] = False,
    seed: Annotated[int, typer.Option(help="Another number, another year")] = 1,
) -> None:
    """Fill the database with a made-up year of two sites, or take it out again (--remove).

    People of each role, cases, conversations, reviews, answers; everything is marked 演示 (demo).
    """
    with plain_errors():
        migrations.upgrade(get_settings())
    if remove:
        gone = run(_remove)
        out.print(f"已删除 · removed: {gone['cases']} cases, {gone['sessions']} conversations, {gone['people']} people", highlight=False)
        return
    password = one_time_password()

    async def work(factory: Factory, settings: Settings) -> service.Filled:
        hashed = await hash_password(password)
        return await service.fill(factory, settings.data_dir, utc_now(), seed=seed, password_hash=hashed, force=force)

    try:
        filled = run(work)
    except service.Refused as refused:
        fail(str(refused), 1)
    out.print(f"已写入 · written: {filled.cases} cases, {filled.sessions} conversations", highlight=False)
    out.print(f"上线日 · go-live: {filled.go_live}（/v1/figures?go_live={filled.go_live}）", highlight=False)
    out.print(f"账号 · accounts ({password}):", highlight=False, markup=False)
    out.print("  " + ", ".join(filled.usernames), highlight=False)
    out.print("删除 · to remove: calmdesk demo-data --remove", highlight=False)


async def _remove(factory: Factory, settings: Settings) -> dict[str, int]:
    return await service.remove(factory, settings.data_dir, utc_now())
