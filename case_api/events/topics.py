"""Every event that leaves the program by the outbox, with its name. A topic that is not here is not published (a test sees to that)."""

from __future__ import annotations

from typing import Final, NamedTuple


class Topic(NamedTuple):
    """What an event is called."""

    zh: str
    en: str


PING: Final = "ping"
"""The test message of a webhook; nobody subscribes to it, so it is not among `TOPICS`."""

TOPICS: Final[dict[str, Topic]] = {
    # the steps of 「四步法」
    "case.created": Topic("案件已建立", "A case was opened"),
    "case.submit": Topic("登记表已提交", "The registration form was handed in"),
    "case.cancel": Topic("草稿已取消", "A draft was cancelled"),
    "case.conclude": Topic("联席评估已完成", "The joint assessment was concluded"),
    "case.rework": Topic("退回重新评估", "The assessment is looked at again"),
    "case.offer": Topic("方案已提交客户", "Paths were put before the customer"),
    "case.accept": Topic("客户接受方案", "The customer accepted a path"),
    "case.decline": Topic("客户未接受方案", "The customer accepted none"),
    "case.approve": Topic("审批已通过", "The last approver approved"),
    "case.send_back": Topic("审批已退回", "An approval was returned, rejected or withdrawn"),
    "case.void": Topic("审批已作废", "What was approved holds no longer"),
    "case.complete": Topic("执行已完成", "The path was carried out"),
    "case.settle": Topic("客户留下，无需方案", "The customer stays without any measure"),
    "case.archive": Topic("案件已归档", "The case was archived"),
    # people and their work
    "case.assigned": Topic("已指派接待人", "A receptionist was assigned"),
    "case.task_opened": Topic("新任务", "Work was opened"),
    "case.task_assigned": Topic("任务已指派", "Work was given to somebody, or back to their role"),
    "case.deadline_remind": Topic("时限提醒", "A time limit comes closer"),
    "case.deadline_overdue": Topic("时限已过", "A time limit has passed"),
    "case.deadline_escalate": Topic("超时升级", "Late work was told to the next level"),
    # intake and evidence
    "case.registration_changed": Topic("登记表已修改", "The registration form was changed"),
    "case.phone_verified": Topic("手机号已核实", "The phone number was verified"),
    "case.erp_checked": Topic("已与 ERP 核对", "The form was compared with the ERP"),
    "case.erp_overridden": Topic("ERP 差异已说明", "A difference to the ERP was explained"),
    "case.form_received": Topic("客户已提交电子申请", "A customer handed in the electronic application"),
    "case.evidence_added": Topic("证据已添加", "Evidence was added"),
    "case.evidence_withdrawn": Topic("证据已撤回", "Evidence was withdrawn"),
    # assessment and the ear
    "case.assessed": Topic("部门评估已提交", "A department handed in its assessment"),
    "case.litigation_risk": Topic("法务报告诉讼风险", "Legal reports a risk of litigation"),
    "case.litigation_signal": Topic("会话中出现诉讼信号", "Litigation was threatened in a conversation"),
    "case.signal_confirmed": Topic("会话信号已确认", "A conversation's signal was confirmed"),
    # approval, refund, execution
    "case.approval_opened": Topic("审批已发起", "A round of approvals was opened"),
    "case.approval_decided": Topic("审批步骤已处理", "An approver decided"),
    "case.refund_instructed": Topic("退款指令已生成", "A refund instruction was made"),
    "case.refund_paid": Topic("退款已支付", "Payments of a refund were confirmed"),
    "case.refund_failed": Topic("退款支付失败", "A payment of a refund failed"),
    "case.refund_cancelled": Topic("退款指令已取消", "A refund instruction was cancelled"),
    "case.execution_confirmed": Topic("执行已确认", "What the path asks for has happened"),
    "case.unit_released": Topic("房源已释放", "The unit is free for sale"),
    # closing
    "case.customer_tag": Topic("客户标签已登记", "The customer was tagged"),
    "case.knowledge_file": Topic("案例已入知识库", "The case is in the knowledge base"),
    "case.regional_brief": Topic("区域简报已完成", "The closing action 'brief' is done"),
    "case.brief": Topic("简报已提交区域运营中心", "The brief for regional operations"),
    "case.team_review": Topic("复盘会已完成", "The team review was held"),
    "case.survey_answered": Topic("客户已评价", "The customer said how satisfied they are"),
    # rules
    "policy.draft": Topic("制度已起草", "A rule was drafted"),
    "policy.edit": Topic("制度草稿已修改", "The draft of a rule was changed"),
    "policy.authorise": Topic("制度已获授权", "Legal authorised a rule"),
    "policy.return": Topic("制度草稿被退回", "Legal returned a draft"),
    "policy.publish": Topic("制度已发布", "A rule was published"),
    "policy.post": Topic("制度已现场公示", "A rule was posted on site"),
    "policy.retire": Topic("制度已停用", "A rule was retired"),
    # learning
    "keyword.review": Topic("关键词命中已核对", "A keyword hit was judged"),
    "keyword.unreview": Topic("关键词核对已撤回", "A judgement of a keyword hit was taken back"),
    "keyword.unmark": Topic("误报标记已撤回", "A text may be taken for a term again"),
    "term.decide": Topic("新词已处理", "A phrase was taken into the lexicon, or not"),
    "site.thresholds": Topic("案场检测阈值已修改", "The ear's thresholds at a site were changed"),
    "library.draft": Topic("话术台有新草稿", "A script, term or wording rule was drafted"),
    "library.redraft": Topic("话术台草稿已修改", "A draft of the script desk was changed"),
    "library.submit": Topic("话术台修改已送审", "A draft of the script desk waits for approval"),
    "library.approve": Topic("话术台修改已通过并生效", "A change of the script desk came into force"),
    "library.return": Topic("话术台修改被退回", "A draft of the script desk was returned"),
    "library.withdraw": Topic("话术台修改已撤回", "A draft of the script desk was taken back"),
    "learning.settings": Topic("学习设置已修改", "What a site withholds or learns from was changed"),
    "learning.run": Topic("话术效果学习：开始、完成或中断", "Learning what scripts achieve began, ended or broke off"),
    "learning.ranking": Topic("话术排序已更新", "What scripts achieve was learned anew"),
    "learning.week": Topic("上线前数据已登记", "A week's figures from before were entered"),
    # early warnings
    "warning.raised": Topic("预警已触发", "An early warning was raised"),
    "warning.changed": Topic("预警等级已变化", "The level of an early warning changed"),
    "warning.reported": Topic("红色预警已上报总部风控", "A red warning was reported to headquarters' risk control"),
    "warning.assigned": Topic("预警已指派", "An early warning was given to somebody"),
    "warning.acknowledged": Topic("预警已确认", "Somebody takes care of an early warning"),
    "warning.contacted": Topic("预警客户已联系", "The customer of an early warning was contacted"),
    "warning.resolved": Topic("预警已关闭", "An early warning was closed, by somebody or by itself"),
    "warning.remind": Topic("预警响应提醒", "The time to answer an early warning runs out"),
    "warning.overdue": Topic("预警响应超时", "An early warning was not answered in time"),
    "warning.escalate": Topic("预警响应超时升级", "An unanswered early warning was told to the next level"),
    # prevention
    "acknowledgement.recorded": Topic("共居人知情确认书已登记", "A co-residents' acknowledgement was recorded"),
    "acknowledgement.changed": Topic("共居人知情确认书已修改", "A co-residents' acknowledgement was changed"),
    "acknowledgement.signed": Topic("共居人知情确认书已签署", "A co-residents' acknowledgement was signed"),
    "acknowledgement.withdrawn": Topic("共居人知情确认书已撤回", "A co-residents' acknowledgement was withdrawn"),
    "competitor_offer.recorded": Topic("竞品条件已登记", "What a competitor is said to offer was recorded"),
    "competitor_offer.verified": Topic("竞品条件已核实", "A competitor's offer was verified"),
    "competitor_offer.compared": Topic("竞品条件已比较", "A competitor's offer was compared with ours"),
    # figures
    "figures.brief": Topic("案场数据简报", "The figures of a site for a week or a month"),
    # conversations
    "session.ended": Topic("会话已结束", "A conversation ended"),
    "session.consent_withdrawn": Topic("客户已撤回录音同意", "A customer withdrew the consent to a recording"),
}


