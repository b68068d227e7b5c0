"""`calmdesk`: one module a group of commands, imported when one of them is asked for: `--help` need not wait for models and databases."""

from __future__ import annotations

import gc
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup


class Known(NamedTuple):
    """A command before its module is imported: where it is, and the line that `--help` shows."""

    module: str
    attribute: str
    help: str
    hidden: bool = False


COMMANDS = {
    "demo": Known(
        "demo", "demo", "Start a service of its own, play a negotiation into it like a phone, and show what a staff member would see."
    ),
    "demo-data": Known("demo_data", "demo_data", "Fill the database with a made-up year of two sites, or take it out again (--remove)."),
    "serve": Known("serve", "serve", "Run the product. The first start prints the administrator's one-time password, once."),
    "stream": Known("stream", "stream", "Play FILE into a running service and show what comes back."),
    "eval": Known(
        "eval", "evaluation", "Play every labelled conversation of CORPUS into a service of its own and report how well it heard."
    ),
    "label": Known("label", "label", "Copy a session's audio into CORPUS with a draft of its labels: who spoke when, and what was heard."),
    "db": Known("db", "app", "数据库结构 · the database's schema"),
    "user": Known("user", "app", "账号与角色 · accounts and roles"),
    "models": Known("models", "models_app", "Speech models: what is installed, and is it intact."),
    "library": Known("library", "app", "话术与词库 · scripts and lexicon: check the files, try a sentence."),
    "mine": Known("mine", "app", "从会话中学习 · learn from conversations: complaints, scripts, new terms, digest."),
    "audit": Known("audit", "app", "审计记录 · the audit record"),
    "retention": Known("retention", "app", "保存期限 · retention"),
    "warnings": Known("warnings", "app", "实时预警 · early warnings: import events, try rules on the past"),
    "bench": Known("bench", "app", "Measure the service on this machine."),
    "docs": Known("docs", "docs", "Write the generated pages.", hidden=True),
}


class Commands(TyperGroup):
    """Lists what the table says; imports a command when it is run."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        for name, known in COMMANDS.items():
            self.add_command(TyperCommand(name, help=known.help, hidden=known.hidden))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[Any, Any, list[str]]:
        name, listed, rest = super().resolve_command(ctx, args)
        return name, listed and load(args[0]), rest


def load(name: str) -> Any:
    """The command with its options; imports what it needs."""
    known = COMMANDS[name]
    gc.disable()  # what modules make stays: to look through it for garbage again and again took a fifth of the start
    try:
        target = getattr(import_module(f"case_api.cli.{known.module}"), known.attribute)
    finally:
        gc.enable()
    if isinstance(target, typer.Typer):
        command: Any = typer.main.get_group(target)
        command.name = name
        return command
    alone = typer.Typer(add_completion=False)
    alone.command(name)(target)
    return typer.main.get_command(alone)


app = typer.Typer(
    name="calmdesk",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    help="Calmdesk · 退房沟通助手",
    pretty_exceptions_show_locals=False,
)


@app.callback()
def _calmdesk() -> None:
    """What all commands share: nothing yet. Without it Typer takes an application without registered commands for a mistake."""
