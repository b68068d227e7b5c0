"""Who may see which page, over plain HTTP; signing in and out; what the browser is told; files."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import httpx2
import pytest
from nicegui import app as nicegui_app

from case_api.cases.rules import UNNAMED
from case_api.console import pages
from case_api.console.audit import action_of
from case_api.console.pages import PAGES
from case_api.console.texts import TEXTS
from case_api.harness import own_database
from case_api.security import GRANTS
from case_api.sessions.spots import address_of
from models.base import new_id
from tests.case_api.console.conftest import PASSWORD, Server, elements
from tests.case_api.console.seed import CAST

WITHOUT_PERMISSION = {"/", "/sign-in", "/password", "/nothing"}
PLACES = {"{case_id}": "{approving}", "{session_id}": "{talk}", "{warning_id}": "{warning}", "{webhook_id}": "{webhook}"}
PLACES |= {"{ack_id}": "{ack}", "{offer_id}": "{rival}", "{edit_id}": "{edit}", "{clip_id}": "{clip}"}


@pytest.fixture(scope="module", autouse=True)
def _loaded() -> None:
    if not PAGES:
        pages.load()


def addresses() -> dict[str, frozenset[str]]:
    """Each page's address with the roles that open it."""
    found = {}
    for spec in PAGES:
        path = spec.path
        for name, place in PLACES.items():
            path = path.replace(name, place)
        found[path] = frozenset(role for role, grants in GRANTS.items() if grants & set(spec.any_of))
    return found


def test_every_page_names_a_permission() -> None:
    declared = {spec.path for spec in PAGES} | WITHOUT_PERMISSION
    registered = {
        route.path for route in nicegui_app.routes if getattr(getattr(route, "endpoint", None), "__module__", "").startswith("case_api")
    }
    assert {spec.path for spec in PAGES} <= registered <= declared
    assert all(spec.any_of for spec in PAGES)


@pytest.mark.parametrize("username", [name for name in CAST if name != "guessed"])
def test_pages_open_for_whom_they_are(server: Server, username: str) -> None:
    roles = {role for role, _ in CAST[username][1]}
    for path, allowed in addresses().items():
        status = server.ask(username, path).status_code
        assert status in ((200, 404) if roles & allowed else (403,)), f"{path}: {status}"


def test_a_quote_leads_to_its_moment_for_whoever_may_hear_it(server: Server) -> None:
    path = address_of(server.made["talk"], 38.9).removeprefix("/console")
    target = f"/sessions/{server.made['talk']}?at=38&amp;play=1"
    for username, status in (("linna", 200), ("zhangwei", 200), ("chenfang", 403), ("nobody", 403)):
        led = server.ask(username, path)
        assert (led.status_code, f'content="0;url=/console{target}"' in led.text) == (200, True)
        assert server.ask(username, target.replace("&amp;", "&")).status_code == status
    outside = server.ask(None, target.replace("&amp;", "&"))  # back to the moment after signing in
    assert outside.headers["location"].endswith("%3Fat%3D38%26play%3D1")
    assert server.ask(None, "/q/none").headers["location"] == "/console/"


def test_a_search_tells_how_many_it_found(server: Server) -> None:
    assert re.search(r"共 [1-9]\d* 处", server.ask("zhangwei", "/search?q=定金").text)


def test_where_no_demonstration_is_served_nobody_comes_in_by_a_button(server: Server) -> None:
    assert "/sign-in-as" not in server.ask(None, "/sign-in").text
    answer = server.ask(None, "/sign-in-as", "POST", data={"role": "site_manager"})
    assert answer.headers["location"].startswith("/console/sign-in?problem=not_found")
    assert "set-cookie" not in answer.headers


def test_nobody_sees_anything_without_signing_in(server: Server) -> None:
    for path in addresses():
        answer = server.ask(None, path)
        assert answer.status_code == 302
        assert answer.headers["location"].startswith("/console/sign-in?next=%2Fconsole%2F")
    assert server.ask(None, "/files/v1/sessions/{talk}/audio").status_code == 401


@pytest.mark.parametrize(
    ("username", "target"),
    [("zhangwei", "/console/tasks"), ("linna", "/console/tasks"), ("root", "/console/people"), ("nobody", "/console/nothing")],
)
def test_each_role_starts_at_what_waits_for_it(server: Server, username: str, target: str) -> None:
    assert server.ask(username, "/").headers["location"] == target


