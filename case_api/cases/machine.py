"""The life of a case (「四步法」) as a state machine: which step follows which, and what each step opens. Pure."""

from __future__ import annotations

from typing import Final, NamedTuple, get_args

from statemachine import State, StateMachine
from statemachine.exceptions import TransitionNotAllowed

from models.cases import CaseStatus
from models.people import Role
from models.tasks import TaskKind


class CaseMachine(StateMachine):
    """Steps and what leads from one to the next. An event that its step does not know raises (`StateChart` would swallow it)."""

    draft = State("登记 draft", initial=True)
    assessing = State("联席评估 assessing")
    solving = State("制定方案 solving")
    offered = State("待客户答复 offered")
    approving = State("审批 approving")
    executing = State("执行 executing")
    closing = State("闭环 closing")
    archived = State("归档 archived", final=True)
    cancelled = State("取消 cancelled", final=True)

    submit = draft.to(assessing)
    cancel = draft.to(cancelled)
    conclude = assessing.to(solving)
    rework = solving.to(assessing)
    offer = solving.to(offered)
    decline = offered.to(solving)
    accept = offered.to(approving)
    approve = approving.to(executing)
    send_back = approving.to(solving)
    void = executing.to(solving)
    complete = executing.to(closing)
    settle = assessing.to(closing) | solving.to(closing) | offered.to(closing)
    archive = closing.to(archived)


STEPS: Final = tuple(state.id for state in CaseMachine.states)
EVENTS: Final = tuple(sorted({str(transition.event) for state in CaseMachine.states for transition in state.transitions}))
OVER: Final = frozenset(state.id for state in CaseMachine.states if state.final)
assert set(STEPS) == set(get_args(CaseStatus))


class Opens(NamedTuple):
    """A task that entering a step opens, and whose it is."""

    kind: TaskKind
    role: Role


# What entering a step opens. Approval steps, payments and deliveries follow from the rule and the path, not from the step alone.
OPENS: Final[dict[str, tuple[Opens, ...]]] = {
    "draft": (Opens("registration", "receptionist"),),
    "assessing": (
        Opens("finance_assessment", "finance"),
        Opens("legal_assessment", "legal"),
        Opens("marketing_assessment", "marketing"),
        Opens("joint_assessment", "site_manager"),
    ),
    "solving": (Opens("solutions", "site_manager"),),
    "offered": (Opens("customer_answer", "site_manager"),),
    "executing": (Opens("execution", "site_manager"),),
    "closing": (
        Opens("customer_tag", "site_manager"),
        Opens("knowledge_file", "site_manager"),
        Opens("regional_brief", "site_manager"),
        Opens("team_review", "site_manager"),
    ),
}
# The task that the event itself does: handing in the form, concluding, offering … finishes it instead of cancelling it.
FINISHES: Final[dict[str, TaskKind]] = {
    "submit": "registration",
    "conclude": "joint_assessment",
    "offer": "solutions",
    "accept": "customer_answer",
    "decline": "customer_answer",
    "complete": "execution",
}
# Events that lead back to a step: its work is done again, with a limit of its own.
BACK: Final = frozenset({"rework", "decline", "send_back", "void"})


def after(status: str, event: str) -> str | None:
    """The step that `event` leads to from `status`; None if the step does not know the event."""
    machine = CaseMachine(start_value=status)
    try:
        machine.send(event)
    except TransitionNotAllowed:
        return None
    (state,) = machine.configuration
    return state.id


def diagram() -> str:
    """The machine as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", "    [*] --> draft"]
    for state in CaseMachine.states:
        lines += [f"    {state.id} --> {transition.target.id}: {transition.event}" for transition in state.transitions if transition.target]
        lines += [f"    {state.id} --> [*]"] if state.final else []
    return "\n".join(lines)
