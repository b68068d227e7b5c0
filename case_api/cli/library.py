"""`calmdesk library`: check a trainer's files, try a sentence against them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from models.settings import get_settings
from scripts_library.library import Library, Places, places, validate
from scripts_library.trying import try_sentence

app = typer.Typer(help="话术与词库 · scripts and lexicon: check the files, try a sentence.", no_args_is_help=True)
console = Console()

Folder = Annotated[Path | None, typer.Option(help="Folder with the files; the configured or packaged ones if left out")]


@app.command()
def check(folder: Folder = None) -> None:
    """Report every fault with file, line and column; exit status 1 if there is one."""
    where = _places(folder)
    problems = validate(*where)
    for problem in problems:
        console.print(str(problem), highlight=False, soft_wrap=True)
    if problems:
        raise typer.Exit(1)
    library = Library.load(*where)
    counts = f"{len(library.approved)}/{len(library.scripts)}", len(library.terms), len(library.categories), len(library.wording)
    console.print("没有错误：话术 {}，词条 {}（{} 类），用语规则 {}".format(*counts), highlight=False)
    console.print("no faults: {} scripts approved, {} terms in {} categories, {} wording rules".format(*counts), highlight=False)


@app.command("try")
def try_(sentence: Annotated[str, typer.Argument(help="What was said, as the recogniser wrote it")], folder: Folder = None) -> None:
    """Show everything the library hears in a sentence: terms, wording to avoid, moment, causes."""
    library = Library.load(*_places(folder))
    heard = try_sentence(sentence, library)
    table = Table("词条", "类别", "听作", "方式", "得分", "信号")
    for hit in heard.hits:
        table.add_row(hit.term, library.categories[hit.category].zh, hit.heard, hit.kind, f"{hit.score:.2f}", str(hit.signal))
    console.print(table if heard.hits else "没有投诉词 · no complaint term")
    for wording in heard.wording:
        better = "；".join(library.scripts[one].zh for one in wording.rule.scripts) or wording.rule.zh
        console.print(f"不宜的用语 · wording to avoid: {wording.heard} → {better}", soft_wrap=True)
    causes = "，".join(f"{cause} {weight:.1f}" for cause, weight in heard.causes.items()) or "–"
    console.print(f"时刻 · moment: {heard.moment or '–'}    原因 · causes: {causes}    缓和 · against anger: {heard.holdback:.2f}")


def _places(folder: Path | None) -> Places:
    return Places(folder) if folder is not None else places(get_settings())