def test_what_waits_beside_cases_stands_with_whom_it_waits_for(server: Server) -> None:
    """A drafted rule and a drafted script wait for legal, not for whoever drafted them; a trainer has no cases and starts there too."""
    said = "您先坐下，我把您的话一条条记下来。"
    legal, manager, trainer = (server.ask(username, "/tasks") for username in ("sunli", "zhangwei", "linna"))
    assert [one.status_code for one in (legal, manager, trainer)] == [200, 200, 200]
    assert f"/console/library/edits/{server.made['edit']}" in legal.text
    assert said in legal.text
    kept = httpx2.get(f"{server.url}/v1/policies?kind=refund", headers={"Authorization": f"Bearer {server.token('sunli')}"}).json()["items"]
    drafted = any(one["status"] == "draft" for one in kept)  # another test may have put it in force
    assert ("/console/policies#refund" in legal.text) is ("待授权" in legal.text) is drafted
    assert "/console/policies#refund" not in manager.text
    assert said not in trainer.text


def test_a_page_that_is_refused_says_which_page_it_is(server: Server) -> None:
    answer = server.ask("linna", "/sessions/unknown/labels")
    assert answer.status_code == 404
    assert [one["text"] for one in elements(answer.text) if one["tag"] == "h1"] == [TEXTS["labels.title"][0]]


@pytest.mark.parametrize(("username", "path"), [("zhangwei", "/cases"), ("zhangwei", "/cases?view=list"), ("wanggang", "/tasks")])
def test_a_limit_says_how_long_there_is_before_the_browser_counts(server: Server, username: str, path: str) -> None:
    """It had said one hour of every case, and the day of an approval, for a second."""
    found = elements(server.ask(username, path).text)
    limits = [(one["props"]["data-due"], one["text"]) for one in found if "data-due" in one.get("props", {})]
    assert limits
    for due, said in limits:
        left = (datetime.fromisoformat(due) - datetime.now(UTC)).total_seconds()
        days, hours, minutes = re.search(r"^(?:超时 )?(?:(\d+) 天)? ?(?:(\d+) 小时)? ?(?:(\d+)(?: 分|:\d\d))?$", said).groups("0")
        told = int(days) * 86400 + int(hours) * 3600 + int(minutes) * 60
        assert abs(abs(left) - told) < (3700 if int(days) else 100), (due, said)
        assert said.startswith("超时") == (left < 0)


def test_signing_in_and_out(server: Server) -> None:
    with httpx2.Client(base_url=server.url) as browser:
        assert browser.get("/").headers["location"] == "/console/"
        wrong = browser.post("/console/sign-in", data={"username": "zhaolei", "password": "wrong", "next": "/console/cases"})
        assert wrong.headers["location"] == "/console/sign-in?problem=credentials_invalid&next=%2Fconsole%2Fcases&username=zhaolei"
        assert "用户名或密码不正确" in browser.get(wrong.headers["location"]).text
        right = browser.post("/console/sign-in", data={"username": "zhaolei", "password": PASSWORD, "next": "/console/cases"})
        assert right.headers["location"] == "/console/cases"
        assert re.search(r"calmdesk_token=\S+; HttpOnly; Max-Age=\d+; Path=/console; SameSite=strict$", right.headers["set-cookie"])
        assert browser.get("/console/cases").status_code == 200
        token = browser.cookies["calmdesk_token"]
        assert browser.post("/console/sign-out").headers["location"] == "/console/sign-in"
        revoked = httpx2.get(f"{server.url}/v1/me", headers={"Authorization": f"Bearer {token}"})
        assert revoked.json()["code"] == "token_invalid"
        assert browser.get("/console/cases").status_code == 302


@pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example", "/console/\\elsewhere", "/v1/me"])
def test_nobody_is_led_elsewhere_by_signing_in(server: Server, target: str) -> None:
    answer = server.ask(None, "/sign-in", "POST", data={"username": "zhaolei", "password": PASSWORD, "next": target})
    assert answer.headers["location"] == "/console/"


def test_a_one_time_password_is_changed_first(server: Server) -> None:
    with httpx2.Client(base_url=server.url) as browser:
        entered = browser.post("/console/sign-in", data={"username": "fresh", "password": PASSWORD})
        assert entered.headers["location"] == "/console/password"
        assert browser.get("/console/tasks").headers["location"] == "/console/password"
        new = {"old": PASSWORD, "new": "tea first then talk", "again": "tea first then talk"}
        assert browser.post("/console/password", data=new | {"again": "tea"}).headers["location"].endswith("problem=again")
        assert browser.post("/console/password", data=new | {"old": "no"}).headers["location"].endswith("problem=password_wrong")
        assert browser.post("/console/password", data=new).headers["location"] == "/console/"
        assert browser.get("/console/tasks").status_code == 200


