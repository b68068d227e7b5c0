"""Chinese working days, make-up days (调休) included. Pure."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

import holidays

ONE_DAY: Final = timedelta(days=1)


@cache
def _calendar() -> holidays.HolidayBase:
    """Years are filled in when they are asked for."""
    return holidays.country_holidays("CN")


@cache
def is_working_day(day: date) -> bool:
    """Whether people work: Monday to Friday but for holidays and days in lieu, and the weekend days that make up for those."""
    return bool(_calendar().is_working_day(day))


@cache
def is_published(year: int) -> bool:
    """Whether the State Council's arrangement of this year is known to the installed `holidays` package.

    It is published each November for the next year, and every arrangement so far makes some weekend days working days. Without it only
    the statutory holidays are known, which is a guess at which days people work.
    """
    _calendar().get(date(year, 1, 1))
    return any(day.year == year for day in _calendar().weekend_workdays)


def after_working_days(day: date, count: int) -> date:
    """The `count`-th working day after `day`; `day` itself for 0."""
    while count > 0:
        day += ONE_DAY
        count -= is_working_day(day)
    return day


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """When the day is over in this zone."""
    return datetime.combine(day + ONE_DAY, time(), zone)
