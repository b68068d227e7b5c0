"""`calmdesk models`: which speech models are there, and are they what they should be."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from audio_service.transcription.weights import RECOMMENDED_ON_GPU, WeightsError, list_models, verify
from models.settings import get_settings

models_app = typer.Typer(help="Speech models: what is installed, and is it intact.", no_args_is_help=True)
console = Console()


@models_app.command("list")
def list_() -> None:
    """Show every model on this machine; the configured one is marked."""
    settings = get_settings()
    table = Table("模型 · model", "大小 · size", "许可 · licence", "位置 · place")
    for entry in list_models(settings.data_dir / "models", settings.asr.model):
        mark = "● " if entry.name == settings.asr.model else "  "
        size = f"{entry.size / 1e6:.0f} MB" if entry.path else "—"
        table.add_row(mark + entry.name, size, entry.licence, str(entry.path or "首次启动时准备 · prepared at first start"))
    console.print(table)
    console.print(f"GPU: asr.model = {RECOMMENDED_ON_GPU}", style="dim")


@models_app.command("verify")
def verify_(
    name: Annotated[str | None, typer.Argument(help="`bundled`, a folder or a hub name; without it the configured one")] = None,
) -> None:
    """Check every file of a model and print its SHA-256. Exit status 1 when it is missing or damaged."""
    settings = get_settings()
    model = name or settings.asr.model
    try:
        digests = verify(model, settings.data_dir / "models")
    except WeightsError as error:
        console.print(f"[red]{error.zh}[/]\n{error.en}")
        raise typer.Exit(1) from error
    for file, digest in digests.items():
        typer.echo(f"{digest}  {file}")
    console.print(f"[green]{model}：完好 · intact[/]")
