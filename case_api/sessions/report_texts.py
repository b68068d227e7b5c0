"""What the report of a conversation says, in Chinese and in English. What was said and shown stays as it was, in Chinese."""

from __future__ import annotations

from functools import partial
from typing import Final

from case_api.documents.texts import filled
from case_api.sessions.exports import CORRECTED, SPEAKERS

Pair = tuple[str, str]
TEXTS: Final[dict[str, Pair]] = {
    "title": ("会话报告", "Conversation report"),
    "facts": ("一、基本情况", "1. Who and when"),
    "course": ("二、全程", "2. The whole conversation"),
    "prompts": ("三、提示", "3. Prompts"),
    "terms": ("四、投诉词", "4. Complaint terms"),
    "moments": ("五、经过", "5. What happened"),
    "transcript": ("六、文字稿", "6. Transcript"),
    "no_prompts": ("没有弹出提示。", "No prompt came up."),
    "no_terms": ("没有听到投诉词。", "No complaint term was heard."),
    "no_moments": ("没有记录。", "Nothing was noted."),
    "at": ("时刻", "At"),
    "kind": ("类型", "Kind"),
    "shown": ("内容与依据", "Words and reasons"),
    "verdict": ("反馈", "Answer"),
    "term": ("投诉词", "Term"),
    "heard": ("听到的写法", "As heard"),
    "speaker": ("说话人", "Speaker"),
    "what": ("经过", "What happened"),
    "site": ("案场", "Site"),
    "staff": ("接待人员", "Staff member"),
    "case": ("案件", "Case"),
    "no_case": ("未关联", "None"),
    "started": ("开始时间", "Began"),
    "length": ("时长", "Length"),
    "spoken": ("{length}，其中说话 {speech}", "{length}, of it speech {speech}"),
    "share": ("说话占比", "Share of speech"),
    "peak": ("客户最高情绪", "Customer at most"),
    "consent": ("录音告知", "Consent"),
    "agreed": ("同意录音，{at}", "Agreed to the recording, {at}"),
    "refused": ("不同意录音，{at}", "Did not agree, {at}"),
    "sha": ("录音指纹", "Recording's SHA-256"),
    "printed": ("打印", "Printed"),
    "printed_by": ("{by}，{at}", "{by}, {at}"),
    "legend": (
        "底色为客户情绪：绿 平静、黄 升高、红 激动。说话人由上至下：客户、员工、未确定。虚线为该客户的平常水平（未判定时为全程中位数）。"
        "事件：▲ 提示、■ 投诉词、| 打断、沉默与平静、◆ 员工标记与经理提示。",
        "The ground is the customer's state: green calm, yellow rising, red agitated. Speakers from above: customer, staff, unsure. "
        "Dashed: what is usual for this customer (the median until that was known). Events: ▲ prompt, ■ complaint term, "
        "| interruption, silence and calming, ◆ mark of the staff member or hint of a manager. "
        "What was said and shown is quoted as it was, in Chinese.",
    ),
    "transcribed": (
        "文字由机器转写，可能有误，以录音为准；标有「已更正」的由人工更正，原文留存。",
        "Transcribed by a machine, which mishears; the recording decides. Lines marked as corrected were corrected by a person; what was "
        "recognised is kept.",
    ),
    "corrected": (CORRECTED, " (corrected)"),
    "reasons": ("（{reasons}）", " ({reasons})"),
    "comma": ("，", ", "),
    "mark": ("员工标记", "Mark of the staff member"),
    "mark_of": ("员工标记：{note}", "Mark of the staff member: {note}"),
    "hint": ("{name}提示员工：{text}（{state}）", "{name} hinted to the staff member: {text} ({state})"),
    "hint_shown": ("已显示", "shown"),
    "hint_missed": ("未显示", "not shown"),
    "interruption": ("{who}打断对方", "{who} interrupts"),
    "somebody": ("一方", "Somebody"),
    "silence": ("沉默 {seconds} 秒", "Silence, {seconds} s"),
    "calmed": ("客户平静下来", "The customer calms down"),
    "loudness": ("音量", "Level"),
    "rate": ("语速", "Rate"),
    "pitch": ("音高", "Pitch"),
    "events": ("事件", "Events"),
    "speaker.staff": (SPEAKERS["staff"], "Staff"),
    "speaker.customer": (SPEAKERS["customer"], "Customer"),
    "speaker.unsure": (SPEAKERS["unsure"], "Unsure"),
    "level.provisional": ("未判定", "Not known yet"),
    "level.calm": ("平静", "Calm"),
    "level.rising": ("升高", "Rising"),
    "level.agitated": ("激动", "Agitated"),
    "kind.calming": ("安抚", "Calming"),
    "kind.guidance": ("引导", "Guidance"),
    "kind.wording": ("用语", "Wording"),
    "verdict.used": ("已使用", "Used"),
    "verdict.dismissed": ("已忽略", "Dismissed"),
    "verdict.helpful": ("有帮助", "Helpful"),
    "verdict.unhelpful": ("没帮助", "Not helpful"),
    "withheld": ("随机留空，未显示", "Withheld by lot, not shown"),
}

text = partial(filled, TEXTS)
"""One of them, filled in: `text(language, key, ...)`."""
