"""What a refusal is about, as people read it: the API names fields, shares in basis points and sums in fen. Pure."""

from __future__ import annotations

import re
from typing import Final

from case_api.console.fields import percent, yuan
from case_api.console.look import Language, Look
from case_api.console.texts import TEXTS

_NAMED: Final = re.compile(r"(?:\w+\.)*(?P<name>[a-z_]+): (?P<rest>.+)")
_NUMBER: Final = re.compile(r"\d+")
_HAN: Final = re.compile(r"[\u4e00-\u9fff]")
_UNIT: Final = re.compile(r"（[%元]）| \((%|yuan)\)$")
_WORDS: Final = {
    "zh": (
        ("Input should be less than or equal to ", "不能大于 "),
        ("Input should be greater than or equal to ", "不能小于 "),
        ("at most ", "不超过 "),
        (" to ", "–"),
    ),
    "en": (),
}
_FAULTS: Final = tuple(
    (re.compile(pattern), chinese)
    for pattern, chinese in (
        ("Field required", "请填写"),
        (r"Input should be greater than or equal to (\S+)", "不能小于 {}"),
        (r"Input should be less than or equal to (\S+)", "不能大于 {}"),
        (r"Input should be greater than (\S+)", "须大于 {}"),
        (r"Input should be less than (\S+)", "须小于 {}"),
        (r"(?:String|Value) should have at least (\d+) (?:characters?|items?).*", "至少 {} 个字"),
        (r"(?:String|Value) should have at most (\d+) (?:characters?|items?).*", "最多 {} 个字"),
        (r"List should have at least (\d+) items?.*", "至少 {} 项"),
        (r"List should have at most (\d+) items?.*", "最多 {} 项"),
        (r"Input should be a valid integer.*", "请填写整数"),
        (r"Input should be a valid (?:date|datetime).*", "日期不正确"),
        (r"Input should be .*", "不在可选范围内"),
        (r"String should match pattern .*", "格式不正确"),
        (r"Value error, .*", "内容不符合要求"),
    )
)
_BROKEN: Final = tuple(
    (re.compile(rf"Value error, {pattern}"), chinese, english)
    for pattern, chinese, english in (
        (r"letters \(Chinese ones too\).*", "只能用文字、数字和 . _ -", "letters, digits, '.', '_' and '-' only"),
        (r"(\w+): min_bp is above max_bp", "{}：最低比例不能高于最高比例", "{}: the lowest share is above the highest"),
        (r"(\w+): the deductions take more than .*", "{}：扣除不能超过最低比例", "{}: the deductions take more than the lowest share"),
        (r"(\w+): a later stage cannot .*", "{}：比例不能高于前一阶段", "{}: a later stage cannot pay back more than the one before"),
        (r"either bp or fen", "扣除项只填金额或比例之一", "a deduction is a sum or a share, not both"),
        (
            r"tiers: each needs .*",
            "每个层级须有案场经理、城市总经理或总部风控之一，且不低于前一层级",
            "each tier needs somebody of the line of command, nobody lower than in the tier before",
        ),
        (r"tiers\.\w+: a role may appear once only", "同一层级的审批人不能重复", "an approver may appear in a tier once only"),
        (r"there is no tier .*", "引用的审批层级已被删除", "a tier is named that was taken away"),
        (r"bands: the last one, .*", "损失分段：最后一段不设上限，其余都要填写", "by loss: the last band, and only that, is without limit"),
        (r"bands: each limit .*", "损失分段：上限须逐段增加", "by loss: each limit is above the one before"),
        (r"bands: a larger loss .*", "损失分段：损失越大，审批层级不能越低", "by loss: a larger loss cannot need less authority"),
        (r"media: .*", "涉及媒体：至少由城市总经理审批", "the press is a matter for the city general manager at least"),
        (r"litigation: .*", "诉讼风险：须有总部风控审批", "a risk of litigation: headquarters' risk control approves"),
        (
            r"speech_off must lie below .*",
            "判定静音的概率须低于判定开始说话的概率",
            "voice has to end at a lower probability than it begins",
        ),
        (
            r"pause <= hangover_long .*",
            "须满足：开始预转写的停顿 ≤ 长句结束前的静音 ≤ 短句结束前的静音",
            "pause before transcription ≤ silence that ends a long utterance ≤ silence that ends a short one",
        ),
        (
            r"clear_at <= rising_at .*",
            "须满足：判定情绪回落的强度 ≤ 判定情绪升高的强度 ≤ 弹出安抚话术的强度",
            "may be cleared ≤ called rising ≤ raises a prompt",
        ),
        (r"name a case or a session", "请选择一个案件或填写一个会话，只能其一", "name a case or a conversation, one of them"),
        (r"reason: a return or .*", "退回或驳回须写明理由", "a return or a rejection needs a reason"),
        (r"quiet hours have .*", "安静时段须同时填写开始和结束", "quiet hours have a beginning and an end"),
        (r"session_id and said_at .*", "会话和时间须同时填写", "a conversation and its moment belong together"),
        (r"either a recorded moment or evidence", "请填写录音位置或选择证据，只能其一", "a recorded moment or evidence, one of them"),
        (r"at least one cue needs .*", "四项权重不能都为 0", "at least one cue needs a weight"),
    )
)


