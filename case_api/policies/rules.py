"""The three kinds of policy table: what each may hold, and what it decides. Pure.

A table is checked when it is drafted, so that what is in force can always be applied. Money is in fen, shares are in basis points.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from case_api.money import WHOLE_BP, BasisPoints, Fen, yuan
from case_api.schemas import FilledLine
from models.rules import broken_rule
from models.tasks import TaskKind

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]

ApproverRole = Literal["site_manager", "city_gm", "hq_risk", "legal", "finance"]
ApprovalMode = Literal["ordered", "parallel"]
LineRole = Literal["site_manager", "city_gm", "hq_risk"]
"""The line of command, upwards. Legal and finance give their word beside it and stand at no level."""

_RANK = {role: rank for rank, role in enumerate(get_args(LineRole), start=1)}


class Table(BaseModel):
    """What the tables share: nothing unknown, nothing converted ("5" is not 5), never changed in memory."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _rising(values: Sequence[int]) -> bool:
    return all(below < above for below, above in itertools.pairwise(values))


def _distinct(values: Sequence[object], zh: str, en: str) -> None:
    if len(set(values)) != len(values):
        raise broken_rule(f"{zh}不能重复", f"{en} may appear once only")


# --- tiers (四步法·第二步: 评估结果将决定后续处理权限层级) ---


class Authority(Table):
    """One tier of authority (权限层级): who has to approve, in this order or all at once."""

    key: Key = Field(examples=["city"])
    zh: FilledLine = Field(examples=["城市公司总经理审批"])
    en: FilledLine = Field(examples=["Approval by the city general manager"])
    approvers: list[ApproverRole] = Field(min_length=1, max_length=5, examples=[["city_gm"]])
    mode: ApprovalMode = "ordered"

    @property
    def rank(self) -> int:
        """The highest place in the line of command among the approvers; 0 if only legal or finance approve."""
        return max(_RANK.get(role, 0) for role in self.approvers)


class Band(Table):
    """Losses up to and including `up_to_fen` (null: without limit), above the band before."""

    up_to_fen: Fen | None
    tier: Key


class GroupRule(Table):
    """What a demand made by a group calls for: at least this tier, from this many customers on."""

    from_people: int = Field(ge=2, le=10_000)
    tier: Key


class TierTable(Table):
    """Which tier a case is decided at. Tiers and bands are listed upwards; every rule says "at least this tier", the highest one holds."""

    kind: Literal["tiers"] = "tiers"
    tiers: list[Authority] = Field(min_length=1, max_length=10)
    bands: list[Band] = Field(min_length=1, max_length=20)
    media: Key
    litigation: Key
    litigation_tell: list[ApproverRole] = Field(max_length=5)
    group: GroupRule | None = None
    spreading: Key | None = None

    @model_validator(mode="after")
    def _consistent(self) -> TierTable:
        self._tiers_rise()
        self._bands_cover_everything()
        if self.tier(self.media).rank < _RANK["city_gm"]:
            raise broken_rule("涉及媒体：至少由城市总经理审批", "the press is a matter for the city general manager at least")
        if "hq_risk" not in self.tier(self.litigation).approvers or "hq_risk" not in self.litigation_tell:
            raise broken_rule(
                "诉讼风险：须立即上报总部风控，并由其审批",
                "a risk of litigation: headquarters' risk control is told at once, and approves",
            )
        for key in (self.group.tier if self.group else None, self.spreading):
            if key is not None:
                self.tier(key)
        return self

    def _tiers_rise(self) -> None:
        _distinct([tier.key for tier in self.tiers], "层级的代码", "a tier's key")
        for tier in self.tiers:
            _distinct(tier.approvers, f"层级 {tier.key} 的审批人", f"an approver of the tier {tier.key}")
        ranks = [tier.rank for tier in self.tiers]
        if ranks[0] == 0 or ranks != sorted(ranks):
            raise broken_rule(
                "每个层级须有案场经理、城市总经理或总部风控之一，且不低于前一层级",
                "each tier needs somebody of the line of command, nobody lower than in the tier before",
            )

    def _bands_cover_everything(self) -> None:
        limits = [band.up_to_fen for band in self.bands]
        bounded = [limit for limit in limits[:-1] if limit is not None]
        if limits[-1] is not None or len(bounded) != len(limits) - 1:
            raise broken_rule("损失分段：最后一段不设上限，其余都要填写", "by loss: the last band, and only that, is without limit")
        if not _rising(bounded):
            raise broken_rule("损失分段：上限须逐段增加", "by loss: each limit is above the one before")
        levels = [self.level(band.tier) for band in self.bands]
        if levels != sorted(levels):
            raise broken_rule("损失分段：损失越大，审批层级不能越低", "by loss: a larger loss cannot need less authority")

    def level(self, key: str) -> int:
        """The tier's place, 0 the lowest. Raises ValueError for a tier that is not in the table."""
        for level, tier in enumerate(self.tiers):
            if tier.key == key:
                return level
        raise broken_rule(f"引用的审批层级 {key} 不存在或已被删除", f"there is no tier {key} (any more)")

    def tier(self, key: str) -> Authority:
        """The tier of this key. Raises ValueError as `level` does."""
        return self.tiers[self.level(key)]


