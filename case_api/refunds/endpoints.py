"""Refund instructions, their files, their payments; how the other paths were carried out; the account that a site pays from."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response, status
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.cases import flow
from case_api.commands import COMMAND_PROBLEMS, STEP_PROBLEMS, VERSION_PROBLEMS, ByDep, CommandDb, CommandRoute, IfMatch, tag
from case_api.database import FactoryDep, ReadDb
from case_api.documents.pool import Renderer, get_renderer
from case_api.intake.identity import masked
from case_api.paging import Cursor, Limit, Page, newest_first
from case_api.problems import Problem, ProblemCode, responses
from case_api.refunds import accounts, confirming, files, repository, service
from case_api.refunds.schemas import AccountIn, AccountOut, Confirmation, ConfirmationOut, FailureIn, InstructionOut, PaymentIn, PaymentOut
from case_api.schemas import Reference
from case_api.security import Permission, Principal, require
from models import audit
from models.cases import WithdrawalCase
from models.engine import reading, transaction
from models.refunds import InstructionStatus, RefundAccount, RefundInstruction, RefundPayment

router = APIRouter(tags=["refunds"], route_class=CommandRoute)

CaseReader = Annotated[Principal, Depends(require(Permission.CASE_READ))]
Payer = Annotated[Principal, Depends(require(Permission.REFUND_PAY))]
PAYER_PROBLEMS = (*STEP_PROBLEMS, *VERSION_PROBLEMS, ProblemCode.FOUR_EYES)
HANDLE_PROBLEMS = (*PAYER_PROBLEMS, ProblemCode.REFUND_STATE, ProblemCode.PAYEE_UNKNOWN)
_INSTRUCTION = [name for name in InstructionOut.model_fields if hasattr(RefundInstruction, name)]
_PAYMENT = [name for name in PaymentOut.model_fields if name != "account"]


def _account_number(principal: Principal | None, site_id: str, account: str) -> str | None:
    """Whole for whoever may see it; masked for nobody in particular: answers of commands are stored for their repetition."""
    return account if principal is not None and principal.may(Permission.CASE_PERSONAL, site_id) else masked(account)


async def _shown(db: AsyncSession, principal: Principal | None, rows: list[RefundInstruction]) -> list[InstructionOut]:
    payments = await repository.payments_of(db, *(row.id for row in rows))
    return [
        InstructionOut(
            **{name: getattr(row, name) for name in _INSTRUCTION},
            payments=[_payment(principal, row, payment) for payment in payments if payment.instruction_id == row.id],
        )
        for row in rows
    ]


def _payment(principal: Principal | None, row: RefundInstruction, payment: RefundPayment) -> PaymentOut:
    account = _account_number(principal, row.site_id, payment.account)
    return PaymentOut(**{name: getattr(payment, name) for name in _PAYMENT}, account=account)


async def _after(db: AsyncSession, row: RefundInstruction, response: Response) -> InstructionOut:
    """The instruction after a command, with the case's version for the next one."""
    case = await db.get_one(WithdrawalCase, row.case_id)
    tag(response, case)
    [shown] = await _shown(db, None, [row])
    return shown.model_copy(update={"case_version": case.version})


async def _standing(db: AsyncSession, principal: Principal, permission: Permission, case_id: str) -> RefundInstruction:
    """The case's instruction. Raises Problem: not_found."""
    case = await flow.case_for(db, principal, permission, case_id, lock=False)
    row = await repository.latest_instruction(db, case.id)
    if row is None:
        raise Problem(ProblemCode.NOT_FOUND)
    return row


