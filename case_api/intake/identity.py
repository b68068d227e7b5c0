"""ID numbers and phone numbers: one spelling each, checked, and masked for whoever need not see them whole. Pure."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Literal

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

IdType = Literal["resident_id", "passport", "hk_macao_permit", "taiwan_permit", "other"]

_SEPARATORS = re.compile(r"[\s\-·.]")
_OTHER_NUMBER = re.compile(r"[A-Z0-9]{5,20}")
_RESIDENT = re.compile(r"[0-9]{17}[0-9X]", re.ASCII)
_LONG_NUMBER = re.compile(r"[0-9][0-9 \-]{9,22}[0-9Xx]")
_HOME = "CN"
_TAKES_MESSAGES = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
_VISIBLE = 4


def id_spelling(text: str) -> str:
    """Upper case, half width, without separators: what is stored and compared."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text)).upper()


def id_number_valid(id_type: IdType, number: str, today: date) -> bool:
    """Whether `number` (as `id_spelling` gives it) can be a number of this kind.

    A resident ID has 18 places, a date of birth that is not to come, and a check digit (GB 11643). The place code is not looked up:
    codes were changed and withdrawn for forty years, and an old card keeps its own. Other papers have no check digit that holds everywhere.
    """
    if id_type != "resident_id":
        return _OTHER_NUMBER.fullmatch(number) is not None
    if not _RESIDENT.fullmatch(number) or ric.calc_check_digit(number) != number[-1]:
        return False
    try:
        return date(1900, 1, 1) <= ric.get_birth_date(number) <= today
    except ValidationError:
        return False


def phone_spelling(text: str) -> str | None:
    """E.164 of a number that exists; numbers without a country are Chinese. None for anything else."""
    try:
        number = phonenumbers.parse(text, _HOME)
    except NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def takes_messages(phone: str) -> bool:
    """Whether a one-time code can be sent to this E.164 number; a landline takes none."""
    return phonenumbers.number_type(phonenumbers.parse(phone, None)) in _TAKES_MESSAGES


def masked(number: str | None) -> str | None:
    """The last four characters; stars before them. Shorter numbers keep fewer, never more than a third."""
    if number is None:
        return None
    kept = min(_VISIBLE, len(number) // 3)
    return "*" * (len(number) - kept) + number[len(number) - kept :]


def redacted(text: str) -> str:
    """Free text without the numbers that people write into it: whatever is as long as a phone or ID number is masked."""
    return _LONG_NUMBER.sub(lambda found: masked(found[0]) or "", text)