def test_an_account_locks_here_too(server: Server) -> None:
    for _ in range(5):
        server.ask(None, "/sign-in", "POST", data={"username": "guessed", "password": "guess"})
    answer = server.ask(None, "/sign-in", "POST", data={"username": "guessed", "password": PASSWORD})
    assert "credentials_invalid" in answer.headers["location"]


def test_what_the_browser_is_told(server: Server) -> None:
    answer = server.ask("zhangwei", "/tasks")
    policy = answer.headers["content-security-policy"]
    nonce = re.search(r"'nonce-([\w-]+)'", policy)
    assert nonce is not None
    assert "default-src 'none'" in policy
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
    assert set(re.findall(r"<script ([^\s>]*)", answer.text)) == {f'nonce="{nonce[1]}"'}
    assert server.ask("zhangwei", "/tasks").headers["content-security-policy"] != policy
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cache-control"] == "no-store"
    assert "https://" not in re.sub(r'"[^"]*www\.w3\.org[^"]*"', "", answer.text)
    assert server.token("zhangwei") not in answer.text


def test_other_sites_cannot_act_or_listen(server: Server) -> None:
    evil = {"Origin": "https://elsewhere.example"}
    assert server.ask("zhangwei", "/sign-out", "POST", headers=evil).status_code == 403
    assert server.ask("zhangwei", "/_nicegui_ws/socket.io/?EIO=4&transport=polling", headers=evil).status_code == 403
    assert server.ask("zhangwei", "/tasks", headers=evil).status_code == 200


def test_language_and_theme_stay(server: Server) -> None:
    with httpx2.Client(base_url=server.url, cookies={"calmdesk_token": server.token("zhangwei")}) as browser:
        assert '<html lang="zh-CN">' in browser.get("/console/tasks").text
        for name, value in (("language", "en"), ("theme", "dark"), ("theme", "no such")):
            browser.post("/console/look", data={name: value, "next": "/console/tasks"})
        page = browser.get("/console/tasks").text
        assert '<html lang="en-US">' in page
        assert 'dataset.theme = "dark"' in page
        assert "My work" in page


@pytest.mark.parametrize(
    "path",
    [
        "/cases/nothing",
        "/cases/x%3Fy=1",
        "/sessions/%23",
        "/cases?status=lost",
        "/cases?cursor=%00",
        "/tasks?path=/&done=x",
        "/sessions/{talk}?at=²",
    ],
)
def test_no_address_breaks_it(server: Server, path: str) -> None:
    assert server.ask("zhangwei", path).status_code in (200, 404, 422)


def test_an_address_that_leads_nowhere_says_so(server: Server) -> None:
    answer = server.ask("zhangwei", "/nowhere")
    assert (answer.status_code, "没有这个页面" in answer.text) == (404, True)
    assert "script-src 'self' 'nonce-" in answer.headers["content-security-policy"]
    with httpx2.Client(cookies={"calmdesk_language": "en"}) as browser:
        assert "There is no such page" in browser.get(f"{server.url}/console/nowhere").text


