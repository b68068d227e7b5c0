"""`calmdesk library`: check a trainer's files, try a sentence against them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from case_api.library.edits.files import KEPT
from case_api.library.edits.weighing import differences
from models.settings import get_settings
from scripts_library.entries import changes, content_of, files_of, named_in
from scripts_library.library import Library, Places, places, validate
from scripts_library.problems import LibraryError
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


@app.command()
def export(to: Annotated[Path, typer.Argument(help="An empty or new folder")], folder: Folder = None) -> None:
    """Write the library in force as files, what the script desk approved included; they read as the same library."""
    where = _places(folder)
    if to.exists() and any(to.iterdir()):
        console.print(f"不是空文件夹 · not empty: {to}", highlight=False)
        raise typer.Exit(1)
    kept = {name: (where.folder / name).read_bytes() for name in KEPT}
    for name, content in files_of(Library.load(*where), kept).items():
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        (to / name).write_bytes(content)
    console.print(f"已写入 · written: {to}", highlight=False, soft_wrap=True)


@app.command()
def diff(file: Annotated[Path, typer.Argument(help="A file of scripts, terms or wording rules")], folder: Folder = None) -> None:
    """Say what a file would change, or every fault of it by line (exit status 1). Import it in the console, where it is reviewed."""
    where, text = _places(folder), file.read_bytes()
    try:
        before, after = Library.load(*where), Library.load(*where, [(file.name, text)])
    except LibraryError as error:
        for problem in error.problems:
            console.print(str(problem), highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
    for entry in changes(before, after, named_in(text)):
        console.print(f"{entry.shelf} {entry.key}", highlight=False)
        for one in differences(content_of(before, entry.shelf, entry.key), entry.content):
            console.print(f"  {one.field}: {one.before or '–'} → {one.after or '–'}", highlight=False, soft_wrap=True)


def _places(folder: Path | None) -> Places:
    return Places(folder) if folder is not None else places(get_settings())
