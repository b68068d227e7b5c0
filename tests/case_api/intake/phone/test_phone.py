"""The phone number is verified: a code is sent once it is written down, dies in time, and bears five mistakes."""

from __future__ import annotations

import asyncio
import re

import pytest
from sqlalchemy import select

from case_api.intake.phone.gateways import CodeMessage, GatewayError
from models.audit import AuditRecord
from models.commands import CommandRecord
from models.engine import Factory, reading
from models.verifications import PhoneVerification
from tests.case_api.intake.desk import PHONE, Desk, refused
from tests.conftest import Rows

SEND, CONFIRM = "/phone-verification", "/phone-verification/confirm"


class Hand:
    """A gateway that hands the codes over; it can fail, and it looks whether the code was written down before."""

    def __init__(self, factory: Factory) -> None:
        self.factory = factory
        self.sent: list[CodeMessage] = []
        self.broken = False

    async def send(self, message: CodeMessage) -> None:
        async with reading(self.factory) as db:
            row = await db.get_one(PhoneVerification, message.id)
            assert message.code not in str(row.code_hash)
        if self.broken:
            raise GatewayError("status 500")
        self.sent.append(message)


@pytest.fixture
def hand(desk: Desk, factory: Factory) -> Hand:
    made = Hand(factory)
    desk.app.state.phone_gateway = made
    return made


async def test_a_number_is_verified_by_the_code_that_was_sent(desk: Desk, hand: Hand, rows: Rows) -> None:
    case = await desk.received(phone=PHONE)
    sent = await desk.on("reception", case, "POST", SEND)
    assert (sent.status_code, sent.json()["phone"], sent.json()["attempts_left"]) == (201, "**********5678", 5)
    assert sent.json()["expires_at"] == "2026-11-23T01:35:00Z"
    [message] = hand.sent
    assert (message.phone, message.minutes) == ("+8613812345678", 5)
    confirmed = await desk.on("reception", case, "POST", CONFIRM, {"code": message.code}, key="confirm-0001")
    assert (confirmed.status_code, confirmed.json()["phone_verified_at"]) == (200, "2026-11-23T01:30:00Z")
    [row] = await rows.scalars(select(PhoneVerification))
    assert (row.code_hash, row.confirmed_at, row.sent_at) == (None, desk.now, desk.now)
    written = str([(record.before, record.after) for record in await rows.scalars(select(AuditRecord))])
    written += str(await rows.scalars(select(CommandRecord.body)))
    assert "5678" in written
    assert PHONE not in written
    assert message.code not in written
    for path, body in ((SEND, None), (CONFIRM, {"code": message.code})):
        assert refused(await desk.on("reception", case, "POST", path, body)) == (409, "phone_verified")


async def test_a_new_number_has_to_be_verified_again(desk: Desk, hand: Hand) -> None:
    case = await desk.received(phone=PHONE)
    await desk.on("reception", case, "POST", SEND)
    await desk.on("reception", case, "POST", CONFIRM, {"code": hand.sent[0].code})
    same = await desk.on("reception", case, "PATCH", "/registration", {"phone": f"+86 {PHONE}"})
    assert same.json()["phone_verified_at"] is not None
    other = await desk.on("reception", case, "PATCH", "/registration", {"phone": "13900001111"})
    assert other.json()["phone_verified_at"] is None
    assert refused(await desk.on("reception", case, "POST", CONFIRM, {"code": hand.sent[0].code})) == (409, "code_none")


async def test_a_code_for_the_number_before_counts_for_nothing(desk: Desk, hand: Hand) -> None:
    case = await desk.received(phone=PHONE)
    await desk.on("reception", case, "POST", SEND)
    await desk.on("reception", case, "PATCH", "/registration", {"phone": "13900001111"})
    assert refused(await desk.on("reception", case, "POST", CONFIRM, {"code": hand.sent[0].code})) == (409, "code_none")