def test_a_record_that_was_removed_is_told_of_to_whoever_manages_holds(server: Server) -> None:
    gone, at = new_id(), "2026-01-05 02:03:04.000000"
    with closing(sqlite3.connect(own_database(server.folder).partition("///")[2])) as db, db:
        site_id = db.execute("SELECT site_id FROM withdrawal_case LIMIT 1").fetchone()[0]
        values = (new_id(), "case", gone, site_id, "HD-20240101-0001", at, at, "{}", "[]", at)
        columns = "id, kind, subject_id, site_id, code, ended_at, removed_at, counts, pending, files_removed_at"
        db.execute(f"INSERT INTO removal ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
    told = server.ask("sunli", f"/cases/{gone}")
    assert (told.status_code, "HD-20240101-0001" in told.text, "只留下清除记录" in told.text) == (404, True, True)
    for who, id_ in (("zhangwei", gone), ("sunli", "nothing"), ("sunli", "%00")):
        other = server.ask(who, f"/cases/{id_}")
        assert (other.status_code, "清除记录" in other.text) == (404, False)


def test_whom_nobody_has_named_is_called_so_in_the_reader_s_language(server: Server) -> None:
    token = {"Authorization": f"Bearer {server.token('zhangwei')}", "Idempotency-Key": "unnamed-0001"}
    body = {"customer_label": UNNAMED, "unit_label": "9栋0909"}
    made = httpx2.post(f"{server.url}/v1/cases", json=body, headers=token)
    assert made.status_code == 201, made.text
    for path in (f"/cases/{made.json()['id']}", "/cases", "/cases?view=list"):
        with httpx2.Client(cookies={"calmdesk_language": "en", "calmdesk_token": server.token("zhangwei")}, timeout=60) as browser:
            page = browser.get(f"{server.url}/console{path}").text
        assert "Customer not named yet" in page
        assert UNNAMED not in page
    assert UNNAMED in server.ask("zhangwei", f"/cases/{made.json()['id']}").text


def test_a_hold_says_what_it_keeps(server: Server) -> None:
    assert re.search(r"HD-\d{8}-\d{4}", server.ask("sunli", "/holds").text)


def test_the_audit_record_is_asked_by_an_action_s_name_or_the_beginning_of_its_code(server: Server) -> None:
    assert [action_of(typed) for typed in ("保全案件", "Hold placed on the case", "api:case:", "", "没有这个操作")] == [
        "api:case:place_hold",
        "api:case:place_hold",
        "api:case:",
        "",
        None,
    ]
    found = {typed: server.ask("sunli", f"/audit?action={typed}").text for typed in ("保全案件", "没有这个操作")}
    assert ["没有符合条件的记录" in text for text in found.values()] == [False, True]


def test_a_rule_shows_all_that_it_says_in_the_reader_s_language(server: Server) -> None:
    """What a risk calls for, reminders and escalation had been in the form only, and the program's own note in Chinese for everybody."""
    chinese = server.ask("sunli", "/policies").text
    assert all(text in chinese for text in ("出厂默认", "涉及媒体", "群体诉求（2 人及以上）", "50%、80%", "150% 城市总经理"))
    with httpx2.Client(cookies={"calmdesk_token": server.token("sunli"), "calmdesk_language": "en"}) as browser:
        english = browser.get(f"{server.url}/console/policies").text
    assert "出厂默认" not in english
    assert all(text in english for text in ("As shipped", "In force from the beginning", "50%, 80%"))


def test_what_the_player_shows_is_for_whoever_may_hear_it(server: Server) -> None:
    told = server.ask("zhangwei", "/sessions/{talk}/talk").json()
    assert {said["id"] for said in told["utterances"]} >= {hit["utterance_id"] for hit in told["keywords"]} != set()
    assert told["track"]["low"].keys() == told["track"]["high"].keys() == told["track"]["columns"].keys()
    finer = server.ask("zhangwei", "/sessions/{talk}/curves?from=30&to=40&step=0.1").json()
    assert (finer["start"], finer["step"], len(finer["columns"]["pitch"])) == (30, 0.1, 100)
    assert server.ask("zhangwei", "/sessions/{talk}/curves?from=x").status_code == 422
    for path in ("/sessions/{talk}/talk", "/sessions/{talk}/curves"):
        assert [server.ask(who, path).status_code for who in (None, "nobody", "chenfang", "zhouyan")] == [401, 403, 403, 404]


def test_files_come_through_as_they_are(server: Server) -> None:
    part = server.ask("zhangwei", "/files/v1/sessions/{talk}/audio", headers={"Range": "bytes=4-11"})
    assert (part.status_code, len(part.content), part.headers["content-type"]) == (206, 8, "audio/flac")
    subtitles = server.ask("zhangwei", "/files/v1/sessions/{talk}/export?format=srt")
    assert "虚假宣传" in subtitles.text
    assert server.ask("chenfang", "/files/v1/sessions/{talk}/audio").json()["code"] == "forbidden"
    period = "first=2026-02-02&before=2026-02-01"
    assert server.ask("wanggang", f"/files/v1/figures/export?{period}").json()["code"] == "figures_period"
    assert server.ask("linna", "/files/v1/figures/export").json()["code"] == "forbidden"
    assert server.ask("zhangwei", "/files/v1/cases/{draft}", "GET").status_code == 404
    refused = server.ask("zhangwei", "/files/v1/cases/{draft}/cancel", "POST", json={"reason": "无"})
    assert refused.status_code in (404, 405)
