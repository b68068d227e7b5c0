"""Texts of the inbox and of one's own channels."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "nav.inbox": ("消息", "Inbox"),
    "inbox.bell": ("消息，{count} 条未读", "Inbox, {count} unread"),
    "inbox.told": ("收到的消息", "Notifications"),
    "inbox.channels": ("我的通知渠道", "My channels"),
    "inbox.empty": (
        "还没有消息。有新任务、审批、提醒或升级时会出现在这里。",
        "Nothing yet. New work, approvals, reminders and escalations appear here.",
    ),
    "inbox.unread": ("{count} 条未读", "{count} unread"),
    "inbox.all_read": ("全部已读", "All read"),
    "inbox.read_all": ("全部标为已读", "Mark all read"),
    "inbox.new": ("未读", "Unread"),
    "inbox.channels_help": (
        "消息也可以发到您自己的钉钉、企业微信、飞书群机器人或邮箱。只含案件编号和要做的事，不含客户信息。",
        "Notifications can also go to a DingTalk, WeCom or Feishu robot or mailbox of yours. They hold the "
        "case's code and what to do, nothing about the customer.",
    ),
    "inbox.channel_new": ("添加或修改渠道", "Add or change a channel"),
    "inbox.no_channels": ("没有渠道，消息只在这里显示。", "No channel yet: notifications appear only here."),
    "inbox.address": ("地址", "Address"),
    "inbox.fares": ("投递情况", "Delivery"),
    "inbox.counts": ("待发 {waiting}，近 30 天失败 {failed}", "{waiting} waiting, {failed} failed in 30 days"),
    "inbox.test": ("发送测试", "Send a test"),
    "inbox.arrived": ("测试消息已送达。", "The test message arrived."),
    "inbox.not_arrived": ("测试消息未送达：{why}", "The test message did not arrive: {why}"),
    "inbox.remove": ("删除渠道", "Delete the channel"),
    "inbox.wishes": ("渠道上收什么、何时收", "What is sent there, and when"),
    "inbox.hears": ("渠道上接收：{kinds}。", "Sent there: {kinds}."),
    "inbox.only_always": ("仅诉讼风险", "risks of litigation only"),
    "inbox.quiet": (
        "{since} 至 {until} 免打扰（升级和诉讼风险除外）。",
        "Quiet from {since} to {until}, but for escalations and risks of litigation.",
    ),
    "inbox.never_quiet": ("没有设置免打扰时段。", "No quiet hours."),
    "inbox.change": ("修改", "Change"),
    "inbox.kinds": ("接收的消息", "What is sent there"),
    "inbox.quiet_from": ("免打扰开始", "Quiet from"),
    "inbox.quiet_until": ("免打扰结束", "Quiet until"),
    "help.channel_name": (
        "字母、数字、- 或 _，例如 wecom；用已有的名称即修改其地址",
        "Letters, digits, - or _, such as wecom. An existing name gets the new address",
    ),
    "help.channel_url": (
        "例如 wecombot://密钥、dingtalk://令牌、feishu://令牌 或 mailtos://…；保存后不再完整显示",
        "Such as wecombot://key, dingtalk://token, feishu://token or mailtos://…; it is not shown whole again",
    ),
    "help.told_kinds": (
        "诉讼风险始终会收到。这里的消息页总是显示全部。",
        "Risks of litigation are always sent. The inbox always has everything.",
    ),
    "help.quiet": ("24 小时制，例如 22:00；两项都留空即不设", "As 22:00; leave both empty for none"),
    "done.channel": ("渠道已保存，可以发送测试。", "Saved: send a test."),
    "done.wishes": ("已保存。", "Saved."),
    "told.task": ("任务", "Work"),
    "told.approval": ("审批", "Approval"),
    "told.reminder": ("提醒", "Reminder"),
    "told.overdue": ("超时", "Overdue"),
    "told.escalation": ("升级", "Escalation"),
    "told.litigation": ("诉讼风险", "Risk of litigation"),
    "told.brief": ("简报", "Brief"),
    "told.policy": ("制度", "Rule"),
    "told.webhook": ("Webhook", "Webhook"),
}