async def test_wrong_codes_are_counted_and_the_sixth_try_is_none(desk: Desk, hand: Hand, rows: Rows) -> None:
    case = await desk.received(phone=PHONE)
    await desk.on("reception", case, "POST", SEND)
    right = hand.sent[0].code
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    for left in (4, 3, 2, 1, 0):
        answer = await desk.on("reception", case, "POST", CONFIRM, {"code": wrong})
        assert (refused(answer), answer.json()["detail"]) == ((422, "code_wrong"), f"还可输入 {left} 次 / {left} left")
    assert refused(await desk.on("reception", case, "POST", CONFIRM, {"code": right})) == (409, "code_exhausted")
    assert (await rows.one(select(PhoneVerification))).attempts == 5
    desk.later(minutes=1)
    await desk.on("reception", case, "POST", SEND)
    assert (await desk.on("reception", case, "POST", CONFIRM, {"code": hand.sent[1].code})).status_code == 200


async def test_guesses_made_at_once_are_all_counted(desk: Desk, hand: Hand, rows: Rows) -> None:
    case = await desk.received(phone=PHONE)
    await desk.on("reception", case, "POST", SEND)
    wrong = f"{(int(hand.sent[0].code) + 1) % 1_000_000:06d}"
    answers = await asyncio.gather(*(desk.on("reception", case, "POST", CONFIRM, {"code": wrong}) for _ in range(7)))
    codes = sorted(answer.json()["code"] for answer in answers)
    assert codes == ["code_exhausted"] * 2 + ["code_wrong"] * 5
    assert (await rows.one(select(PhoneVerification))).attempts == 5


async def test_a_code_dies_after_five_minutes(desk: Desk, hand: Hand) -> None:
    case = await desk.received(phone=PHONE)
    await desk.on("reception", case, "POST", SEND)
    desk.later(minutes=5)
    assert refused(await desk.on("reception", case, "POST", CONFIRM, {"code": hand.sent[0].code})) == (409, "code_expired")


async def test_a_new_code_ends_the_one_before(desk: Desk, hand: Hand) -> None:
    case = await desk.received(phone=PHONE)
    await desk.on("reception", case, "POST", SEND)
    desk.later(minutes=1)
    await desk.on("reception", case, "POST", SEND)
    old, new = (message.code for message in hand.sent)
    if old != new:
        assert refused(await desk.on("reception", case, "POST", CONFIRM, {"code": old})) == (422, "code_wrong")
    assert (await desk.on("reception", case, "POST", CONFIRM, {"code": new})).status_code == 200


async def test_codes_are_not_sent_without_end(desk: Desk, hand: Hand) -> None:
    case, other = await desk.received(phone=PHONE), await desk.received(phone=PHONE)
    await desk.on("reception", case, "POST", SEND)
    desk.later(seconds=20)
    for on in (case, other):  # the limit is the number's too
        soon = await desk.on("reception", on, "POST", SEND)
        assert (refused(soon), soon.headers["Retry-After"]) == ((429, "code_too_soon"), "40")
    for _ in range(4):
        desk.later(minutes=2)
        assert (await desk.on("reception", case, "POST", SEND)).status_code == 201
    desk.later(minutes=2)
    late = await desk.on("reception", case, "POST", SEND)
    assert refused(late) == (429, "code_too_soon")
    desk.later(seconds=int(late.headers["Retry-After"]))
    assert (await desk.on("reception", case, "POST", SEND)).status_code == 201
    assert len(hand.sent) == 6