def readable(detail: str, language: Language) -> str:
    """`refund_bp: 6000 to 8000` → 退还比例：60%–80%. What is no such thing stays as it is."""
    return Look(language).sentences(_readable(part, language) for part in detail.split("; "))


def _readable(detail: str, language: Language) -> str:
    rule = broken(detail.removeprefix("together: "), language)  # no field alone is at fault
    if rule is not None:
        return rule
    found = _NAMED.fullmatch(detail)
    if found is None:
        return Look(language).listed(filter(None, (_name(part, language) for part in detail.split(", "))))
    name, rest = found["name"], found["rest"]
    if "_bp" in name:
        rest = _NUMBER.sub(lambda number: percent(int(number[0])), rest)
    elif name.endswith("_fen") or name == "payees":
        rest = _NUMBER.sub(lambda number: yuan(int(number[0])), rest)
    for english, chinese in _WORDS[language]:
        rest = rest.replace(english, chinese)
    return Look(language).pair(_name(name, language), rest)


def fault(field: str, message: str, language: Language) -> str:
    """What is wrong with one field, which the API's checks say in English; bounds in percent or yuan where it is a share or a sum."""
    chinese, _, english = message.partition(" / ")
    if english and _HAN.search(chinese):  # said in both languages
        return chinese if language == "zh" else english
    rule = broken(message, language)
    if rule is not None:
        return rule
    for pattern, chinese in _FAULTS:
        found = pattern.fullmatch(message)
        if found is None:
            continue
        text = chinese.format(*found.groups()) if language == "zh" else message.removeprefix("Input ")
        if field.endswith("_bp"):
            return _NUMBER.sub(lambda number: percent(int(number[0])), text)
        if field.endswith("_fen"):
            return _NUMBER.sub(lambda number: yuan(int(number[0])), text)
        return text
    return message


def broken(message: str, language: Language) -> str | None:
    """A rule that what was sent does not keep, as people read it; None if it is none of those that they meet in a form."""
    for pattern, *said in _BROKEN:
        found = pattern.fullmatch(message)
        if found is not None:
            named = (_name(code, language) for code in found.groups())
            return str(said[language == "en"]).format(*named)
    return None


def bare(name: str) -> str:
    """A field's name without its unit, which what is said of it carries."""
    return _UNIT.sub("", name)


def _name(code: str, language: Language) -> str:
    """The text of a field, a step or a role of this code; else the code, or nothing where it is only a place in a request."""
    last = code.rsplit(".", 1)[-1]
    for key in (
        f"field.{last}",
        f"field.{last.removesuffix('_fen')}",
        f"step.{last}",
        f"role.{last}",
        f"threshold.{last}",
        f"stage.{last}",
    ):
        if key in TEXTS:
            return bare(TEXTS[key][language == "en"])
    return "" if code.startswith(("body.", "query.")) else code
