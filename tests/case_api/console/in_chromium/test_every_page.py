"""Every page without a serious fault, and none that a phone has to scroll sideways or a finger misses."""

from __future__ import annotations

import pytest

from tests.case_api.console.browser import WIDE, Room
from tests.case_api.mic.phone import PHONE

EVERY_PAGE = {
    "zhangwei": [
        "/tasks",
        "/inbox",
        "/inbox?view=channels",
        "/cases",
        "/cases?view=list",
        "/cases/{draft}",
        "/cases/{draft}?tab=form",
        "/cases/{assessing}?tab=assessment",
        "/cases/{solving}?tab=solutions",
        "/cases/{approving}?tab=approvals",
        "/cases/{closing}?tab=closing",
        "/cases/{approving}?tab=evidence",
        "/form-links",
        "/warnings",
        "/warnings?view=list",
        "/warnings/{warning}",
        "/warning-rules",
        "/acknowledgements?customer_reference=C-9",
        "/acknowledgements/{ack}",
        "/competitor-offers",
        "/competitor-offers/{rival}",
        "/crm-sources",
        "/figures",
        "/figures/cases?of=cause&value=family",
        "/sessions",
        "/sessions/{talk}",
        "/sessions/{live}",
        "/sessions/{talk}/labels",
        "/labels",
        "/sessions/{talk}/compare?with={other}&from=onset",
        "/clips",
        "/clips/{clip}",
        "/live",
        "/library?shelf=terms",
        "/policies",
        "/search?q=定金",
        "/learning?view=words",
        "/learning?view=hits",
        "/learning?view=terms",
        "/learning?view=groups",
        "/learning?view=effects",
        "/learning?view=ranking",
        "/learning?view=progress",
        "/learning?view=digest",
        "/benefits",
    ],
    "sunli": ["/cases/{closing}?tab=history", "/policies", "/holds", "/audit", "/library/edits/{edit}"],
    "wanggang": ["/tasks", "/delegations"],
    "linna": [
        "/learning?view=hits",
        "/library",
        "/library/entry?shelf=script&key=first-water",
        "/library/edit?shelf=term&key=定金",
        "/library/edits",
        "/library/files",
    ],
    "root": ["/people", "/sites", "/crm-sources", "/webhooks", "/webhooks/{webhook}", "/guide", "/state", "/thresholds"],
    None: ["/sign-in"],
}

TOO_WIDE = """async () => {
  const frame = () => new Promise(done => requestAnimationFrame(done));
  for (let count = 0; count < 2 || (count < 120 && document.documentElement.scrollWidth > innerWidth); count++) await frame();
  return document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll('main *, header *, body > *')]
    .filter(one => one.getBoundingClientRect().right > innerWidth + 1 && !one.children.length)
    .map(one => `${one.tagName}.${one.className} to ${Math.round(one.getBoundingClientRect().right)} px: ${one.textContent.slice(0, 60)}`)
    .concat([`${document.documentElement.scrollWidth} px wide`]);
}"""
"""What sticks out of the window, if the page has to be scrolled sideways. What the new width makes move is given frames to arrive:
how many a busy machine needs for it is its own affair, and a page that is too wide stays too wide."""

TOO_SMALL = """async () => {
  const found = () => [...document.querySelectorAll("a, button, select, summary, textarea, .check, input")]
    .filter(one => !["checkbox", "radio", "hidden"].includes(one.type))
    .filter(one => one.closest("#content") && one.checkVisibility())
    .map(one => [one, one.getBoundingClientRect()])
    .filter(([, box]) => box.height < 43.5 || box.width < 43.5)
    .map(([one, box]) => `${one.className} ${one.innerText || one.name}: ${Math.round(box.width)} × ${Math.round(box.height)}`);
  for (let count = 0; count < 120 && found().length; count++) await new Promise(done => requestAnimationFrame(done));
  return found();
}"""
"""What a finger misses, once the new width has arrived."""

PUSHED = """async () => {
  const found = () => [...document.querySelectorAll(".table.flow, .table.stacked")].filter(one => one.scrollWidth > one.clientWidth + 1);
  for (let count = 0; count < 120 && found().length; count++) await new Promise(done => requestAnimationFrame(done));
  return found().map(one => `${one.getAttribute("aria-label")}: ${one.scrollWidth} in ${one.clientWidth} px`);
}"""
"""Lists that a phone has to push sideways, once the new width has arrived."""

FOR_FINGERS = ("/inbox", "/warning", "/acknowledgements", "/competitor-offers", "/figures", "/form-links", "/benefits", "/crm-sources")


BATCH = 12


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("username", "paths"),
    [(username, paths[first : first + BATCH]) for username, paths in EVERY_PAGE.items() for first in range(0, len(paths), BATCH)],
    ids=lambda given: None if isinstance(given, list) else str(given),
)
def test_every_page_is_accessible_and_fits_a_phone(chrome: Room, username: str | None, paths: list[str]) -> None:
    faults: list[str] = []
    for number, path in enumerate(paths):
        desk = chrome.desk(username, dark=number % 2 == 1)
        desk.go(path)
        faults += desk.faults()
        desk.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        faults += [f"{path}: {part}" for part in desk.page.evaluate(TOO_WIDE)]
        faults += [f"{path}: {part}" for part in desk.page.evaluate(PUSHED)]
        if path.startswith(FOR_FINGERS):
            faults += [f"{path}: {part}" for part in desk.page.evaluate(TOO_SMALL)]
        desk.page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    assert faults == []
