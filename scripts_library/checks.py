"""Rules a text has to keep, whichever file it stands in."""

from __future__ import annotations

import re

HANZI = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
SLUG = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")
MOST_HANZI = 45  # what can be read at arm's length in one glance
MOST_ENGLISH = 220

# Words by which a sentence would bind the seller (「话术不得作出具体承诺」): certainty, whole sums, shares, amounts, days.
PROMISE_WORDS = (
    "一定退|肯定退|保证|承诺|包退|全额|全部退|全款退|百分之|百分百|打包票|绝对|必定|必须退|马上退|立刻退|立即退|今天退|明天退|今天到账|明天到账|当天到账|"
    "无条件|我负责退|可以退给您|能退给您|会退给您|退给您全|赔您|赔偿您|免除违约金|不收违约金|不扣|一分不少|说到做到|没问题的|稳赢|"
    "送您|赠送您|免费送|免您|降价给您|优惠给您"
)
NUMBER = "[0-9０-９零一二两三四五六七八九十百千]"
PROMISE = re.compile(
    rf"{PROMISE_WORDS}|{NUMBER}+\s*[%％]|{NUMBER}+\s*[万亿]?(?:元|块钱|块)|{NUMBER}+个?(?:小时|分钟|工作日|天|周|星期|月)(?:之?内|以内|后)|[%％]"
    r"|\b(?:guarantee|we promise|full refund|will be refunded|will refund)\b",
    re.IGNORECASE,
)


def hanzi(text: str) -> int:
    return len(HANZI.findall(text))


def promise_in(text: str) -> str | None:
    """The first words that bind the seller, or None."""
    found = PROMISE.search(text)
    return found.group() if found else None