Spreading = Literal["none", "low", "high"]


class TierFacts(BaseModel):
    """What of a case decides its tier. `group_people` 0: nobody else makes the same demand."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    loss_fen: Fen
    media: bool = False
    litigation: bool = False
    group_people: int = Field(default=0, ge=0, le=100_000)
    spreading: Spreading = "none"


class TierReason(BaseModel):
    """One rule that applied, and the tier that it asks for at least."""

    code: Literal["loss", "media", "litigation", "group", "spreading"]
    tier: str
    zh: str = Field(examples=["损失合计 ¥60,000.00，超过 ¥50,000.00"])
    en: str = Field(examples=["Losses come to ¥60,000.00, above ¥50,000.00"])


class Tier(BaseModel):
    """What was decided: the tier, its approvers in order, who is told at once, and every rule behind it."""

    key: str = Field(examples=["city"])
    zh: str
    en: str
    approvers: list[ApproverRole]
    mode: ApprovalMode
    tell_at_once: list[ApproverRole]
    reasons: list[TierReason]


def decide_tier(facts: TierFacts, table: TierTable) -> Tier:
    """The highest tier that any rule asks for (四步法·第二步, 「损失超5万元或涉及媒体关系的，需报城市公司总经理审批」)."""
    reasons = [_loss_reason(facts.loss_fen, table.bands)]
    if facts.media:
        reasons.append(TierReason(code="media", tier=table.media, zh="涉及媒体关系", en="The press is involved"))
    if facts.litigation:
        zh, en = "存在诉讼风险，立即上报总部风控", "Litigation is a risk: headquarters' risk control is told at once"
        reasons.append(TierReason(code="litigation", tier=table.litigation, zh=zh, en=en))
    if table.group is not None and facts.group_people >= table.group.from_people:
        zh, en = f"群体性诉求（{facts.group_people} 人）", f"{facts.group_people} customers make the same demand"
        reasons.append(TierReason(code="group", tier=table.group.tier, zh=zh, en=en))
    if table.spreading is not None and facts.spreading == "high":
        zh, en = "客户传播倾向高", "The customer is likely to spread it"
        reasons.append(TierReason(code="spreading", tier=table.spreading, zh=zh, en=en))
    chosen = max((table.tier(reason.tier) for reason in reasons), key=lambda tier: table.level(tier.key))
    told = table.litigation_tell if facts.litigation else []
    shared = chosen.model_dump(include={"key", "zh", "en", "approvers", "mode"})
    return Tier(**shared, tell_at_once=told, reasons=reasons)


def _loss_reason(loss_fen: int, bands: Sequence[Band]) -> TierReason:
    below: int | None = None
    for band in bands:
        if band.up_to_fen is None or loss_fen <= band.up_to_fen:
            break
        below = band.up_to_fen
    limits_zh = [f"超过 {yuan(below)}"] if below is not None else []
    limits_en = [f"above {yuan(below)}"] if below is not None else []
    if band.up_to_fen is not None:
        limits_zh.append(f"不超过 {yuan(band.up_to_fen)}")
        limits_en.append(f"at most {yuan(band.up_to_fen)}")
    zh = "，".join([f"损失合计 {yuan(loss_fen)}", *limits_zh])
    en = ", ".join([f"Losses come to {yuan(loss_fen)}", *limits_en])
    return TierReason(code="loss", tier=band.tier, zh=zh, en=en)


# --- refunds (四步法·第三步·路径B) ---

ContractStage = Literal["deposit_only", "online_signed", "loan_released"]
"""仅付定金未网签 · 已网签未放贷 · 已放贷未交房, in the order in which a contract goes through them."""
STAGE_NAMES: Final[dict[str, tuple[str, str]]] = {
    "deposit_only": ("仅交定金，未网签", "Deposit only"),
    "online_signed": ("已网签，未放款", "Signed online"),
    "loan_released": ("已放款，未交付", "Loan released"),
}


class Deduction(Table):
    """What is taken off the refundable share: a share of what was paid (`bp`), or a fixed sum (`fen`)."""

    key: Literal["marketing_service_fee", "administrative_cost"]
    bp: BasisPoints | None = None
    fen: Fen | None = None

    @model_validator(mode="after")
    def _one_measure(self) -> Deduction:
        if (self.bp is None) == (self.fen is None):
            raise broken_rule("扣除项只填金额或比例之一", "a deduction is a sum or a share, one of them")
        return self


class StageRule(Table):
    """What is paid back at one stage: `min_bp` to `max_bp` of what was paid, less the deductions. `judicial`: through the court."""

    stage: ContractStage
    min_bp: BasisPoints
    max_bp: BasisPoints
    deductions: list[Deduction] = Field(default_factory=list, max_length=2)
    judicial: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> StageRule:
        zh, en = STAGE_NAMES[self.stage]
        _distinct([deduction.key for deduction in self.deductions], f"{zh}：扣除项", f"{en}: a deduction")
        if self.min_bp > self.max_bp:
            raise broken_rule(f"{zh}：最低比例不能高于最高比例", f"{en}: the lowest share is above the highest")
        if sum(deduction.bp or 0 for deduction in self.deductions) > self.min_bp:
            raise broken_rule(f"{zh}：扣除不能超过最低比例", f"{en}: the deductions take more than the lowest share")
        if self.judicial and self.min_bp:
            raise broken_rule(f"{zh}：由法院裁判的阶段没有最低比例", f"{en}: what a court decides has no lowest share")
        return self


class RefundTable(Table):
    """Stepped refunds. Every stage once, in order; a later stage never pays back more; a released loan goes to court (走司法程序解决)."""

    kind: Literal["refund"] = "refund"
    stages: list[StageRule] = Field(min_length=3, max_length=3)

    @model_validator(mode="after")
    def _consistent(self) -> RefundTable:
        if tuple(rule.stage for rule in self.stages) != get_args(ContractStage):
            names = get_args(ContractStage)
            raise broken_rule(f"阶段须依次为 {'、'.join(names)}", f"the stages are {', '.join(names)}, in this order")
        for earlier, later in itertools.pairwise(self.stages):
            if later.min_bp > earlier.min_bp or later.max_bp > earlier.max_bp:
                zh, en = STAGE_NAMES[later.stage]
                raise broken_rule(f"{zh}：比例不能高于前一阶段", f"{en}: a later stage cannot pay back more than the one before")
        if not self.stages[-1].judicial:
            raise broken_rule("已放款的合同须走司法程序", "a released loan goes through the court")
        return self

    def rule(self, stage: ContractStage) -> StageRule:
        """The rule of this stage."""
        return self.stages[get_args(ContractStage).index(stage)]


# --- deadlines ---

Start = Literal["received", "opened", "ended"]


class Limit(Table):
    """How long one kind of work may take, from when the request was received, the work was opened, or the case had ended."""

    minutes: int = Field(ge=1, le=366 * 24 * 60, examples=[120])
    start: Start


class Escalation(Table):
    """Who is told of work that is late, and when: a share of its limit, counted from its start (10,000 is the limit itself)."""

    at_bp: int = Field(ge=WHOLE_BP, le=100 * WHOLE_BP, examples=[15_000])
    role: LineRole


class DeadlinePolicy(Table):
    """Limits for every kind of work, when to remind (shares of the limit), and who is told, level by level, when nothing happens."""

    kind: Literal["deadlines"] = "deadlines"
    limits: dict[TaskKind, Limit]
    remind_at_bp: list[Annotated[int, Field(ge=1, lt=WHOLE_BP)]] = Field(max_length=5, examples=[[5_000, 8_000]])
    escalations: list[Escalation] = Field(min_length=1, max_length=3)

    @model_validator(mode="after")
    def _consistent(self) -> DeadlinePolicy:
        if missing := [kind for kind in get_args(TaskKind) if kind not in self.limits]:
            raise broken_rule(f"缺少时限：{'、'.join(missing)}", f"limits are missing: {', '.join(missing)}")
        if not _rising(self.remind_at_bp):
            raise broken_rule("提醒时间须逐个递增", "each reminder comes after the one before")
        if not _rising([step.at_bp for step in self.escalations]) or not _rising([_RANK[step.role] for step in self.escalations]):
            raise broken_rule(
                "逐级上报的时间须逐个递增，对象级别须逐级升高", "each escalation comes after the one before, and goes to a higher level"
            )
        return self

    def due_at(self, kind: TaskKind, *, received_at: datetime, opened_at: datetime, ended_at: datetime | None = None) -> datetime:
        """When this work is due. What counts from the end of a case that has not ended counts from when it was opened."""
        limit = self.limits[kind]
        starts: dict[Start, datetime] = {"received": received_at, "opened": opened_at, "ended": ended_at or opened_at}
        return starts[limit.start] + timedelta(minutes=limit.minutes)


Content = Annotated[TierTable | RefundTable | DeadlinePolicy, Field(discriminator="kind")]
