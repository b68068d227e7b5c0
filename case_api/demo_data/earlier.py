"""Both sites' complaint ledgers from before the year: weeks on paper, without which the trend before the product is hardly known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from case_api.demo_data import SITES
from case_api.demo_data.rows import MARK, Rows
from case_api.demo_data.story import COMPLAINTS_BEFORE, GO_LIVE_AFTER, VISITS, Story, evenly, go_live_of
from case_api.figures.rules import year_to
from models.learning import EarlierWeek

WEEKS: Final = 35
ESCALATIONS: Final = 52
"""Per hundred requests, as in the year's months before the product."""


def write(rows: Rows, told: Sequence[Story], today: date) -> None:
    """The weeks before the year's first, with as many conversations as the weeks before the go-live day have."""
    first, go_live = year_to(today)[0], go_live_of(today)
    monday = first - timedelta(days=first.weekday())
    for code in SITES:
        early = sum(story.site == code and story.received_at.date() < go_live for story in told)
        each = round(early * 7 / GO_LIVE_AFTER.days)
        for number in range(WEEKS):
            held = range(number * each, (number + 1) * each)
            rows.add(
                EarlierWeek,
                site_id=rows.sites[code],
                monday=monday - timedelta(weeks=WEEKS - number),
                conversations=each + sum(evenly(place, VISITS, 100) for place in held),
                complaints=sum(evenly(place, COMPLAINTS_BEFORE, 100) for place in held),
                escalations=sum(evenly(place, ESCALATIONS, 100) for place in held),
                source=f"{MARK}：客服台账",
                changed_by=rows.people[code, "trainer"],
                changed_at=rows.now,
                version=1,
            )
