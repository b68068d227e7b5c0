"""The randomised hold-out, whole: a site opts in, prompts are withheld by lot, noted down, told afterwards, and compared."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import select

from audio_service.intake.packets import build_packet
from audio_service.live import registry as registering
from audio_service.messages import SAMPLE_RATE
from models.base import new_id
from models.learning import PromptWithheld, SessionPlan
from models.people import Person
from models.prompts import PromptShown
from scripts_library.learned import URGENT, Plan
from tests.audio_service.live.test_bad_input import line

SPEED = 30.0
SHARE = 2000
NAMES = [f"{lane}{n}" for lane in "vw" for n in range(10)]


def drawn(session_id: str) -> set[str]:
    """The prompts the lot picks in a conversation of that name, urgent or not."""
    return {name for name in NAMES if Plan(session_id, SHARE).withholds(name, urgent=False)}


def named(*wanted: str) -> str:
    """A conversation's name with which the lot picks these first prompts and shows the next ones."""
    first = {f"{lane}{n}" for lane in "vw" for n in range(3)}
    return next(name for name in iter(new_id, "") if drawn(name) & first == set(wanted))


@pytest.fixture
def talk(negotiation: NDArray[np.int16]) -> NDArray[np.int16]:
    """70 s: calm talk, in which the customer asks after 13 s whether they may not buy after all; then the outburst."""
    seconds = ((0.0, 10.5), (45.6, 53.4), (10.5, 32.0), (53.5, 83.5))
    return np.concatenate([negotiation[int(first * SAMPLE_RATE) : int(last * SAMPLE_RATE)] for first, last in seconds])


@pytest.fixture
async def manager(make_person: Callable[..., Awaitable[Person]], sign_in: Callable[..., Awaitable[dict[str, str]]], site: Any) -> Any:
    return await sign_in(await make_person("wangmanager", ("site_manager", site.id)))


async def agree(service: Any, manager: dict[str, str], site: Any, version: int, share: int) -> None:
    answer = await asked(service, manager, "PUT", f"learning/sites/{site.id}", version, json={"holdout_bp": share})
    assert answer.status_code == 200


async def asked(service: Any, headers: dict[str, str], method: str, path: str, version: int | None = None, **more: Any) -> Any:
    wanted = {"If-Match": f'"{version}"'} if version is not None else {}
    async with httpx2.AsyncClient(base_url=service.url.replace("ws", "http").removesuffix("stream")) as client:
        return await client.request(method, path, headers=headers | wanted, **more)


async def test_what_the_lot_withholds_reaches_no_phone_and_is_told_afterwards(
    start: Callable[..., Any], rows: Any, talk: NDArray[np.int16], manager: dict[str, str], site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start() as service:
        await agree(service, manager, site, 0, SHARE)
        monkeypatch.setattr(registering, "new_id", lambda: named("w0", "v0"))
        phone = service.phone()
        await phone.play(talk, SPEED)
        told = {message["id"]: message for message in service.of("prompt")}
        of_it = PromptWithheld.session_id == phone.session
        held = {row.prompt_key: row for row in await rows.scalars(select(PromptWithheld).where(of_it))}
        shown = {row.prompt_key: row for row in await rows.scalars(select(PromptShown).where(PromptShown.session_id == phone.session))}
        assert "w0" in held
        assert told.keys() == shown.keys()
        assert not told.keys() & held.keys()
        assert all(row.level != "agitated" and row.situation not in URGENT for row in held.values())
        assert held.keys() <= drawn(phone.session)
        assert all("lot" not in shown[name].evidence for name in shown.keys() & drawn(phone.session)), "picked, but urgent"
        assert {row.evidence["lot"] for row in held.values()} == {SHARE}
        assert sum(service.of("summary")[-1]["prompts"].values()) == len(told)

        reviewed = (await asked(service, manager, "GET", f"sessions/{phone.session}")).json()
        expected = [(row.prompt_key, row.at, row.level, row.evidence["text"]) for row in sorted(held.values(), key=lambda row: row.at)]
        assert [(one["id"], one["at"], one["level"], one["text"]) for one in reviewed["withheld"]] == expected
        assert [one["id"] for one in reviewed["prompts"]] == [row.prompt_key for row in sorted(shown.values(), key=lambda row: row.at)]
        effects = (await asked(service, manager, "GET", "learning/effects?by=situation")).json()["items"]
        assert sum(one["lot_withheld"] for one in effects) == len(held)
        assert {effect["verdict"] for one in effects for effect in one["effects"]} == {"not_enough"}

        await agree(service, manager, site, 1, 0)
        service.messages.clear()
        without = service.phone()
        await without.play(talk, SPEED)
    assert await rows.scalars(select(PromptWithheld).where(PromptWithheld.session_id == without.session)) == []
    assert {message["script_id"] for message in service.of("prompt")} >= {row.script_id for row in held.values()}
    kept = await rows.scalars(select(SessionPlan))
    assert [(row.session_id, row.holdout_bp) for row in kept] == [(phone.session, SHARE)]


async def test_after_a_restart_the_same_prompts_are_withheld(
    start: Callable[..., Any], rows: Any, talk: NDArray[np.int16], manager: dict[str, str], site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def of(session: str) -> list[set[tuple[str, str, float]]]:
        found = [await rows.scalars(select(table).where(table.session_id == session)) for table in (PromptWithheld, PromptShown)]
        return [{(row.prompt_key, row.script_id, row.at) for row in each} for each in found]

    monkeypatch.setattr(registering, "new_id", lambda: named("w0", "v0"))
    packets = [build_packet(seq, talk[at : at + 1600].tobytes()) for seq, at in enumerate(range(0, talk.size, 1600))]
    messages: list[dict[str, Any]] = []
    async with start() as service:
        await agree(service, manager, site, 0, SHARE)
        quiet = service.phone()
        await quiet.play(talk, SPEED)
        async with line(service) as client:
            session = (await client.hello())["session"]
            for packet in packets[:280]:
                await client.send(packet)
            while (await client.until("transcript"))["start"] < 18:
                pass
            assert (await of(session))[0]
        await agree(service, manager, site, 1, 0)  # what a conversation began with holds to its end
    async with start() as again, line(again) as client:
        ready = await client.hello(resume=session)
        for packet in packets[ready["next_seq"] :]:
            await client.send(packet)
        await client.say(type="stop")
        while (message := await client.next())["type"] != "summary":
            messages.append(message)
        assert await client.closed() == 1000
    whole = await of(quiet.session)
    assert whole[0]
    assert await of(session) == whole
    assert not {message["id"] for message in messages if message["type"] == "prompt"} & {name for name, *_ in whole[0]}


async def test_without_recording_there_is_nothing_to_learn_from_and_nothing_is_withheld(
    start: Callable[..., Any], rows: Any, talk: NDArray[np.int16], manager: dict[str, str], site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registering, "new_id", lambda: named("w0", "v0"))
    async with start() as service:
        await agree(service, manager, site, 0, SHARE)
        phone = service.phone(consent={"recording": False, "notice_version": "rec-2026-11"})
        await phone.play(talk[: 40 * SAMPLE_RATE], SPEED)
    assert service.of("prompt")[0]["id"] in ("w0", "v0")
    assert await rows.scalars(select(SessionPlan)) == []
