"""The desk's side: links for customers, made and ended; their codes, shown and printed."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import segno
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.cases import flow
from case_api.cases.service import site_for
from case_api.commands import By, guard
from case_api.documents.pdf import Document, Paper
from case_api.problems import Problem, ProblemCode
from case_api.public_form import repository, rules
from case_api.public_form.schemas import FormLinkIn, FormLinkMade, FormLinkOut, ProgressLinkMade
from case_api.security import Permission, Principal, token_hash
from case_api.sight import find_seen, named_site
from models import audit
from models.cases import WithdrawalCase
from models.public_forms import ProgressLink, PublicForm
from models.settings_public import PublicSettings
from models.sites import Site

PAGE: Final = "/form"
_SCALE, _BORDER = 8, 4  # pixels of a module, modules of white around the code


async def make_link(db: AsyncSession, by: By, body: FormLinkIn, settings: PublicSettings) -> FormLinkMade:
    """A link for one customer. Raises Problem: forbidden, site_required, site_unknown."""
    site_id = site_for(by.principal, Permission.CASE_CREATE, body.site_id)
    await named_site(db, site_id)
    secret = rules.new_token(rules.FORM)
    row = PublicForm(
        site_id=site_id,
        token_hash=token_hash(secret),
        label=body.label,
        created_by=by.person_id,
        created_at=by.now,
        expires_at=by.now + timedelta(hours=settings.link_hours),
    )
    db.add(row)
    await db.flush()
    _note(db, by, row, "create", {"label": row.label, "expires_at": row.expires_at.isoformat()})
    return FormLinkMade(secret=secret, **shown(row, by.now).model_dump())


def shown(row: PublicForm, now: datetime) -> FormLinkOut:
    """A link as the desk sees it."""
    own = {name: getattr(row, name) for name in FormLinkOut.model_fields if name != "status"}
    status = rules.link_status(submitted_at=row.submitted_at, revoked_at=row.revoked_at, expires_at=row.expires_at, now=now)
    return FormLinkOut(status=status, **own)


def _note(db: AsyncSession, by: By, row: PublicForm, verb: str, after: dict[str, Any]) -> None:
    audit.record(db, by.who, f"api:form_link:{verb}", audit.Subject("form_link", row.id, row.site_id), after=after, at=by.now)


async def revoke_link(db: AsyncSession, by: By, link_id: str, expected: int) -> PublicForm:
    """End a link that was not used. Raises Problem: not_found, link_used, version_conflict; twice is once."""
    row = await find_seen(db, by.principal, Permission.CASE_CREATE, PublicForm, link_id, lock=True)
    if row.submitted_at is not None:
        raise Problem(ProblemCode.LINK_USED)
    if row.revoked_at is None:
        guard(row, expected)
        row.revoked_at = by.now
        await db.flush()
        _note(db, by, row, "revoke", {"revoked_at": by.now.isoformat()})
    return row


async def make_progress_link(db: AsyncSession, by: By, case_id: str) -> ProgressLinkMade:
    """Another link to a case's progress: for whoever lost theirs, or never used the form. Raises Problem: not_found, forbidden."""
    case = await flow.case_for(db, by.principal, Permission.CASE_CREATE, case_id)
    secret = rules.new_token(rules.PROGRESS)
    db.add(ProgressLink(case_id=case.id, token_hash=token_hash(secret), created_by=by.person_id, created_at=by.now))
    await db.flush()
    flow.note(db, by, case, "link_progress", after={})
    return ProgressLinkMade(case_id=case.id, secret=secret)


async def revoke_progress_links(db: AsyncSession, by: By, case_id: str) -> int:
    """End every link to a case's progress. Raises Problem: not_found, forbidden."""
    case = await flow.case_for(db, by.principal, Permission.CASE_CREATE, case_id)
    ended = await repository.revoke_progress(db, case.id, by.now)
    flow.note(db, by, case, "revoke_progress_links", after={"revoked": ended})
    return ended


async def site_of(db: AsyncSession, principal: Principal, secret: str) -> tuple[Site, PublicForm | None]:
    """Where a link belongs; the form unless it is a link to progress. Raises Problem: not_found."""
    form = await repository.form_by_hash(db, token_hash(secret))
    found = await repository.progress_by_hash(db, token_hash(secret)) if form is None else None
    case: WithdrawalCase | None = found.WithdrawalCase if found is not None else None
    site_id = form.site_id if form is not None else case.site_id if case is not None else None
    if site_id is None or not principal.may(Permission.CASE_CREATE, site_id):
        raise Problem(ProblemCode.NOT_FOUND)
    return await db.get_one(Site, site_id), form


def address(base: str, secret: str) -> str:
    """What the code holds. The secret stands behind `#`: browsers send that part to nobody, so it is in no log and no referrer."""
    return f"{base.rstrip('/')}{PAGE}#{secret}"


def picture(url: str, kind: str) -> bytes:
    """The code alone, `svg` or `png`."""
    file = io.BytesIO()
    code = segno.make(url, error="m", micro=False)
    if kind == "svg":
        code.save(file, kind="svg", scale=_SCALE, border=_BORDER, light="white", xmldecl=False, title="退房申请 · application")
    else:
        code.save(file, kind="png", scale=_SCALE, border=_BORDER)
    return file.getvalue()


def sheet(site: Site, form: PublicForm | None, url: str, size: Paper, now: datetime) -> Document:
    """A page to lay before the customer."""
    paper = Document(_TITLES[form is None], f"{site.code} · {site.name}", now, size)
    paper.paragraph("请用手机扫描二维码，在自己的手机上填写，无需注册。" if form else "请用手机扫描二维码，随时查看办理进度。")
    paper.paragraph("Scan with your phone; no account is needed.")
    paper.qr(url)
    if form is not None:
        paper.facts([("案场", site.name), ("请在此之前提交", _local(form.expires_at, site.timezone))])
        paper.paragraph("此二维码仅供您本人使用一次。This code is for you alone and works once.", small=True)
    else:
        paper.paragraph("此页面只显示您本人事项的进度，请勿转发。It shows your own matter; please do not pass it on.", small=True)
    return paper


_TITLES: Final = {False: "退房申请 · 扫码填写", True: "办理进度查询"}


def _local(at: datetime, timezone: str) -> str:
    return f"{at.astimezone(ZoneInfo(timezone)):%Y 年 %m 月 %d 日 %H:%M}"
