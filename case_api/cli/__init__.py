"""`calmdesk`: one module a group of commands."""

from __future__ import annotations

import typer

from case_api.cli import db, docs, stream, user

app = typer.Typer(
    name="calmdesk", no_args_is_help=True, add_completion=False, help="Calmdesk · 退房沟通助手", pretty_exceptions_show_locals=False
)
app.add_typer(db.app, name="db")
app.add_typer(user.app, name="user")
app.command("stream")(stream.stream)
app.command("docs", hidden=True)(docs.docs)
