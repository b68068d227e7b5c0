"""`calmdesk`: one module a group of commands."""

from __future__ import annotations

import typer

from case_api.cli import bench, db, demo, docs, library, models, serve, stream, user

app = typer.Typer(
    name="calmdesk", no_args_is_help=True, add_completion=False, help="Calmdesk · 退房沟通助手", pretty_exceptions_show_locals=False
)
app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.command("stream")(stream.stream)
app.add_typer(db.app, name="db")
app.add_typer(user.app, name="user")
app.add_typer(models.models_app, name="models")
app.add_typer(library.app, name="library")
app.add_typer(bench.app, name="bench")
app.command("docs", hidden=True)(docs.docs)
