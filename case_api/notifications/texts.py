"""What a notification says: the code of the case and what is to be done, never anything about the customer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from models.notifications import NotificationKind


class Words(NamedTuple):
    """The same in both languages."""

    zh: str
    en: str


TASKS: Final[dict[str, Words]] = {
    "registration": Words("登记表", "registration form"),
    "finance_assessment": Words("财务评估", "assessment of finance"),
    "legal_assessment": Words("法务评估", "assessment of legal"),
    "marketing_assessment": Words("营销评估", "assessment of marketing"),
    "joint_assessment": Words("联席评估", "joint assessment"),
    "solutions": Words("制定方案", "solutions"),
    "customer_answer": Words("登记客户答复", "the customer's answer"),
    "approval": Words("审批", "approval"),
    "execution": Words("执行跟进", "execution"),
    "refund_payment": Words("退款支付", "refund payment"),
    "benefit_delivery": Words("交付权益", "benefit delivery"),
    "transfer": Words("办理转让", "transfer"),
    "deferral_due": Words("延期到期确认", "end of the deferral"),
    "referral_due": Words("转介到期确认", "end of the referral"),
    "customer_tag": Words("客户标签", "customer tag"),
    "knowledge_file": Words("知识库归档", "case file for the knowledge base"),
    "regional_brief": Words("区域简报", "brief for regional operations"),
    "team_review": Words("团队复盘", "team review"),
}
_ABOUT_WORK: Final[dict[NotificationKind, Words]] = {
    "task": Words("新任务「{work}」，截止 {due}", "New work: {work}, due {due}"),
    "approval": Words("待您审批，截止 {due}", "An approval waits for you, due {due}"),
    "reminder": Words("提醒：「{work}」将于 {due} 到期", "Reminder: {work} is due {due}"),
    "overdue": Words("「{work}」已超时（{due}）", "Overdue: {work}, was due {due}"),
    "escalation": Words("超时升级：「{work}」应于 {due} 完成", "Escalated: {work} was due {due}"),
}
_OTHER: Final[dict[str, Words]] = {
    "case.task_assigned": Words("任务「{work}」已指派给您", "You were given: {work}"),
    "case.assigned": Words("您被指派接待客户，请填写登记表", "You are to receive the customer: fill in the registration form"),
    "case.litigation_risk": Words("诉讼风险：法务已报告，请立即处理", "Risk of litigation reported by legal: act at once"),
    "case.litigation_signal": Words("诉讼风险：会话中出现诉讼信号，请立即处理", "Litigation was threatened in a conversation: act at once"),
    "case.brief": Words("案件简报已提交，请签收", "The brief of a case has come: confirm its receipt"),
    "warning.raised": Words("{level}预警：请于 {due} 前联系客户", "New {level} warning: contact the customer before {due}"),
    "warning.changed": Words("预警升至{level}：请于 {due} 前联系客户", "A warning is {level} now: contact the customer before {due}"),
    "warning.reported": Words("红色预警：涉及诉讼风险，请立即处理", "Red warning, risk of litigation: act at once"),
    "warning.assigned": Words(
        "{level}预警已指派给您，请于 {due} 前联系客户", "You were given the {level} warning: contact the customer before {due}"
    ),
    "warning.remind": Words("提醒：{level}预警须于 {due} 前响应", "Reminder: the {level} warning has to be answered before {due}"),
    "warning.overdue": Words("{level}预警响应超时（{due}）", "Overdue: the {level} warning was to be answered before {due}"),
    "warning.escalate": Words("超时升级：{level}预警应于 {due} 前响应", "Escalated: the {level} warning was to be answered before {due}"),
    "session.consent_withdrawn": Words(
        "客户已撤回录音同意：录音和文字即刻停用，请勿再使用或转述",
        "A customer withdrew the consent: recording and text are not to be used any more",
    ),
    "figures.brief": Words("案场数据简报已生成", "The figures of a site are ready"),
    "policy.draft": Words("制度草稿待授权", "A drafted rule waits for authorisation"),
    "policy.authorise": Words("制度已获授权，可以发布", "A rule was authorised and can be published"),
}


_LEVELS: Final = {"yellow": Words("黄色", "yellow"), "orange": Words("橙色", "orange"), "red": Words("红色", "red")}


class Text(NamedTuple):
    """A notification as it is kept; `link` is a path of the API."""

    zh: str
    en: str
    link: str


def text_of(topic: str, kind: NotificationKind, code: str | None, data: Mapping[str, Any], timezone: str) -> Text:
    """The words for an event of the case `code`; times are the site's."""
    words = _OTHER.get(topic) or _ABOUT_WORK[kind]
    work = TASKS.get(str(data.get("kind")), Words("", ""))
    due = _local(data.get("due_at"), timezone)
    level = _LEVELS.get(str(data.get("level")), Words("", ""))
    case = f"{code} " if code is not None else ""
    zh, en = words.zh.format(work=work.zh, due=due, level=level.zh), words.en.format(work=work.en, due=due, level=level.en)
    return Text(f"{case}{zh}", f"{case}{en}", _link(topic, data))


def webhook_text(name: str, webhook_id: str) -> Text:
    """A webhook was switched off."""
    return Text(
        f"Webhook「{name}」连续多日投递失败，已自动停用",
        f"The webhook {name} failed for days and was switched off",
        f"/v1/webhooks/{webhook_id}",
    )


def _local(due_at: str | None, timezone: str) -> str:
    return datetime.fromisoformat(due_at).astimezone(ZoneInfo(timezone)).strftime("%m-%d %H:%M") if due_at else ""


def _link(topic: str, data: Mapping[str, Any]) -> str:
    if topic.startswith("policy."):
        return f"/v1/policies/{data['policy_id']}"
    if topic.startswith("warning."):
        return f"/v1/warnings/{data.get('warning_id')}"
    if topic == "figures.brief":
        return f"/v1/figures/briefs/{data.get('brief_id')}"
    if topic.startswith("session."):
        return f"/v1/sessions/{data['session_id']}"
    return f"/v1/cases/{data['case_id']}" if data.get("case_id") else f"/v1/sessions/{data['session_id']}"
