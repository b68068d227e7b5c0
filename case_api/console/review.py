"""One conversation heard again: sound, who spoke, how it was said, what came up and what was said."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final, get_args

from fastapi import Request
from nicegui import events, ui
from nicegui.element import Element

from case_api.companions.rules import RUNNING
from case_api.console import clips, companions, keeping, talk, withdrawal
from case_api.console.correcting import correcting
from case_api.console.door import PREFIX
from case_api.console.fields import seconds as seconds_of
from case_api.console.forms import done_banner, refuse
from case_api.console.pages import page
from case_api.console.parts import card, clock, div, el, empty, facts, href, link, tag
from case_api.console.rest import Refused, command_key
from case_api.console.scripts import SHARED
from case_api.console.sessions import prompts_of
from case_api.console.visit import Visit, reference
from case_api.security import Permission
from models.sessions import Level, Speaker

Row = dict[str, Any]
EXPORTS: Final = ("srt", "txt", "vtt", "json")
TRACK_TEXTS: Final = ("lanes", "loudness", "rate", "pitch", "marks", "usual")
SIGNS: Final = ("prompt", "withheld", "keyword", "moment", "calmed", "mark", "hint", "comment")
REFRESH_SECONDS: Final = 3.0
_TEXTS: Final = (
    *TRACK_TEXTS, "play", "pause", "speed", "soundless", "skip", "events", "transcript", "find", "follow", "nothing",
    "comments", "no_comments", "comment", "comment_at", "withdraw",
    "choose", "chosen", "from_here", "to_here", "play_span", "cut", "clear",
    "correct", "corrected", "history", "why", "why_usual", "readings", "save", "saved", "cancel", "undo", "now", "restore",
    "zoom", "zoom_in", "zoom_out", "zoom_help", "whole", "pan", "loading", "failed", "again", "doubtful",
    "keys", "keys_on", "close",
    *(f"key_{name}" for name in ("toggle", "ten", "five", "speed", "skip", "zoom", "whole", "edges", "correct", "keys")),
    *(f"sign_{name}" for name in SIGNS),
)  # fmt: skip


class ReviewPlayer(Element, component=Path(__file__).parent / "static" / "review.js", esm=SHARED):
    """The player with its tracks; everything it shows is in `session`."""

    def __init__(self, session: Row) -> None:
        super().__init__()
        self.props["session"] = session


@page("/sessions/{session_id}", "review.title", Permission.SESSION_READ_OWN, Permission.SESSION_READ_SITE)
async def review(visit: Visit, request: Request) -> None:
    """The whole conversation; without a recording its figures only."""
    session = await visit.rest.get(f"sessions/{reference(request, 'session_id')}", utterances=False)
    if session["recording"]:
        talk.ask_early(session)
    with el("nav", "", "crumbs", aria_label=visit.t("crumbs")):
        link(visit.t("nav.sessions"), "/sessions")
        el("span", visit.moment(session["started_at"]), aria_current="page")
    with div("page-head"):
        el("h1", f"{session['staff_name']} · {visit.moment(session['started_at'])}")
        tag(visit.named("level", session["peak_level"]), session["peak_level"])
        if session["status"] != "ended":
            tag(visit.named("session", session["status"]), "warn")
        if session["case_id"] and visit.holds(Permission.CASE_READ):
            link(session["case_code"] or visit.t("sessions.case"), f"/cases/{session['case_id']}", "button small", tab="evidence")
        if session["recording"]:
            if session["status"] == "ended" and visit.holds(Permission.SESSION_LABEL):
                link(visit.t("labels.open"), f"/sessions/{session['id']}/labels", "button small")
            link(visit.t("compare.open"), f"/sessions/{session['id']}/compare", "button small")
            _exports(visit, session)
        keeping.button(visit, "session", session)
        withdrawal.button(visit, session)
    if keeping.may_hold(visit, session):
        await keeping.told(visit, session_id=session["id"], case_id=session["case_id"])
    if session["status"] in RUNNING and (_accompanies(visit, session) or session["hints"] or session["listeners"]):
        _accompanying(visit, session)
    if session["recording"]:
        path = f"sessions/{session['id']}"
        said, cut = await asyncio.gather(visit.rest.optional(f"{path}/comments"), visit.rest.optional(f"{path}/clips"))
        cuts = session["status"] == "ended" and visit.principal.may(Permission.SESSION_CLIP, session["site_id"])
        done_banner(visit)
        trouble = div("trouble")
        player = ReviewPlayer(_player(visit, session) | {"comments": said["items"] if said else None, "cut": cuts})
        _commenting(visit, session["id"], player, trouble)
        correcting(visit, session["id"], player, trouble)
        _cutting(visit, session["id"], player)
        if cut and (cuts or cut["items"]):
            clips.of_session(visit, cut["items"])
    else:
        done_banner(visit)
        withdrawal.told(visit, session)
    with div("columns"):
        _figures(visit, session)
        if session["recording"]:  # else they are counted, and which they were is not kept or not shown
            _prompts(visit, session)


def _accompanies(visit: Visit, session: Row) -> bool:
    return visit.principal.may(Permission.SESSION_ACCOMPANY, session["site_id"])


def _accompanying(visit: Visit, session: Row) -> None:
    """What one can do while it goes on, and what became of it."""

    async def again() -> None:
        try:
            found = await visit.rest.get(f"sessions/{session['id']}", utterances=False)
        except Refused:
            timer.deactivate()
            return
        said.clear()
        with said:
            companions.given(visit, found)

    with card(visit.t("live.accompany"), visit.t("live.help") if _accompanies(visit, session) else ""):
        companions.controls(visit, session, session["consent"]["notice_version"], again)
        said = div("live-body")
        with said:
            companions.given(visit, session)
    timer = ui.timer(REFRESH_SECONDS, again, immediate=False)


def _commenting(visit: Visit, session_id: str, player: ReviewPlayer, trouble: Element) -> None:
    async def write(event: events.GenericEventArguments) -> None:
        view = event.args.pop("view")
        await send("POST", f"sessions/{session_id}/comments", event.args, at=event.args["at"], view=view, done="comment")

    async def withdraw(event: events.GenericEventArguments) -> None:
        path, view = f"sessions/{session_id}/comments/{event.args['id']}", event.args["view"]
        await send("DELETE", path, None, at=visit.query.get("at"), view=view, done="comment_withdrawn")

    async def send(method: str, path: str, body: Row | None, **query: Any) -> None:
        trouble.clear()
        try:
            await visit.rest.send(method, path, body, key=command_key())
        except Refused as refused:
            refuse(visit, trouble, refused)
            return
        ui.navigate.to(href(f"/sessions/{session_id}", **query).removeprefix(PREFIX))

    player.on("comment", write)
    player.on("withdraw", withdraw)


def _cutting(visit: Visit, session_id: str, player: ReviewPlayer) -> None:
    async def cut(event: events.GenericEventArguments) -> None:
        await clips.cut(visit, session_id, float(event.args["start"]), float(event.args["end"]))

    player.on("cut", cut)


def _exports(visit: Visit, session: Row) -> None:
    base = f"{PREFIX}/files/v1/sessions/{session['id']}"
    with el("details", "", "own"):
        el("summary", visit.t("review.export"), "button small")
        with div("own-panel"):
            report = f"{base}/report.pdf?lang={visit.look.language}"
            el("a", visit.t("review.report"), "button small", href=report, target="_blank")
            el("a", visit.t("review.report_whole"), "button small", href=f"{report}&transcript=true", target="_blank")
            if sound := sound_of(visit, session):
                el("a", visit.t("review.audio"), "button small", href=sound, download="")
            for form in EXPORTS:
                el("a", visit.t(f"review.{form}"), "button small", href=f"{base}/export?format={form}", download="")


def _player(visit: Visit, session: Row) -> Row:
    return {
        "source": talk.source_of(session),
        "seconds": session["seconds"],
        "audio": sound_of(visit, session),
        "at": min(seconds_of(visit.query.get("at", "")) or 0.0, session["seconds"]),
        "play": visit.query.get("play") == "1",
        "correct": session["status"] == "ended"
        and visit.principal.may(Permission.SESSION_CORRECT, session["site_id"])
        and session["staff_id"] != visit.principal.person_id,
        "texts": {name: visit.t(f"player.{name}") for name in _TEXTS}
        | {"running": visit.t("live.running") + (visit.t("live.listen_to_hear") if _accompanies(visit, session) else "")},
        "names": names_of(visit),
    }


def sound_of(visit: Visit, session: Row) -> str | None:
    """Where its sound is. While it goes on only its own staff member plays it; others listen in."""
    if session["status"] != "ended" and session["staff_id"] != visit.me["id"]:
        return None
    return f"{PREFIX}/files/v1/sessions/{session['id']}/audio"


def names_of(visit: Visit) -> Row:
    """Of speakers and levels, for the legend."""
    return {
        group: {name: visit.named(group, name) for name in get_args(codes)} for group, codes in (("speaker", Speaker), ("level", Level))
    }


def _figures(visit: Visit, session: Row) -> None:
    counts, share = session["counts"], session["talk_share"]
    with card(visit.t("review.figures")):
        facts(
            [
                (visit.t("sessions.length"), clock(session["seconds"])),
                (visit.t("review.speech"), clock(session["speech_seconds"])),
                (visit.t("review.share"), " · ".join(f"{visit.named('speaker', name)} {value:.0%}" for name, value in share.items())),
                (visit.t("sessions.prompts"), prompts_of(counts)),
                (visit.t("sessions.keywords"), counts.get("keywords", 0)),
                (visit.t("review.consent"), _consent(visit, session["consent"])),
                *_listened(visit, session),
                (visit.t("review.sha"), (session["recording_sha256"] or "")[:16]),
            ]
        )
        for warning in session["warnings"]:
            el("small", f"{clock(warning['at'])} {visit.named('warning', warning['code'])}")


def _listened(visit: Visit, session: Row) -> list[tuple[str, str]]:
    """Who listened in while it went on; nothing where nobody did."""
    names = dict.fromkeys(f"{one['person_name']} {visit.moment(one['started_at'])}" for one in session["listeners"])
    return [(visit.t("review.listened"), visit.look.listed(names))] if names else []


def _consent(visit: Visit, consent: Row) -> str:
    if consent["withdrawn_at"]:
        return visit.t("review.consent_withdrawn", at=visit.moment(consent["withdrawn_at"]))
    answer = visit.t("review.consent_yes" if consent["recording"] else "review.consent_no")
    return f"{answer} · {visit.named('method', consent['method'])} · {visit.moment(consent['given_at'])}"


def _prompts(visit: Visit, session: Row) -> None:
    """What was shown, and among it what the lot withheld."""
    shown, withheld = session["prompts"], session["withheld"]
    note = visit.t("review.shown_and_withheld", shown=len(shown), withheld=len(withheld)) if withheld else str(len(shown))
    with card(visit.t("sessions.prompts"), note):
        if not shown and not withheld:
            empty(visit.t("review.no_prompts"))
        with el("ul", "", "entries"):
            for prompt in sorted([*shown, *withheld], key=lambda one: one["at"]):
                with el("li", "", "entry top-row"):
                    el("span", clock(prompt["at"]), "number")
                    with div("grow"):
                        el("strong", prompt["text"])
                        el("small", " · ".join([visit.named("kind", prompt["kind"]), *map(str, prompt["reasons"])]))
                    if prompt in withheld:
                        tag(visit.t("review.withheld"), "warn")
                    else:
                        for tap in prompt["feedback"][-1:]:
                            tag(visit.named("verdict", tap["verdict"]), "good" if tap["verdict"] in ("helpful", "used") else "")
        if withheld:
            el("small", visit.t("review.withheld_note"))