async def test_of_two_requests_at_once_one_sends(desk: Desk, hand: Hand) -> None:
    case = await desk.received(phone=PHONE)
    version = (await desk.get("manager", f"/cases/{case}")).json()["version"]
    answers = await asyncio.gather(*(desk.send("reception", "POST", f"/cases/{case}{SEND}", version=version) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 412, 412]
    assert len(hand.sent) == 1


async def test_a_broken_gateway_is_told_and_its_code_is_dead(desk: Desk, hand: Hand, rows: Rows) -> None:
    case = await desk.received(phone=PHONE)
    hand.broken = True
    assert refused(await desk.on("reception", case, "POST", SEND)) == (503, "code_not_sent")
    row = await rows.one(select(PhoneVerification))
    assert (row.failed_at, row.sent_at, row.code_hash) == (desk.now, None, None)
    assert refused(await desk.on("reception", case, "POST", CONFIRM, {"code": "123456"})) == (409, "code_none")


@pytest.mark.parametrize(
    ("form", "refusal"), [({"unit": "1"}, (409, "phone_missing")), ({"phone": "010-65281234"}, (422, "phone_no_messages"))]
)
async def test_what_cannot_be_sent_to(desk: Desk, hand: Hand, form: dict[str, str], refusal: tuple[int, str]) -> None:
    case = await desk.received(**form)
    assert refused(await desk.on("reception", case, "POST", SEND)) == refusal
    assert hand.sent == []


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ("consultant", (403, "intake_by_responsible")),
        ("colleague", (403, "not_receptionist")),
        ("finance", (403, "forbidden")),
        ("stranger", (404, "not_found")),
    ],
)
async def test_who_may_not(desk: Desk, hand: Hand, who: str, refusal: tuple[int, str]) -> None:
    case = await desk.received(phone=PHONE)
    for path, body in ((SEND, None), (CONFIRM, {"code": "123456"})):
        assert refused(await desk.on(who, case, "POST", path, body)) == refusal
    assert hand.sent == []


async def test_versions_are_asked_for(desk: Desk, hand: Hand) -> None:
    case = await desk.received(phone=PHONE)
    for path, body in ((SEND, None), (CONFIRM, {"code": "123456"})):
        assert refused(await desk.send("reception", "POST", f"/cases/{case}{path}", body)) == (428, "precondition_required")
        assert refused(await desk.send("reception", "POST", f"/cases/{case}{path}", body, version=1)) == (412, "version_conflict")


async def test_without_a_gateway_the_code_is_on_the_servers_terminal(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    case = await desk.received(phone=PHONE)
    await desk.on("reception", case, "POST", SEND)
    output = capsys.readouterr()
    [code] = re.findall(r"code for \*{10}5678: (\d{6})", output.err)
    assert code not in output.out  # where the log goes
    assert PHONE not in output.out + output.err
    assert (await desk.on("reception", case, "POST", CONFIRM, {"code": code})).status_code == 200


async def test_a_repetition_sends_no_second_code_and_counts_no_second_mistake(desk: Desk, hand: Hand, rows: Rows) -> None:
    case = await desk.received(phone=PHONE)
    version = await desk.version(case)
    sent = [await desk.send("reception", "POST", f"/cases/{case}{SEND}", version=version, key="code-0000001") for _ in range(2)]
    assert [answer.status_code for answer in sent] == [201, 201]
    assert (sent[0].json(), sent[0].headers["etag"]) == (sent[1].json(), sent[1].headers["etag"])
    assert sent[1].headers["idempotency-replayed"] == "true"
    right = hand.sent[0].code
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    url, version = f"/cases/{case}{CONFIRM}", await desk.version(case)
    missed = [await desk.send("reception", "POST", url, {"code": wrong}, version=version, key="conf-0000001") for _ in range(2)]
    assert [(refused(answer), answer.json()["detail"]) for answer in missed] == [((422, "code_wrong"), "还可输入 4 次 / 4 left")] * 2
    other = await desk.send("reception", "POST", url, {"code": right}, version=version, key="conf-0000001")
    assert refused(other) == (422, "idempotency_key_reused")
    done = [await desk.send("reception", "POST", url, {"code": right}, version=version, key="conf-0000002") for _ in range(2)]
    assert (done[0].status_code, done[0].json()) == (done[1].status_code, done[1].json()) == (200, done[0].json())
    assert (len(hand.sent), (await rows.one(select(PhoneVerification))).attempts) == (1, 1)


async def test_a_code_that_was_not_sent_is_sent_under_the_same_key(desk: Desk, hand: Hand) -> None:
    case = await desk.received(phone=PHONE)
    hand.broken = True
    url, version = f"/cases/{case}{SEND}", await desk.version(case)
    assert refused(await desk.send("reception", "POST", url, version=version, key="code-0000001")) == (503, "code_not_sent")
    hand.broken = False
    desk.later(minutes=1)
    again = await desk.send("reception", "POST", url, version=await desk.version(case), key="code-0000001")
    assert (again.status_code, len(hand.sent)) == (201, 1)
