"""What the pages of the script desk share: the phone's card, what a change changes, where things are."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Any, Final

from case_api.console.parts import div, el, empty, link, table, tag
from case_api.console.visit import Visit

Row = dict[str, Any]
SHELVES: Final = ("script", "term", "rule")
LISTS: Final = {"script": "scripts", "term": "terms", "rule": "wording"}
"""The tab of the library that an entry stands in."""
TONES: Final = {"draft": "", "submitted": "warn", "approved": "good", "returned": "bad", "withdrawn": ""}
NAMED: Final = {"kind": "kind", "situation": "situation", "moment": "situation", "cause": "cause", "tone": "tone", "signal": "signal"}
"""Fields whose values are codes, and the group of texts that names them."""
ALIKE: Final = 0.5
"""Below this a text counts as another one, not as one with changes here and there."""
REASONS: Final = {"calming": "desk.reason_voice", "guidance": "desk.reason_words", "wording": "desk.reason_wording"}


def crumbs(visit: Visit, shelf: str, *, review: bool = False) -> None:
    """The way back."""
    with el("nav", "", "crumbs"):
        link(visit.t("library.title"), "/library", shelf=LISTS[shelf])
        if review:
            link(visit.t("desk.review"), "/library/edits")


def address(shelf: str, key: str) -> dict[str, str]:
    """The query that names an entry."""
    return {"shelf": shelf, "key": key}


def phone_card(visit: Visit, kind: str, zh: str, en: str) -> None:
    """The prompt as the phone page draws it; its buttons do nothing here."""
    with el("article", "", f"phone-card {kind}"):
        with el("header"):
            el("span", visit.named("phone_kind", kind), "phone-kind")
            el("time", "0:47")
        el("p", zh or "……", "phone-say", lang="zh-CN")
        if en:
            el("p", en, "phone-en", lang="en")
        el("p", visit.t(REASONS.get(kind, "desk.reason_voice")), "phone-why")
        with div("phone-answers", aria_hidden="true"):
            for name in ("dismiss", "helped", "use"):
                el("span", visit.t(f"desk.{name}"), "main" if name == "use" else "")


def card_of(visit: Visit, shelf: str, content: Row | None, scripts: dict[str, Row]) -> bool:
    """The card that an entry brings up; False where it brings none of its own (a term)."""
    if content is None or shelf == "term":
        return False
    if shelf == "script":
        phone_card(visit, content.get("kind", "calming"), content.get("zh", ""), content.get("en", ""))
        return True
    instead = content.get("instead") or {}
    named = [scripts[key] for key in instead.get("scripts", []) if key in scripts]
    shown = named[0] if named else instead
    phone_card(visit, "wording", shown.get("zh", ""), shown.get("en", ""))
    return True


def said(visit: Visit, field: str, value: Any) -> str:
    """One value as people read it."""
    if value in (None, "", []):
        return "—"
    if isinstance(value, list):
        return visit.look.listed(visit.named("level", one) if field == "levels" else str(one) for one in value)
    if field == "listen":
        return visit.named("listen", value)
    return visit.named(NAMED[field], value) if field in NAMED else str(value)


def difference_table(visit: Visit, found: list[Row]) -> None:
    """Field, before, after; what went is struck, what came is marked."""
    if not found:
        empty(visit.t("desk.no_changes"))
        return
    with table([visit.t(f"rule.{head}") for head in ("place", "before", "after")], visit.t("desk.changes")):
        for one in found:
            with el("tr"):
                el("td", visit.t(f"desk.field.{one['field']}"), "nowrap")
                _sides(visit, one["field"], one["before"], one["after"])


def _sides(visit: Visit, field: str, before: Any, after: Any) -> None:
    old, new = (_pieces(visit, field, value) for value in (before, after))
    matched = SequenceMatcher(None, old, new, autojunk=False)
    steps = matched.get_opcodes() if matched.ratio() > ALIKE else [("replace", 0, len(old), 0, len(new))]
    glue = visit.look.listed(("", "")) if isinstance(before or after, list) else ""
    spans = {"del": [(step[0], step[1], step[2]) for step in steps], "ins": [(step[0], step[3], step[4]) for step in steps]}
    for pieces, changed in ((old, "del"), (new, "ins")):
        with el("td", "", "wide-cell diff"):
            if not pieces:
                el("span", visit.t("desk.all_levels") if field == "levels" else "—")
            for what, begin, end in spans[changed]:
                if text := glue.join(pieces[begin:end]):
                    el("span" if what == "equal" else changed, text + (glue if end < len(pieces) else ""))


def _pieces(visit: Visit, field: str, value: Any) -> list[str]:
    """Characters of a Chinese text, words of an English one, the entries of a list."""
    if value in (None, "", []):
        return []
    if isinstance(value, list):
        return [visit.named("level", one) if field == "levels" else str(one) for one in value]
    language = field.rpartition(".")[2]
    if language == "en":
        return re.findall(r"\w+|\W", str(value))
    return list(str(value)) if language == "zh" else [said(visit, field, value)]


def status_tags(visit: Visit, edit: Row) -> None:
    """Where a change is, and what it does to its entry."""
    tag(visit.named("desk_status", edit["status"]), TONES[edit["status"]])
    if edit["action"] != "put":
        tag(visit.named("desk_action", edit["action"]), "info")


def called(visit: Visit, shelf: str, key: str, content: Row | None) -> str:
    """An entry as people know it: a script by its words, the others by their name."""
    words = (visit.both(content) or content["zh"]) if shelf == "script" and content else ""
    return str(words or f"{visit.named('desk_shelf', shelf)} · {key}")


def who_and_when(visit: Visit, edit: Row) -> str:
    """Drafter, decider, number."""
    parts = [visit.t("desk.by", name=edit["drafted_by_name"], at=visit.moment(edit["drafted_at"]))]
    if edit["decided_at"]:
        parts.append(visit.t("desk.decided_by", name=edit["decided_by_name"], at=visit.moment(edit["decided_at"])))
    if edit["number"]:
        parts.append(visit.t("desk.number", number=edit["number"]))
    return " · ".join(parts)


async def scripts_by_id(visit: Visit) -> dict[str, Row]:
    """Every script in force."""
    return {one["id"]: one for one in (await visit.rest.get("library/scripts"))["items"]}


def tried_sides(visit: Visit, both: Row) -> None:
    """What a sentence sets off, before and after; once where it is the same."""
    if all(both["before"][name] == both["after"][name] for name in ("hits", "wording", "prompt", "if_voice_rises")):
        el("p", visit.t("desk.same"), "note")
        tried(visit, both["after"])
        return
    with div("columns"):
        for side in ("before", "after"):
            with div("stack"):
                el("h3", visit.t("desk.preview_now" if side == "before" else "desk.preview_new"))
                tried(visit, both[side])


def tried(visit: Visit, found: Row) -> None:
    """What a sentence sets off."""
    if not (found["hits"] or found["wording"] or found["prompt"] or found["if_voice_rises"]):
        el("p", visit.t("library.nothing"), "note")
        return
    with div("tags"):
        for hit in found["hits"]:
            tag(f"{hit['term']} {'●' * hit['severity']}", "" if hit["negated"] else "warn")
        for hit in found["wording"]:
            tag(visit.look.quoted(hit["heard"]), "bad")
    for name, label in (("prompt", "library.would_prompt"), ("if_voice_rises", "library.if_rises")):
        if found[name]:
            el("p", visit.look.pair(visit.t(label), found[name]["text"]), "live-prompt")