@router.get("/refund-instructions", operation_id="listRefundInstructions")
async def list_refund_instructions(
    principal: CaseReader,
    db: ReadDb,
    site_id: Reference | None = None,
    case_id: Reference | None = None,
    status: InstructionStatus | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[InstructionOut]:
    """Instructions of the person's sites, cancelled ones too, newest first."""
    sites = principal.sites_for(Permission.CASE_READ)
    page = await newest_first(
        db,
        repository.instructions_query(sites, site_id=site_id, case_id=case_id, status=status),
        RefundInstruction.created_at,
        RefundInstruction.id,
        limit=limit,
        cursor=cursor,
        show=lambda row: row.RefundInstruction,
    )
    return Page[InstructionOut](items=await _shown(db, principal, page.items), next_cursor=page.next_cursor)


@router.post(
    "/cases/{case_id}/refund-instruction",
    operation_id="instructRefund",
    status_code=status.HTTP_201_CREATED,
    responses={
        200: {"model": InstructionOut, "description": "It was made before; nothing changed"},
        **responses(*PAYER_PROBLEMS, ProblemCode.APPROVAL_CONTENT, ProblemCode.REFUND_NOT_DUE, ProblemCode.REFUND_ACCOUNT_MISSING),
    },
)
async def instruct_refund(case_id: Reference, version: IfMatch, by: ByDep, _: Payer, db: CommandDb, response: Response) -> InstructionOut:
    """Make the instruction from the approved figures: there is nothing to type in, and nothing to make twice."""
    row, made = await service.instruct(db, by, case_id, version)
    if not made:
        response.status_code = status.HTTP_200_OK
    return await _after(db, row, response)


@router.get("/cases/{case_id}/refund-instruction", operation_id="getRefundInstruction", responses=responses(ProblemCode.NOT_FOUND))
async def get_refund_instruction(case_id: Reference, principal: CaseReader, db: ReadDb) -> InstructionOut:
    """The case's instruction and its payments."""
    [shown] = await _shown(db, principal, [await _standing(db, principal, Permission.CASE_READ, case_id)])
    return shown


@router.get(
    "/cases/{case_id}/refund-instruction/{kind}",
    operation_id="downloadRefundInstruction",
    response_class=Response,
    responses={
        200: {"description": "The file", "content": {media_type: {} for media_type in files.MEDIA_TYPES.values()}},
        **responses(ProblemCode.NOT_FOUND, ProblemCode.FORBIDDEN, ProblemCode.REFUND_STATE),
    },
)
async def download_refund_instruction(
    case_id: Reference,
    kind: files.FileFormat,
    by: ByDep,
    _: Payer,
    factory: FactoryDep,
    renderer: Annotated[Renderer, Depends(get_renderer)],
) -> Response:
    """On paper (`pdf`), for the bank (`xml`: ISO 20022 pain.001.001.09) or as a table (`csv`); the same bytes each time.

    Each download is audited. A cancelled instruction has no files any more: what was approved holds no longer.
    """
    async with reading(factory) as db:
        row = await _standing(db, by.principal, Permission.REFUND_PAY, case_id)
        if row.status == "cancelled":  # a bank would carry the file out all the same
            raise Problem(ProblemCode.REFUND_STATE, row.status)
        payments = await repository.payments_of(db, row.id)
    data = await files.render(kind, row, payments, renderer)
    subject, told = audit.Subject("case", row.case_id, row.site_id), {"number": row.number, "format": kind}
    async with transaction(factory) as write:
        audit.record(write, by.who, "api:case:download_refund_instruction", subject, after=told, at=by.now)
    disposition = f'attachment; filename="{row.number}.{kind}"'
    return Response(data, media_type=files.MEDIA_TYPES[kind], headers={"Content-Disposition": disposition})


@router.post(
    "/cases/{case_id}/refund-instruction/confirm",
    operation_id="confirmRefundPayment",
    responses=responses(*HANDLE_PROBLEMS, ProblemCode.PAYMENT_DATE),
)
async def confirm_refund_payment(
    case_id: Reference, body: PaymentIn, version: IfMatch, by: ByDep, _: Payer, db: CommandDb, response: Response
) -> InstructionOut:
    """The bank has paid, one payee or all. The last payment ends the execution, if nothing else is open."""
    return await _after(db, await service.confirm(db, by, case_id, body, version), response)


@router.post("/cases/{case_id}/refund-instruction/fail", operation_id="failRefundPayment", responses=responses(*HANDLE_PROBLEMS))
async def fail_refund_payment(
    case_id: Reference, body: FailureIn, version: IfMatch, by: ByDep, _: Payer, db: CommandDb, response: Response
) -> InstructionOut:
    """The bank has not paid. The payment may still be confirmed later; another account needs another approval."""
    return await _after(db, await service.fail(db, by, case_id, body, version), response)


@router.post(
    "/cases/{case_id}/execution/confirm",
    operation_id="confirmExecution",
    status_code=status.HTTP_201_CREATED,
    responses=responses(
        *STEP_PROBLEMS,
        *VERSION_PROBLEMS,
        ProblemCode.EXECUTION_KIND,
        ProblemCode.EXECUTION_STATE,
        ProblemCode.PAYMENT_DATE,
    ),
)
async def confirm_execution(
    case_id: Reference,
    body: Confirmation,
    version: IfMatch,
    by: ByDep,
    _: Annotated[Principal, Depends(require(Permission.CASE_MANAGE))],
    db: CommandDb,
    response: Response,
) -> ConfirmationOut:
    """Benefits delivered, unit transferred, deferral paid, successor bought; or the agreed time has run out, which voids the approval."""
    row = await confirming.confirm(db, by, case_id, body, version)
    case = await db.get_one(WithdrawalCase, case_id)
    tag(response, case)
    return ConfirmationOut.model_validate(row).model_copy(update={"case_version": case.version})


def _account(principal: Principal | None, row: RefundAccount, response: Response) -> AccountOut:
    tag(response, row)
    return AccountOut.model_validate(row).model_copy(update={"account": _account_number(principal, row.site_id, row.account)})


@router.get("/sites/{site_id}/refund-account", operation_id="getRefundAccount", responses=responses(ProblemCode.NOT_FOUND))
async def get_refund_account(site_id: Reference, principal: CaseReader, db: ReadDb, response: Response) -> AccountOut:
    """The account that the site's refunds are paid from."""
    return _account(principal, await accounts.get(db, principal, site_id), response)


@router.put(
    "/sites/{site_id}/refund-account",
    operation_id="setRefundAccount",
    responses=responses(*COMMAND_PROBLEMS, *VERSION_PROBLEMS),
)
async def set_refund_account(
    site_id: Reference, body: AccountIn, version: IfMatch, by: ByDep, _: Payer, db: CommandDb, response: Response
) -> AccountOut:
    """Set the account; `If-Match` is its version, `"0"` for the first one. Instructions that were made keep theirs."""
    return _account(None, await accounts.put(db, by, site_id, body, version), response)
