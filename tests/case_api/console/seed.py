"""A sales office on an ordinary day: people of every role, cases at every step, conversations with sound."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import soundfile
from sqlalchemy import select, update

from case_api.accounts.service import issue_token
from case_api.application import create_app
from case_api.early_warning.board.watch import look
from case_api.early_warning.events.own import gather
from case_api.harness import own_settings
from case_api.notices import current_notice
from case_api.policies.service import SINCE_EVER
from case_api.webhooks.signing import HEADER, signature
from models import migrations
from models.base import utc_now
from models.companions import SessionHint
from models.consents import Consent
from models.engine import Factory, create_engine, session_factory, transaction
from models.keywords import KeywordHit
from models.learning import PromptWithheld
from models.people import Person, PersonRole
from models.policies import PolicyPosting, PolicyVersion
from models.prompts import PromptShown
from models.prosody import ProsodyTrack, pack
from models.sessions import Session, SessionMark
from models.settings import Settings
from models.signals import CaseSignal
from models.sites import Site
from models.states import StateEvent
from models.utterances import Utterance
from models.webhooks import Webhook
from tests.conftest import PASSWORD_HASH

CAST = {
    "lijing": ("李静", [("staff", "HD")]),
    "zhouyan": ("周妍", [("receptionist", "HD")]),
    "zhangwei": ("张伟", [("site_manager", "HD")]),
    "chenfang": ("陈芳", [("finance", "HD")]),
    "sunli": ("孙莉", [("legal", None)]),
    "zhaolei": ("赵磊", [("marketing", "HD")]),
    "wanggang": ("王刚", [("city_gm", None)]),
    "hezhi": ("何志", [("hq_risk", None)]),
    "qianjun": ("钱军", [("regional_ops", None)]),
    "linna": ("林娜", [("trainer", None)]),
    "root": ("管理员", [("admin", None)]),
    "nobody": ("新同事", []),
    "guessed": ("被猜的人", []),
}
MOMENTS = [
    {"type": "moment", "kind": "interruption", "at": 37.6, "by": "customer", "seconds": None},
    {"type": "moment", "kind": "silence", "at": 53.9, "by": None, "seconds": 2.1},
    {"type": "moment", "kind": "calmed", "at": 70.0, "by": None, "seconds": None},
]
CUSTOMERS = [
    ("王先生", "3栋1202"),
    ("刘女士", "5栋0803"),
    ("陈先生", "1栋2105"),
    ("杨女士", "7栋0502"),
    ("黄先生", "2栋1801"),
    ("吴女士", "9栋0301"),
]
FORM = {
    "customer_name": "王小明",
    "id_type": "resident_id",
    "id_number": "11010519491231002X",
    "id_scan_missing_reason": "客户未携带证件，次日补交",
    "phone": "13812345678",
    "phone_unverified_reason": "客户手机无信号",
    "subscription_code": "RG-2026-0815",
    "subscription_date": "2026-10-01",
    "building": "3栋",
    "unit": "1202",
    "unit_type": "三室两厅 118㎡",
    "price_fen": 300_000_000,
    "receipt_wording": "今收到王小明认购定金人民币贰拾万元整",
    "receipt_kind": "earnest",
    "receipt_amount_fen": 20_000_000,
    "causes": ["family"],
    "cause_text": "配偶看房后认为朝向不好，坚持退房",
    "alternative": "to_discuss",
    "alternative_note": "换同户型南向可以考虑",
    "alternative_unrecorded_reason": "客户不同意录音",
}
FINANCE = {
    "deposit_received": True,
    "deposit_fen": 20_000_000,
    "deposit_on": "2026-10-01",
    "paid_fen": 20_000_000,
    "commission": {"fen": 4_200_000, "note": "佣金 1.4%，已计提"},
    "advertising": {"fen": 800_000, "note": "按月分摊"},
    "opportunity": {"fen": 1_500_000, "note": "错过意向客户一组"},
}
LEGAL = {"contract_stage": "deposit_only", "online_signed": False, "loan": "none", "breach": "customer", "litigation_risk": False}
MARKETING = {"likely_to_spread": "low", "media_involved": False, "group_demand": False}
TALK = [
    ("customer", 4.0, 8.6, "我就想知道定金能退多少，大概要走多长时间的流程。"),
    ("staff", 9.4, 12.8, "请问您是已经网签了，还是只交了定金？"),
    ("customer", 14.0, 17.2, "只交了定金，还没有网签。"),
    ("staff", 18.0, 22.4, "好的，您先坐下喝杯茶，我帮您把情况登记一下。"),
    ("customer", 24.0, 29.5, "我爱人看了以后觉得朝向不行，家里意见统一不了。"),
    ("unsure", 30.2, 31.4, "嗯，就是。"),
    ("staff", 33.0, 36.8, "这个户型按规定是不能退的。"),
    ("customer", 38.0, 44.6, "你们这就是虚假宣传，我要去住建局举报你们！"),
    ("customer", 45.2, 51.8, "今天必须给我退，不然我就找媒体曝光，叫你们经理出来！"),
    ("staff", 54.0, 60.4, "我完全理解您的心情，这个问题我们可以一起看看怎么处理。"),
    ("customer", 62.0, 66.4, "那你说怎么处理，我听着。"),
    ("staff", 67.2, 74.0, "我把几种办法都列出来，您和家人商量以后再决定。"),
    ("customer", 76.0, 80.0, "行吧，能换一套朝南的也可以考虑。"),
]


class Office:
    """Signs people in and lets them work, over REST, in this process."""

    def __init__(self, app: Any, factory: Factory, settings: Settings) -> None:
        self.app, self.factory, self.settings = app, factory, settings
        self.tokens: dict[str, str] = {}
        self.ids: dict[str, str] = {}
        self.site = ""

    async def hire(self) -> None:
        async with transaction(self.factory) as db:
            site = (await db.scalars(select(Site))).one()
            site.name, site.name_en = "海德花园", "Haide Garden"
            other = Site(code="YL", name="云麓台", name_en="Yunlu")
            db.add(other)
            places = {"HD": site.id, None: None}
            for username, (name, roles) in CAST.items():
                person = Person(username=username, display_name=name, password_hash=PASSWORD_HASH)
                person.roles = [PersonRole(role=role, site_id=places[place]) for role, place in roles]
                person.must_change_password = False
                db.add(person)
                await db.flush()
                self.tokens[username], _ = issue_token(db, person, self.settings.auth)
                self.ids[username] = person.id
            once = Person(username="fresh", display_name="郑新", password_hash=PASSWORD_HASH, must_change_password=True)
            once.roles = [PersonRole(role="staff", site_id=site.id)]
            db.add(once)
            self.site = site.id
            row = (await db.scalars(select(PolicyVersion).where(PolicyVersion.kind == "refund"))).one()
            row.status, row.authorised_by, row.authorised_at = "published", self.ids["sunli"], SINCE_EVER
            row.published_by, row.published_at, row.effective_from = self.ids["wanggang"], SINCE_EVER, SINCE_EVER
            posting = PolicyPosting(
                policy_id=row.id, site_id=site.id, proof="大厅公示栏", posted_by=self.ids["zhangwei"], posted_at=SINCE_EVER
            )
            db.add(posting)

    async def api(self, who: str, method: str, path: str, body: Any = None, version: int | None = None, **given: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.tokens[who]}"}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        transport = httpx2.ASGITransport(app=self.app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://seed") as client:
            answer = await client.request(method, f"/v1/{path}", json=body, headers=headers, **given)
        assert answer.is_success, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content else None

    async def on(self, case: str, who: str, method: str, path: str, body: Any = None) -> Any:
        version = (await self.api("zhangwei", "GET", f"cases/{case}"))["version"]
        return await self.api(who, method, f"cases/{case}/{path}", body, version)

    async def open(self, label: str, unit: str, minutes: int = 0, causes: list[str] | None = None) -> str:
        received = (utc_now() - timedelta(minutes=minutes)).isoformat()
        body = {"customer_label": label, "unit_label": unit, "responsible_id": self.ids["lijing"], "received_at": received}
        case = str((await self.api("lijing", "POST", "cases", body))["id"])
        await self.on(case, "zhangwei", "POST", "assignment", {"receptionist_id": self.ids["zhouyan"]})
        await self.on(case, "zhouyan", "PATCH", "registration", FORM | {"causes": causes or ["family"]})
        return case

    async def assess(self, case: str, *who: str) -> None:
        forms = {"finance": ("chenfang", FINANCE), "legal": ("sunli", LEGAL), "marketing": ("zhaolei", MARKETING)}
        for department in who or forms:
            person, form = forms[department]
            tasks = await self.api("zhangwei", "GET", f"cases/{case}/tasks")
            version = next(task["version"] for task in tasks if task["kind"] == f"{department}_assessment")
            await self.api(person, "PUT", f"cases/{case}/assessment/{department}", form, version)

    async def solve(self, case: str) -> None:
        await self.on(case, "zhangwei", "POST", "assessment/conclude", {"summary": "家庭分歧，按路径 B、C 准备方案"})
        for terms in (
            {"kind": "rescission", "refund_bp": 7000},
            {"kind": "transfer", "successor": "李女士", "fee_bp": 100, "reduction_bp": 5000},
        ):
            await self.on(case, "zhangwei", "POST", "solutions", {"terms": terms})

    async def accept(self, case: str) -> None:
        offer = await self.on(case, "zhangwei", "POST", "offer", {})
        chosen = next(path for path in offer["paths"] if path["kind"] == "rescission")
        headers = {"Authorization": f"Bearer {self.tokens['zhangwei']}"}
        transport = httpx2.ASGITransport(app=self.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://seed", headers=headers) as client:
            files = {"file": ("客户签字确认书.txt", "本人同意退房方案 B。王小明".encode(), "text/plain")}
            signed = (
                await client.post(f"/v1/cases/{case}/evidence", data={"kind": "contract", "note": "客户当场签字"}, files=files)
            ).json()
        payee = {"role": "buyer", "name": "王小明", "bank": "中国工商银行上海市分行", "account": "6222021001112223334"}
        payees = [payee | {"amount_fen": chosen["price"]["total_fen"]}]
        body = {"answer": "accept", "solution_id": chosen["solution_id"], "support": {"evidence_id": signed["id"]}, "payees": payees}
        await self.api(
            "zhangwei", "POST", f"cases/{case}/offer/answer", body, (await self.api("zhangwei", "GET", f"cases/{case}"))["version"]
        )

    async def approve(self, case: str) -> None:
        waiting = (await self.api("wanggang", "GET", "approvals"))["items"]
        step = next(one for one in waiting if one["case_id"] == case)
        body = {"decision": "approve", "reason": "金额与评估一致，同意", "content_hash": step["content_hash"]}
        await self.api("wanggang", "POST", f"approvals/{step['step_id']}/decision", body, step["version"])

    async def pay(self, case: str) -> None:
        account = {
            "holder": "海德花园置业有限公司",
            "account": "6222020000111122223",
            "bank": "中国工商银行苏州分行",
            "bank_code": "102305000001",
        }
        await self.api("chenfang", "PUT", f"sites/{self.site}/refund-account", account, 0)
        await self.on(case, "chenfang", "POST", "refund-instruction")
        body = {"paid_on": (utc_now() + timedelta(hours=8)).date().isoformat(), "bank_reference": "ICBC20261125"}
        await self.on(case, "chenfang", "POST", "refund-instruction/confirm", body)

    async def talk(self, case: str | None, minutes: int, *, status: str = "ended", recording: bool = True) -> str:
        """A conversation of 82 s with its sound."""
        told = current_notice("recording").version
        consent = Consent(recording=recording, notice_version=told, notice_text="告知", method="written", informed_by="李静")
        begun = utc_now() - timedelta(minutes=minutes)
        async with transaction(self.factory) as db:
            db.add(consent)
            await db.flush()
            session = Session(site_id=self.site, staff_id=self.ids["lijing"], consent_id=consent.id, recording=recording)
            session.status, session.codec, session.sample_rate, session.case_id = status, "pcm_s16le", 16000, case
            session.seconds, session.speech_seconds, session.started_at = 82.0, 58.2, begun
            session.talk_share = {"customer": 0.56, "staff": 0.42, "unsure": 0.02}
            session.peak_level = "agitated" if recording else "rising"
            session.counts = {
                "utterances": len(TALK),
                "prompts": {"calming": 1, "guidance": 1, "wording": 1},
                "keywords": 3,
                "feedback": {},
            }
            session.summary = {"moments": MOMENTS} if recording else None
            session.ended_at = begun + timedelta(seconds=82) if status == "ended" else None
            db.add(session)
            await db.flush()
            if recording:
                db.add_all(_rows(session.id, self.ids["lijing"]))
        if recording:
            folder = self.settings.data_dir / "recordings" / session.id
            folder.mkdir(parents=True)
            soundfile.write(folder / "recording.flac", _sound(), 16000)
        return session.id


def _rows(session: str, person: str) -> list[Any]:
    spoken = [
        Utterance(
            session_id=session,
            ordinal=n,
            id=f"u{n}",
            speaker=who,
            confidence=0.9,
            start=start,
            end=end,
            text=text,
            alternatives=[[text, -0.3, False], [text.replace("，", ""), -0.5, False], [text.replace("定金", "订金"), -0.6, True]],
            quality={"avg_logprob": -0.9 if n == 2 else -0.3},
        )
        for n, (who, start, end, text) in enumerate(TALK)
    ]
    prompts = [
        ("guidance", 13.4, "deposit-receipt", "您方便让我看一下当时的收据吗？我们先核对清楚，再一起商量。", ["客户问到定金"]),
        ("wording", 37.1, "not-a-bare-no", "这件事我先帮您登记，看看有哪几种办法。", ["刚才说了「不能退」"]),
        (
            "calming",
            46.0,
            "understand-first",
            "我完全理解您的心情，这个问题我们可以这样处理……",
            ["客户语速 +22%", "音量 +5 dB", "提到「举报」"],
        ),
    ]
    words = [("定金", 0, 4.9, "定金"), ("虚假宣传", 7, 40.1, "虚假宣传"), ("举报", 7, 43.6, "举报"), ("曝光", 8, 48.6, "曝光")]
    levels = [(2.0, "provisional"), (9.0, "calm"), (38.6, "rising"), (42.0, "agitated"), (58.0, "rising"), (68.0, "calm")]
    shown = [
        PromptShown(session_id=session, prompt_key=f"p{n}", kind=kind, at=at, script_id=script, text=text, reasons=reasons)
        for n, (kind, at, script, text, reasons) in enumerate(prompts)
    ]
    withheld = PromptWithheld(
        session_id=session,
        prompt_key="w9",
        kind="guidance",
        at=21.0,
        script_id="deposit-receipt",
        situation="deposit_question",
        level="calm",
        evidence={"lot": 500, "text": "流程我讲一遍，您听听有没有不清楚的。", "reasons": ["客户问到定金"]},
    )
    return [
        *spoken,
        *shown,
        withheld,
        *(
            KeywordHit(
                session_id=session,
                ordinal=n,
                utterance_id=f"u{u}",
                term=term,
                category="media",
                at=at,
                end=at + 0.4,
                speaker="customer",
                heard=heard,
                match="exact",
                score=1.0,
            )
            for n, (term, u, at, heard) in enumerate(words)
        ),
        *(
            StateEvent(session_id=session, ordinal=n, at=at, speaker="customer", confidence=0.8, level=level, score=1.0)
            for n, (at, level) in enumerate(levels)
        ),
        SessionMark(session_id=session, at=45.0, note="提到媒体", person_id=person),
        *_track(session),
    ]


def _track(session: str) -> list[ProsodyTrack]:
    at = np.arange(820, dtype=np.float32) / 10
    chance = np.random.default_rng(3)
    talking = np.zeros_like(at, dtype=bool)
    for _, start, end, _ in TALK:
        talking |= (at >= start) & (at < end)
    heat = np.clip(1 - np.abs(at - 46) / 12, 0, 1)
    loud = np.where(talking, -34 + 9 * heat + chance.normal(0, 2.2, at.size), -56 + chance.normal(0, 1, at.size))
    pitch = np.where(talking, 190 + 70 * heat + 14 * np.sin(at * 2) + chance.normal(0, 6, at.size), np.nan)
    rate = np.where(talking, 4.4 + 1.6 * heat + 0.3 * np.sin(at), np.nan)
    chunks = []
    for ordinal, first in enumerate(range(0, at.size, 300)):
        part = slice(first, first + 300)
        names, data = pack({"loudness_momentary": loud[part], "pitch": pitch[part], "rate": rate[part]})
        chunks.append(ProsodyTrack(session_id=session, ordinal=ordinal, start=first / 10, step=0.1, columns=names, data=data))
    return chunks


def _sound() -> Any:
    """Tones where somebody speaks: enough to be played and seen."""
    at = np.arange(82 * 16000) / 16000
    loud = np.zeros_like(at)
    for who, start, end, _ in TALK:
        loud[(at >= start) & (at < end)] = 0.25 if who == "customer" else 0.12
    return (loud * np.sin(2 * np.pi * 220 * at)).astype(np.float32)


async def alarms(office: Office) -> str:
    """A CRM tells of customers: one warning of each level. The id of the orange one."""
    source = await office.api("root", "POST", "crm-sources", {"name": "明源 CRM"})
    count = 0

    def event(kind: str, who: tuple[str, str, str], ago: float, due: float | None = None, reference: str = "") -> dict[str, Any]:
        nonlocal count
        count += 1
        told = {"event_id": f"crm-{count}", "site": "HD", "kind": kind, "at": (utc_now() - timedelta(days=ago)).isoformat()}
        told |= dict(zip(("customer_label", "customer_reference", "unit_reference"), who, strict=True))
        told |= {"due_at": (utc_now() + timedelta(days=due)).isoformat()} if due is not None else {}
        return told | ({"reference": reference} if reference else {})

    he, lin, xu = ("何先生", "C-10382", "3栋0901"), ("林女士", "C-10417", "5栋1503"), ("徐先生", "C-10455", "1栋0702")
    events = [event("policy_query", who, ago) for who in (he, lin) for ago in (9, 4, 1)]
    events += [event("payment_due", lin, 30, -5, "首付-1"), event("visit", lin, 20), event("litigation_notice", xu, 0.2)]
    body = json.dumps({"events": events}).encode()
    headers = {HEADER: signature([source["secret"]], int(utc_now().timestamp()), body), "Content-Type": "application/json"}
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=office.app), base_url="http://seed") as client:
        answer = await client.post(f"/v1/crm-events/{source['id']}", content=body, headers=headers)
    assert answer.is_success, answer.text
    await gather(office.factory, utc_now())
    while await look(office.factory, utc_now()):
        pass
    found = {one["level"]: one for one in (await office.api("zhangwei", "GET", "warnings"))["items"]}
    assert set(found) == {"yellow", "orange", "red"}
    await office.api("zhangwei", "POST", f"warnings/{found['yellow']['id']}/acknowledge", version=found["yellow"]["version"])
    return str(found["orange"]["id"])


async def before(office: Office, made: dict[str, str]) -> dict[str, str]:
    """What prevents a withdrawal: an acknowledgement to be signed and one that is, an offer of a competitor beside ours."""
    wang = {"name": "何军", "relation": "本人", "pays": True, "decides": True, "lives": True}
    people = [wang, {"name": "赵琳", "relation": "配偶", "decides": True, "lives": True}]
    people.append({"name": "何小满", "relation": "子女", "lives": True, "signs": False})
    path, ids = "co-resident-acknowledgements", {}
    for name, unit in (("signed", "9栋0301"), ("paper", "6栋1101"), ("ack", "3栋0901")):
        body = {"site_id": office.site, "customer_label": "何先生", "customer_reference": f"C-{unit[0]}", "unit_reference": unit}
        ids[name] = (await office.api("lijing", "POST", path, body | {"people": people}))["id"]
    drawn = [{"name": name, "strokes": [[[90, 300], [260, 90], [420, 310], [610, 120], [880, 260]]]} for name in ("何军", "赵琳")]
    await office.api("lijing", "POST", f"{path}/{ids['signed']}/signatures", {"signatures": drawn}, 1)
    told = {"site_id": office.site, "case_id": made["solving"], "competitor": "滨江壹号", "heard_at": utc_now().isoformat()}
    told |= {"offered": "同户型总价低 12 万元，送全屋智能家居，首付 15%"}
    rival = await office.api("lijing", "POST", "competitor-offers", told)
    proof = {"outcome": "true", "proof": "竞品售楼处价目表照片，当日现场核对"}
    rival = await office.api("zhaolei", "POST", f"competitor-offers/{rival['id']}/verification", proof, rival["version"])
    items: list[dict[str, Any]] = [
        {"item": "price", "theirs_fen": 248_000_000, "ours_fen": 260_000_000},
        {"item": "delivery_date", "theirs_on": "2027-12-31", "ours_on": "2027-06-30"},
        {
            "item": "payment_terms",
            "theirs": "首付 15%，余款分两年",
            "ours": "首付 30%，余款按揭",
            "better": "theirs",
            "note": "分期由开发商垫资",
        },
    ]
    body = {"items": items, "matchable": "partly", "judgement": "价差无法匹配，可用一年物业费与智能家居包补足"}
    await office.api("zhaolei", "PUT", f"competitor-offers/{rival['id']}/comparison", body, rival["version"])
    return {"ack": ids["ack"], "paper": ids["paper"], "rival": rival["id"]}


async def rules(office: Office, made: dict[str, str]) -> str:
    """A drafted refund rule, a pool with a catalogue, a hold, a delegation, a webhook; the id of the last."""
    held = await office.api("zhangwei", "GET", "policies/effective?kind=refund")
    stages = [held["content"]["stages"][0] | {"max_bp": 7_500}, *held["content"]["stages"][1:]]
    body = {"content": held["content"] | {"stages": stages}, "site_id": office.site, "note": "法务意见：上限调至 75%"}
    await office.api("zhangwei", "POST", "policies", body)
    terms = {"site_id": office.site, "base_fen": 10_000_000_000, "base_note": "2026 年度营销费用"}
    await office.api("zhaolei", "POST", "benefits/pools", terms)
    item = {"site_id": office.site, "name_zh": "一年物业费", "name_en": "A year's property fee", "cost_fen": 360_000}
    await office.api("zhaolei", "POST", "benefits/items", item)
    hold = {"case_id": made["approving"], "reason": "(2026)沪0115民初1234号", "ends_at": (utc_now() + timedelta(days=700)).isoformat()}
    await office.api("sunli", "POST", "holds", hold)
    lent = {"to_person_id": office.ids["hezhi"], "ends_at": (utc_now() + timedelta(days=5)).isoformat(), "reason": "出差"}
    await office.api("wanggang", "POST", "delegations", lent)
    async with transaction(office.factory) as db:  # the API would ask where its name leads, and there is no network
        hook = Webhook(
            name="集团 CRM", url="https://crm.example.com/hooks/calmdesk", topics=["case.approve", "policy.*"], secret="whsec_seed"
        )
        hook.created_by, hook.created_at = office.ids["root"], utc_now()
        db.add(hook)
    return str(hook.id)


async def edits(office: Office) -> str:
    """A script that waits for legal at the desk."""
    content = {"kind": "calming", "situation": "first_outburst", "tone": "warm", "levels": ["rising", "agitated"]}
    content |= {"zh": "您先坐下，我把您的话一条条记下来。", "en": "Please sit down, I will note every point."}
    change = {"shelf": "script", "key": "first-water", "action": "put", "content": content}
    edit = await office.api("linna", "POST", "library/edits", {"change": change, "note": "客户说没人记", "submit": True})
    return str(edit["id"])


async def seed(folder: Path) -> dict[str, str]:
    """Ids of what was made: `draft`, `assessing`, `solving`, `approving`, `executing`, `closing` (cases), `talk`, `live` (sessions)."""
    settings = own_settings(folder)
    await asyncio.to_thread(migrations.upgrade, settings)
    engine = create_engine(settings)
    app = create_app(settings, engine=engine)
    made: dict[str, str] = {}
    async with app.router.lifespan_context(app):
        office = Office(app, session_factory(engine), settings)
        await office.hire()
        made["draft"] = await office.open("王先生", "3栋1202", 6)
        steps = [("assessing", 70), ("solving", 150), ("approving", 190), ("executing", 600), ("closing", 1500)]
        for number, (step, minutes) in enumerate(steps):
            label, unit = CUSTOMERS[number + 1]
            causes = [["cash_flow"], ["competitor"], ["family", "cash_flow"], ["quality"], ["delay"]][number]
            case = made[step] = await office.open(label, unit, minutes, causes)
            await office.on(case, "zhouyan", "POST", "submit")
            await office.assess(case, *(("finance",) if step == "assessing" else ()))
            if number >= 1:
                await office.solve(case)
            if number >= 2:
                await office.accept(case)
            if number >= 3:
                await office.approve(case)
            if number >= 4:
                await office.pay(case)
        await office.api("lijing", "POST", "cases", {"customer_label": "周先生", "unit_label": "6栋1101"})
        made["talk"] = await office.talk(made["approving"], 200)
        made["other"] = await office.talk(made["solving"], 1600)
        cut = {"name": "先让客户把话说完", "start": 38, "end": 61, "note": "注意 0:46 的提示之后怎么接话"}
        made["clip"] = (await office.api("zhangwei", "POST", f"sessions/{made['talk']}/clips", cut))["id"]
        await office.talk(None, 2900, recording=False)
        made["regretted"] = await office.talk(None, 200 * 24 * 60)
        made["live"] = await office.talk(None, 2, status="live")
        await office.api("zhangwei", "POST", f"sessions/{made['live']}/hints", {"text": "别承诺退款"})
        async with transaction(office.factory) as db:
            await db.execute(update(SessionHint).values(at=58.0, sent_at=utc_now(), shown_at=utc_now()))
        made["warning"] = await alarms(office)
        made |= await before(office, made)
        made["webhook"] = await rules(office, made)
        made["edit"] = await edits(office)
        async with transaction(office.factory) as db:
            signal = CaseSignal(site_id=office.site, session_id=made["live"], kind="withdrawal_intent", status="open", at=45.2)
            signal.utterance_id, signal.detail, signal.message_key, signal.heard_at = (
                "u8",
                {"term": "退房", "speaker": "customer"},
                "seed",
                utc_now(),
            )
            db.add(signal)
    await engine.dispose()
    return made
