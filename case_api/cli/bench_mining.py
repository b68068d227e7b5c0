"""`calmdesk bench mining`: how long it takes to find new terms in what very many people said."""

from __future__ import annotations

import time
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.progress import Progress

from case_api.cli.common import print_json
from scripts_library.library import Library
from scripts_library.mining.phrases import index, over_represented
from scripts_library.mining.synthetic import conversations
from scripts_library.mining.words import Segmenter

PLANTED = "毛坯交付"
console = Console(stderr=True)


def mining(
    utterances: Annotated[int, typer.Option(min=1000, help="Made-up utterances to mine")] = 1_000_000,
    each: Annotated[int, typer.Option(min=1, max=500, help="Utterances of a conversation")] = 50,
    seed: Annotated[int, typer.Option()] = 1,
) -> None:
    """Cut into words, count phrases and compare; a phrase was planted in one of twenty escalated conversations."""
    sessions = max(utterances // each, 10)
    texts, owner, escalated = [], [], np.zeros(sessions, bool)
    for number, raised, text in conversations(sessions, each, planted=PLANTED, share=0.05, seed=seed):
        texts.append(text)
        owner.append(number)
        escalated[number] = raised
    library = Library.load()
    known = [form for form, _ in library.forms]
    begun, spent = time.perf_counter(), time.process_time()
    with Progress(console=console) as bar:
        cutting, counting = bar.add_task("分词 · words", total=1.0), bar.add_task("比较 · phrases", total=1.0)
        corpus = index(texts, owner, Segmenter(library), sessions, lambda share: bar.update(cutting, completed=share))
        cut = time.perf_counter() - begun
        found = over_represented(corpus, escalated, known, progress=lambda share: bar.update(counting, completed=share))
    took, spent = time.perf_counter() - begun, time.process_time() - spent
    place = next((number for number, one in enumerate(found, 1) if PLANTED in one.text), None)
    report: dict[str, Any] = {"utterances": len(texts), "conversations": sessions, "words": len(corpus.ids), "cut_s": round(cut, 1)}
    print_json(report | {"seconds": round(took, 1), "processor_seconds": round(spent, 1), "planted_phrase_at": place})
