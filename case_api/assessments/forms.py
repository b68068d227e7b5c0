"""The three departments' forms (四步法·第二步: 合同履约状态 · 经济损失测算 · 舆情风险等级). Money in fen."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from case_api.money import MAX_FEN, Fen
from case_api.policies.rules import STAGE_NAMES, ContractStage, Spreading
from case_api.schemas import FilledLine, In, Prose
from models.rules import broken_rule

Department = Literal["finance", "legal", "marketing"]
LoanStatus = Literal["none", "applied", "pre_approved", "refused_without_fault", "released"]
Breach = Literal["none", "customer", "company", "shared"]
"""Whose breach of contract it is (违约责任划分)."""


class Loss(In):
    """One kind of loss."""

    fen: Fen
    note: Prose = Field(default="", examples=["佣金 1.2%，已计提"])


class OtherLoss(Loss):
    """A loss that the source does not name."""

    label: FilledLine = Field(examples=["已交付的装修方案设计费"])


class FinanceForm(In):
    """What was paid, and what the withdrawal costs. `paid_fen` is all the customer's own money so far, the deposit included."""

    deposit_received: bool = Field(examples=[True])
    deposit_fen: Fen = Field(default=0, examples=[10_000_000])
    deposit_on: date | None = Field(default=None, examples=["2026-11-01"])
    paid_fen: Fen = Field(examples=[10_000_000])
    commission: Loss = Field(examples=[{"fen": 3_000_000, "note": "佣金 1.2%，已计提"}])
    advertising: Loss = Field(examples=[{"fen": 800_000, "note": "按月分摊"}])
    opportunity: Loss = Field(examples=[{"fen": 1_500_000, "note": "错过意向客户一组"}])
    other: list[OtherLoss] = Field(default_factory=list, max_length=20)

    @model_validator(mode="after")
    def _consistent(self) -> FinanceForm:
        if self.deposit_received != (self.deposit_fen > 0) or self.deposit_received != (self.deposit_on is not None):
            raise broken_rule(
                "已收定金须填写金额和日期，未收则都不填", "a deposit that was received has a sum and a day, another one has neither"
            )
        if self.paid_fen < self.deposit_fen:
            raise broken_rule("客户已付款须包含定金", "what was paid so far counts the deposit too")
        if self.loss_fen > MAX_FEN:
            raise broken_rule("各项损失合计过大，请核对", "the losses together are above any real sum")
        return self

    @property
    def loss_fen(self) -> int:
        """All losses together."""
        return sum(loss.fen for loss in (self.commission, self.advertising, self.opportunity, *self.other))


class LegalForm(In):
    """Where the contract stands."""

    contract_stage: ContractStage
    online_signed: bool = Field(examples=[False])
    loan: LoanStatus
    breach: Breach
    litigation_risk: bool = Field(examples=[False])
    note: Prose = ""

    @model_validator(mode="after")
    def _consistent(self) -> LegalForm:
        released = self.loan == "released"
        if released and not self.online_signed:
            raise broken_rule("未网签的合同不会放款", "no loan is released before the contract is signed online")
        stage: ContractStage = "loan_released" if released else "online_signed" if self.online_signed else "deposit_only"
        if self.contract_stage != stage:
            zh, en = STAGE_NAMES[stage]
            raise broken_rule(
                f"按网签和贷款情况，合同阶段应为「{zh}」（{stage}）", f"what is said of signing and loan makes the stage {en} ({stage})"
            )
        return self


class MarketingForm(In):
    """How far it could spread. `group_people` counts everybody who makes the demand, this customer included."""

    likely_to_spread: Spreading
    media_involved: bool = Field(examples=[False])
    group_demand: bool = Field(examples=[False])
    group_people: Annotated[int, Field(strict=True, ge=0, le=100_000, examples=[0])] = 0
    note: Prose = ""

    @model_validator(mode="after")
    def _consistent(self) -> MarketingForm:
        if self.group_demand != (self.group_people >= 2) or (not self.group_demand and self.group_people):
            raise broken_rule(
                "群体诉求须为 2 人及以上，不是群体诉求时人数填 0", "a group is two people or more; without one, the number is 0"
            )
        return self


Form = FinanceForm | LegalForm | MarketingForm
FORMS: dict[Department, type[Form]] = {"finance": FinanceForm, "legal": LegalForm, "marketing": MarketingForm}
