"""Each kind of entry as a form, and the form's answer as a change. Pure but for the words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from case_api.console.fields import Field, body
from case_api.console.parts import choices
from case_api.console.visit import Visit
from scripts_library.records import LEVELS, Cause, Kind, Listen, Moment, Signal, Tone

Row = dict[str, Any]
USUAL: Final[dict[str, Row]] = {
    "script": {"kind": "calming", "situation": "first_outburst", "tone": "warm", "cause": "any"},
    "term": {"severity": "2", "signal": "none", "listen": "near"},
    "rule": {},
}
"""What a new entry starts with, and what a file need not say."""


def fields_of(
    visit: Visit, shelf: str, content: Row | None, categories: dict[str, str], scripts: Mapping[str, Row], *, new: bool
) -> list[Field]:
    """The form of an entry, filled with what it says. `scripts` are those that a rule can name."""
    given = USUAL[shelf] | _flat(content or {})
    named = [Field("key", label=f"desk.field.key.{shelf}", required=True, help=f"desk.help.key.{shelf}")] if new else []
    made = _term(visit, categories) if shelf == "term" else _script(visit) if shelf == "script" else _rule(visit, scripts, given)
    labelled = [replace(field, label=f"desk.field.{field.name}") for field in made]
    return [*named, *(replace(field, value=given.get(field.name)) for field in labelled)]


def _script(visit: Visit) -> list[Field]:
    return [
        Field("zh", "prose", required=True, help="desk.help.zh"),
        Field("en", "prose", required=True),
        Field("kind", "choice", required=True, options=choices(visit, "kind", Kind)),
        Field("situation", "choice", required=True, options=choices(visit, "situation", Moment)),
        Field("tone", "choice", required=True, options=choices(visit, "tone", Tone)),
        Field("cause", "choice", required=True, options=choices(visit, "cause", Cause)),
        Field("levels", "many", options=choices(visit, "level", LEVELS)),
    ]


def _term(visit: Visit, categories: dict[str, str]) -> list[Field]:
    causes = [one for one in Cause if one is not Cause.ANY]
    return [
        Field("category", "choice", required=True, options=list(categories.items())),
        Field("severity", "choice", required=True, options=[(str(count), "●" * count) for count in (1, 2, 3)]),
        Field("aliases", "lines", help="desk.help.lines"),
        Field("misheard", "lines", help="desk.help.misheard"),
        Field("near", "lines", help="desk.help.lines"),
        Field("not_if", "lines", help="desk.help.lines"),
        Field("listen", "choice", required=True, options=choices(visit, "listen", Listen)),
        Field("signal", "choice", required=True, options=choices(visit, "signal", Signal)),
        Field("cause", "choice", options=choices(visit, "cause", causes)),
        Field("moment", "choice", options=choices(visit, "situation", Moment)),
    ]


def _rule(visit: Visit, scripts: Mapping[str, Row], given: Row) -> list[Field]:
    """What is named already stands first, in its order, also if the script is gone since."""
    named = given.get("instead.scripts") or []
    by_situation = sorted(scripts, key=lambda key: (visit.named("situation", scripts[key]["situation"]), key))
    options = [(key, _named(visit, key, scripts.get(key))) for key in dict.fromkeys([*named, *by_situation])]
    return [
        Field("phrases", "lines", required=True, help="desk.help.phrases"),
        Field("unless", "lines", help="desk.help.lines"),
        Field("instead.scripts", "pick", options=options, help="desk.help.pick"),
        Field("instead.zh", "prose", help="desk.help.zh"),
        Field("instead.en", "prose"),
    ]


def _named(visit: Visit, key: str, script: Row | None) -> str:
    if script is None:
        return visit.look.aside(key, visit.t("desk.gone"))
    status = script["review"]["status"]
    situation = visit.named("situation", script["situation"])
    told = situation if status == "approved" else visit.look.aside(situation, visit.named("review", status))
    return visit.look.pair(told, visit.both(script) or script["zh"])


def change_of(shelf: str, key: str, fields: list[Field], given: Mapping[str, Any]) -> Row:
    """What a form says. Raises Mistyped."""
    content = body(fields, given)
    named = content.pop("key", key)
    if shelf == "rule":
        instead = content.setdefault("instead", {})
        if not instead.get("scripts"):
            instead.pop("scripts", None)
    if "severity" in content:
        content["severity"] = int(content["severity"])
    return {"shelf": shelf, "key": named, "action": "put", "content": content}


def lenient(fields: list[Field]) -> list[Field]:
    """The same form while it is being filled in."""
    return [replace(field, required=False) for field in fields]


def _flat(content: Row) -> Row:
    inner = {f"instead.{name}": value for name, value in (content.get("instead") or {}).items()}
    severity = {"severity": str(content["severity"])} if "severity" in content else {}
    return {name: value for name, value in content.items() if name != "instead"} | inner | severity