def matches(pattern: str, topic: str) -> bool:
    """Whether a subscription's pattern (`case.offer`, `case.*`, `*`) takes this topic."""
    return pattern in ("*", topic) or (pattern.endswith(".*") and topic.startswith(pattern[:-1]))


def is_pattern(text: str) -> bool:
    """Whether at least one topic can ever match it."""
    return any(matches(text, topic) for topic in TOPICS)


def events_page() -> str:
    """`docs/events.md`, whole."""
    lines = [
        "# Events",
        "",
        "Generated by `calmdesk docs`. Every event is published with the change itself, in its transaction, and told once to each webhook",
        "that asks for it ([webhooks.md](webhooks.md)). `data` holds `case_id`, `code` and `site_id` for `case.*`, `policy_id` for",
        "`policy.*`, `warning_id` for `warning.*`, `acknowledgement_id` for `acknowledgement.*`, and what the event is about: ids, states,",
        "times, amounts in fen, reasons as they were written; never whole ID, phone or account numbers. Fields may be added;",
        "none is renamed.",
        "",
        "| topic | 事件 | event |",
        "|---|---|---|",
        *(f"| `{name}` | {topic.zh} | {topic.en} |" for name, topic in TOPICS.items()),
    ]
    return "\n".join(lines) + "\n"
