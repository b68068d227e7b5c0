"""Server messages of a short negotiation, for tests of what the page shows and for the pictures in the documentation."""

from __future__ import annotations

from typing import Any

CASES = [
    {"id": "c1", "code": "HD-20261123-0007", "customer_label": "王女士", "unit_label": "3 栋 1802", "status": "assessing"},
    {"id": "c2", "code": "HD-20261122-0031", "customer_label": "陈先生", "unit_label": "7 栋 0501", "status": "assessing"},
    {"id": "c3", "code": "HD-20261121-0012", "customer_label": "刘女士", "unit_label": "1 栋 2603", "status": "draft"},
    {"id": "c4", "code": "HD-20261103-0002", "customer_label": "赵先生", "unit_label": "5 栋 1101", "status": "archived"},
]


def transcript(utterance: str, speaker: str, start: float, text: str, *, final: bool = True, settled: int = 0) -> dict[str, Any]:
    spoken = {"start": start, "end": start + 3, "confidence": 0.9, "settled": settled if not final else len(text)}
    return {"type": "transcript", "utterance": utterance, "final": final, "speaker": speaker, "text": text} | spoken


def keyword(term: str, utterance: str, heard: str, at: float) -> dict[str, Any]:
    where = {"at": at, "end": at + 0.4, "speaker": "customer", "utterance": utterance}
    return {"type": "keyword", "term": term, "category": "complaint", "heard": heard, "match": "exact", "score": 1.0} | where


def state(level: str, at: float, rate: float, loudness: float, pitch: float) -> dict[str, Any]:
    measures = {
        "rate": {"value": rate, "baseline": 4.8, "z": 2.2},
        "loudness": {"value": loudness, "baseline": -31.0, "z": 3.1},
        "pitch": {"value": pitch},
    }
    return {"type": "state", "at": at, "speaker": "customer", "confidence": 0.9, "level": level, "score": 3.4, "measures": measures}


GUIDANCE = {
    "type": "prompt",
    "id": "p1",
    "kind": "guidance",
    "at": 13.4,
    "script_id": "deposit-receipt",
    "text": "您方便让我看一下当时的收据吗？我们先核对清楚，再一起商量。",
    "text_en": "May I see the receipt? Let us get the facts straight first, then look for a way together.",
    "reasons": ["客户问到定金"],
    "situation": "deposit_question",
    "alternatives": [],
}
WORDING = {
    "type": "prompt",
    "id": "p2",
    "kind": "wording",
    "at": 31.5,
    "script_id": "not-a-bare-no",
    "text": "这件事我先帮您登记，看看有哪几种办法。",
    "text_en": "Let me register this for you and see which ways there are.",
    "reasons": ["刚才说了「不能退」"],
    "situation": "staff_wording",
    "alternatives": [],
}
HINT = {"type": "hint", "id": "h1", "at": 55.2, "text": "别承诺退款，我马上到", "by": "张伟"}
LISTENERS = {"type": "listeners", "people": [{"id": "l1", "name": "张伟"}]}
CALMING = {
    "type": "prompt",
    "id": "p3",
    "kind": "calming",
    "at": 54.1,
    "script_id": "understand-first",
    "text": "我完全理解您的心情，这个问题我们可以这样处理……",
    "text_en": "I fully understand how you feel; here is how we can handle this …",
    "reasons": ["客户语速 +22%", "音量 +5 dB", "提到「举报」"],
    "situation": "first_outburst",
    "alternatives": [
        {
            "script_id": "sit-down-first",
            "text": "我们非常理解您的顾虑，请您先坐下喝杯茶，我们一起看看怎么解决最合适。",
            "text_en": "We understand your concern; please sit down for a cup of tea and let us find the best way together.",
        }
    ],
}
TALK = [
    transcript("u1", "customer", 9.1, "我就想知道定金能退多少，大概要走多长时间的流程。"),
    keyword("定金", "u1", "定金", 10.2),
    transcript("u2", "staff", 13.7, "请问您是已经网签了，还是只交了定金？"),
    transcript("u3", "customer", 45.5, "如果可以换一套朝南的，我们也可以考虑一下。") | {"doubtful": True},
    transcript("u4", "staff", 49.9, "这个户型不能退，这是规定。"),
    transcript("u5", "customer", 53.3, "你们这就是虚假宣传，我要去住建局举报你们！"),
    keyword("虚假宣传", "u5", "虚假宣传", 54.0),
    keyword("举报", "u5", "举报", 56.0),
    transcript("u6", "customer", 57.2, "我今天就要退房，叫你们经理出来", final=False, settled=9),
]
