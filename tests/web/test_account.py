"""My account: passwords, the office's help, the second factor, own sessions, what happened."""

from __future__ import annotations

import re

import psycopg
import pyotp
import pytest

from domain.ids import SYSTEM, PersonId, StreamId, stream_id
from domain.machine import Appointment
from domain.passwords import check_password
from domain.person import Register
from domain.programme import Programme
from domain.refusal import Kind, Refused
from ledger import hashing
from ledger.accounts import NewAccount, matching_step
from ledger.attempts import Device
from ledger.programmes import as_json
from tests.conftest import START
from tests.web.browser import Browser, Page
from tests.web.conftest import PASSWORD, Web

OFFICE = ("office", "pucheng")
ADMIN = ("admin", "pucheng")
LEADER = ("group_leader", "shiyan-maths")
NEW = "lange Nächte im 图书馆"
HERE = Device("127.0.0.1", "")


async def entering(web: Web, login: str, password: str, path: str = "/account") -> tuple[Browser, Page]:
    browser = await web.browser()
    return browser, await web.sign_in(browser, await browser.get(path), login, password)


# -- passwords


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("kurz", "password_too_short"),
        ("九个字的密码不够长", "password_too_short"),
        ("x" * 129, "password_too_long"),
        ("1234567890", "password_common"),
        ("qwertyuiop", "password_common"),
        ("iloveyou1234", "password_guessable"),
        ("aaaaaaaaaaaaaaa", "password_repeats"),
        ("qwe123qwe123qwe123", "password_repeats"),
        ("abcdefghijklmno", "password_in_sequence"),
        ("1qaz2wsx3edc", "password_common"),
        ("2014-09-01", "password_is_date"),
        ("wangfang2014", "password_names_you"),
        ("Wang.Fang_1985", "password_names_you"),
        ("王芳王芳王芳王芳王芳", "password_repeats"),
        ("shiyan2026!!", "password_names_you"),
        ("woaini5201314", "password_guessable"),
        ("ｗａｎｇｆａｎｇ２０１４", "password_names_you"),
    ],
)
def test_a_password_that_would_be_guessed_is_refused_with_the_reason(password: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        check_password(password, ["王芳", "wangfang", "wang.fang", "shiyan"])
    assert (refused.value.kind, refused.value.at) == (Kind.INVALID, "password")
    assert refused.value.code == code


@pytest.mark.parametrize("password", [PASSWORD, NEW, "correct horse battery", "x7#kQ9!mZ2@p", "何当共剪西窗烛却话巴山"])
def test_a_long_password_needs_no_signs(password: str) -> None:
    check_password(password, ["王芳", "wangfang"])


async def test_a_password_is_changed_and_every_other_session_ends(web: Web) -> None:
    person, login = await web.account(*OFFICE, password=PASSWORD)
    mine, other = await web.signed_in_as(person), await web.signed_in_as(person)
    page = await mine.get("/account/password")
    page = await mine.submit(page, "password-form", current=PASSWORD, new=NEW, again=NEW)
    assert page.path == "/account?said=password_changed"
    assert "密码已修改" in page
    assert (await other.get("/account")).path.startswith("/sign-in")
    assert "没有登录" in (await entering(web, login, PASSWORD))[1]
    assert (await entering(web, login, NEW))[1].path == "/account"


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"current": "falsch"}, "current", "密码不对"),
        ({"again": "etwas anderes"}, "again", "不一样"),
        ({"new": "kurz", "again": "kurz"}, "new", "至少要有 10 个字"),
        ({"new": "office.pucheng1", "again": "office.pucheng1"}, "new", "熟人容易猜到"),
    ],
)
async def test_a_wrong_form_says_which_field(web: Web, typed: dict[str, str], field: str, words: str) -> None:
    await web.account(*OFFICE, password=PASSWORD)
    browser = await web.signed_in(*OFFICE)
    fields = {"current": PASSWORD, "new": NEW, "again": NEW, **typed}
    page = await browser.submit(await browser.get("/account/password"), "password-form", fields)
    assert page.status == 422
    assert words in page
    assert f"{field}-error" in page.ids
    assert all(page.form("password-form")[one] == "" for one in ("current", "new", "again"))


async def test_the_staff_number_is_what_colleagues_know(web: Web) -> None:
    person = PersonId(stream_id("person", web.tenant, "with a number"))
    post = Appointment(id="1", role="office", unit="pucheng", first_day=START.date())
    register = Register(full_name="林秋白", staff_no="Z20140073", posts=(post,))
    await web.site.bureau.by(SYSTEM, StreamId(person), register)
    await web.ledger.accounts.create(web.tenant, person, "lin", password=PASSWORD)
    browser = await web.signed_in_as(person)
    new = "z20140073lamp"
    page = await browser.submit(
        await browser.get("/account/password"), "password-form", current=PASSWORD, new=new, again=new
    )
    assert page.status == 422
    assert "密码里的“z20140073”与您的姓名、登录名或单位有关" in page


async def test_guessing_the_present_password_is_counted_too(web: Web) -> None:
    await web.account(*OFFICE, password=PASSWORD)
    browser = await web.signed_in(*OFFICE)
    page = await browser.get("/account/password")
    for _ in range(5):
        page = await browser.submit(page, "password-form", current="falsch", new=NEW, again=NEW)
    page = await browser.submit(page, "password-form", current=PASSWORD, new=NEW, again=NEW)
    assert page.status == 422


async def test_a_hash_of_other_parameters_is_renewed(web: Web) -> None:
    _, login = await web.account(*OFFICE)
    (weak,) = await hashing.hashed_drawn([PASSWORD])
    await change(web, "UPDATE account SET password_hash = %s WHERE tenant = %s", weak)
    assert (await entering(web, login, PASSWORD))[1].path == "/account"
    (row,) = await web.site.rows("account")
    assert row["password_hash"] != weak
    assert not hashing.is_outdated(row["password_hash"])
    assert (await entering(web, login, PASSWORD))[1].path == "/account"


async def change(web: Web, statement: str, *values: object) -> None:
    async with web.ledger.database.connection(web.tenant) as connection:
        await connection.execute(statement, (*values, web.tenant))


# -- the office helps


async def test_a_one_time_password_lets_in_once_it_is_changed(web: Web) -> None:
    person, login = await web.account(*LEADER, password=PASSWORD)
    keeper = await web.site.person(*ADMIN)
    mine = await web.signed_in_as(person)
    one_time = await web.ledger.accounts.issue_one_time(web.tenant, keeper, person)
    assert re.fullmatch(r"[a-z0-9]{4}(-[a-z0-9]{4}){2}", one_time)
    assert (await mine.get("/account")).path.startswith("/sign-in"), "the person's sessions have ended"
    assert "没有登录" in (await entering(web, login, PASSWORD))[1]
    browser, page = await entering(web, login, one_time.upper().replace("-", " "))
    assert page.path == "/account/password?next=%2Faccount"
    assert "设置您自己的密码" in page
    assert (await browser.get("/")).path == "/account/password", "nothing else before"
    page = await browser.submit(page, "password-form", new=one_time, again=one_time + "x")
    assert page.status == 422
    page = await browser.submit(page, "password-form", new=NEW, again=NEW)
    assert page.path == "/account?said=password_changed"
    assert "签发一次性密码" in page
    assert "没有登录" in (await entering(web, login, one_time))[1]


async def test_a_form_kept_at_expiry_survives_the_change_of_a_password(web: Web) -> None:
    person, login = await web.account(*LEADER)
    one_time = await web.ledger.accounts.issue_one_time(web.tenant, SYSTEM, person)
    browser = await web.browser()
    page = await browser.post("/account/sessions/end", {"session": "others", "note": "noch da"})
    page = await web.sign_in(browser, page, login, one_time)
    assert "/account/password?next=%2Fsign-in%2Fkept" in page.path
    page = await browser.submit(page, "password-form", new=NEW, again=NEW)
    assert page.form("kept")["note"] == "noch da"


async def test_a_stale_one_time_password_is_worth_nothing(web: Web) -> None:
    person, login = await web.account(*LEADER)
    one_time = await web.ledger.accounts.issue_one_time(web.tenant, SYSTEM, person)
    await change(web, "UPDATE account SET password_at = now() - interval '31 days' WHERE tenant = %s")
    assert "没有登录" in (await entering(web, login, one_time))[1]


@pytest.mark.parametrize("by", [OFFICE, LEADER, ("coordinator", "shiyan")])
async def test_only_the_directorys_keeper_issues_one(web: Web, by: tuple[str, str]) -> None:
    person, login = await web.account("teacher", "shiyan-maths", password=PASSWORD)
    other = await web.site.person(*by)
    accounts = web.ledger.accounts
    for attempt in (
        accounts.issue_one_time(web.tenant, other, person),
        accounts.issue_many(web.tenant, other, [person]),
        accounts.reset_totp(web.tenant, other, person),
        accounts.set_login(web.tenant, other, person, "mine.now"),
    ):
        with pytest.raises(Refused) as refused:
            await attempt
        assert refused.value.code == "right_missing"
    assert {(row["person"], row["action"]) for row in await web.site.denials()} == {(other, "keep_account")}
    assert (await entering(web, login, PASSWORD))[1].path == "/account"


async def test_accounts_are_made_together_or_not_at_all(web: Web) -> None:
    people = [await web.site.person("teacher", "shiyan-maths", str(n)) for n in range(3)]
    wanted = [NewAccount(one, f"T{n:03}") for n, one in enumerate(people)]
    with pytest.raises(Refused) as refused:
        await web.ledger.accounts.create_many(web.tenant, [*wanted, NewAccount(PersonId("per-x"), "T001")], SYSTEM)
    assert (refused.value.code, refused.value.at) == ("login_taken", "logins.3")
    with pytest.raises(Refused) as refused:
        await web.ledger.accounts.create_many(web.tenant, [wanted[0], NewAccount(people[1], "no spaces")], SYSTEM)
    assert (refused.value.code, refused.value.at) == ("login_unfit", "logins.1")
    assert await web.ledger.accounts.find_many(web.tenant, people) == {}
    assert await web.ledger.accounts.create_many(web.tenant, wanted[:2], SYSTEM) == 2
    assert await web.ledger.accounts.create_many(web.tenant, wanted, SYSTEM) == 1
    assert await web.ledger.accounts.by_login(web.tenant, ["t001", "T002", "t009"]) == {
        "t001": people[1],
        "t002": people[2],
    }
    one_times = await web.ledger.accounts.issue_many(web.tenant, SYSTEM, people)
    assert len(set(one_times.values())) == 3
    with pytest.raises(Refused) as refused:
        await web.ledger.accounts.issue_many(web.tenant, SYSTEM, [people[0], PersonId("per-x")])
    assert refused.value.code == "account_unknown"
    assert (await entering(web, "t002", one_times[people[2]]))[1].path.startswith("/account/password"), "still good"


@pytest.mark.parametrize("login", ["", "x", "a b", "-abc", "a\x00b", "a" * 65, "<b>", "\ud800ab"])
async def test_an_unfit_login_is_refused(web: Web, login: str) -> None:
    person = await web.site.person(*LEADER)
    with pytest.raises(Refused) as refused:
        await web.ledger.accounts.create(web.tenant, person, login)
    assert refused.value.code == "login_unfit"


async def test_a_login_is_one_persons_however_it_is_written(web: Web) -> None:
    person, _ = await web.account(*LEADER, login="王芳.WF")
    other = await web.site.person(*OFFICE)
    for login in ("王芳.wf", "王芳.ＷＦ", " 王芳.Wf "):
        with pytest.raises(Refused) as refused:
            await web.ledger.accounts.create(web.tenant, other, login)
        assert refused.value.code == "login_taken"
    with pytest.raises(Refused) as refused:
        await web.ledger.accounts.create(web.tenant, person, "another")
    assert refused.value.code == "account_exists"
    await web.ledger.accounts.set_login(web.tenant, SYSTEM, person, "new.name")
    await web.ledger.accounts.create(web.tenant, other, "王芳.wf")
    with pytest.raises(Refused) as refused:
        await web.ledger.accounts.set_login(web.tenant, SYSTEM, person, "王芳.wf")
    assert refused.value.code == "login_taken"


async def test_the_log_only_grows(web: Web) -> None:
    await web.account(*OFFICE)
    for statement in ("DELETE FROM sign_in_log", "UPDATE sign_in_log SET by = NULL"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await change(web, f"{statement} WHERE tenant = %s")


# -- the second factor


async def enrolled(web: Web, browser: Browser) -> tuple[pyotp.TOTP, list[str], Page]:
    """Turn on the second factor; returns what the phone holds and the recovery codes."""
    page = await browser.get("/account/totp")
    match = re.search(r'<span class="mono letters">(.*?)</p>', page.html, re.DOTALL)
    assert match is not None
    phone = pyotp.TOTP("".join(re.findall(r"[A-Z2-7]{4}", match[1])))
    # Nobody scans the screen of the phone that they hold.
    assert f"secret={phone.secret}&" in page.link("验证器就在本机上：直接打开")
    page = await browser.submit(page, "totp-form", code=await now_code(web, phone))
    codes = re.findall(r"<li>([a-z0-9]{5}-[a-z0-9]{5})</li>", page.html)
    assert len(codes) == 10, page.text
    return phone, codes, page


async def now_code(web: Web, phone: pyotp.TOTP, steps: int = 0) -> str:
    """What the phone shows, by the database's clock."""
    async with web.ledger.database.connection(web.tenant) as connection:
        row = await (await connection.execute("SELECT extract(epoch FROM now())::bigint AS now")).fetchone()
    assert row is not None
    return phone.generate_otp(row["now"] // 30 + steps)


async def later(web: Web) -> None:
    """Let the code that was used last lie further back, as if time had passed."""
    await change(web, "UPDATE account SET totp_step = totp_step - 2 WHERE tenant = %s")


async def test_a_code_is_asked_for_after_the_password(web: Web) -> None:
    person, login = await web.account(*OFFICE, password=PASSWORD)
    phone, codes, page = await enrolled(web, await web.signed_in_as(person))
    (row,) = await web.site.rows("account")
    assert all(one.replace("-", "") not in str(row) for one in codes), "only digests are kept"
    browser, page = await entering(web, login, PASSWORD)
    assert "输入验证码" in page.title
    assert "termledger-session" not in browser.http.cookies
    page = await browser.submit(page, "code-form", code="000000")
    assert page.status == 422
    # The time may have come for the next code by now: this is about the one before.
    page = await browser.submit(page, "code-form", code=phone.generate_otp(row["totp_step"]))
    assert page.status == 422, "the one that turned it on was used"
    await later(web)
    code = await now_code(web, phone)
    page = await browser.submit(page, "code-form", code=f" {code[:3]} {code[3:]} ")
    assert page.path == "/account"
    again, page = await entering(web, login, PASSWORD)
    page = await again.submit(page, "code-form", code=code)
    assert page.status == 422, "used"


@pytest.mark.parametrize(("steps", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False), (100, False)])
def test_clocks_may_differ_by_one_step(steps: int, good: bool) -> None:
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # one drawn anew might have the same code for two steps
    code = pyotp.TOTP(secret).generate_otp(1000 + steps)
    assert matching_step(secret, code, 1000, after=0) == (1000 + steps if good else None)
    assert matching_step(secret, code, 1000, after=1000 + steps) is None, "used"


async def test_a_recovery_code_works_once(web: Web) -> None:
    person, login = await web.account(*OFFICE, password=PASSWORD)
    _, codes, _ = await enrolled(web, await web.signed_in_as(person))
    browser, page = await entering(web, login, PASSWORD)
    page = await browser.submit(page, "code-form", code=codes[3].upper())
    assert page.path == "/account"
    assert "剩余恢复码 9 个" in page
    assert "用恢复码登录" in page
    browser, page = await entering(web, login, PASSWORD)
    assert (await browser.submit(page, "code-form", code=codes[3])).status == 422


async def test_guessing_codes_is_held_back(web: Web) -> None:
    person, login = await web.account(*OFFICE, password=PASSWORD)
    _, codes, _ = await enrolled(web, await web.signed_in_as(person))
    browser, page = await entering(web, login, PASSWORD)
    for _ in range(5):
        page = await browser.submit(page, "code-form", code="000000")
    page = await browser.submit(page, "code-form", code=codes[0])
    assert page.status == 422
    assert (await web.outcomes())[-1] == "held_back"


async def test_the_time_for_a_code_runs_out(web: Web) -> None:
    person, login = await web.account(*OFFICE, password=PASSWORD)
    _, codes, _ = await enrolled(web, await web.signed_in_as(person))
    browser, page = await entering(web, login, PASSWORD)
    await change(web, "UPDATE pending SET expires_at = now() WHERE tenant = %s")
    page = await browser.submit(page, "code-form", code=codes[0])
    assert "时间已过" in page
    assert page.form("sign-in")
    made_up = await browser.post("/sign-in/code", {"tenant": web.tenant, "secret": "x", "code": codes[0]})
    assert made_up.status == 422


async def test_another_page_secret_is_no_password(web: Web) -> None:
    """What is pending for one purpose may not be taken for another."""
    person, _ = await web.account(*OFFICE, password=PASSWORD)
    _, codes, _ = await enrolled(web, await web.signed_in_as(person))
    browser = await web.browser()
    page = await browser.post("/account/sessions/end", {"note": "x"})
    await web.account(*LEADER, password=NEW)
    page = await web.sign_in(browser, page, "group_leader.shiyan-maths", NEW)
    key = page.path.partition("key=")[2]
    page = await browser.post("/sign-in/code", {"tenant": web.tenant, "secret": key, "code": codes[0]})
    assert page.status == 422


async def test_the_second_factor_is_turned_off_with_the_password(web: Web) -> None:
    person, login = await web.account(*OFFICE, password=PASSWORD)
    browser = await web.signed_in_as(person)
    await enrolled(web, browser)
    page = await browser.get("/account")
    page = await browser.submit(page, "/account/totp/remove", password="falsch")
    assert page.status == 422
    page = await browser.submit(page, "/account/totp/remove", password=PASSWORD)
    assert "两步验证已关闭" in page
    assert (await entering(web, login, PASSWORD))[1].path == "/account"


async def test_the_office_resets_it(web: Web) -> None:
    person, login = await web.account(*OFFICE, password=PASSWORD)
    await enrolled(web, await web.signed_in_as(person))
    keeper = await web.signed_in(*ADMIN)
    page = await keeper.submit(await keeper.get(f"/people/{person}"), "form-totp")
    assert "两步验证已重置" in page
    assert "重置两步验证" not in page, "there is none any more"
    page = (await entering(web, login, PASSWORD))[1]
    assert page.path == "/account"
    assert "关闭两步验证" in page
    assert "pucheng admin" in page, "and by whom"


async def test_an_enrolment_is_the_persons_own(web: Web) -> None:
    person, _ = await web.account(*OFFICE, password=PASSWORD)
    mine = await web.signed_in_as(person)
    page = await mine.get("/account/totp")
    other = await web.signed_in(*LEADER)
    form = (await other.get("/account/totp")).form("totp-form")
    answer = await other.post("/account/totp", {**dict(form.fields), "key": page.form("totp-form")["key"]})
    assert answer.path.startswith("/account/totp?next=")
    page = await mine.submit(page, "totp-form", code="000000")
    assert page.status == 422
    assert "<svg" in page.html


def asking(programme: Programme, role: str) -> Programme:
    roles = tuple(one.model_copy(update={"totp": True}) if one.id == role else one for one in programme.roles)
    return Programme(**{name: getattr(programme, name) for name in Programme.model_fields} | {"roles": roles})


async def test_the_programme_may_ask_it_of_a_role(web: Web) -> None:
    person, login = await web.account(*OFFICE, password=PASSWORD)
    await web.account(*LEADER, password=PASSWORD)
    before = await web.signed_in_as(person)
    assert (await before.get("/account")).path == "/account"
    await web.ledger.tenants.adopt(web.tenant, asking(web.site.bureau.programme, "office"))
    # Also for whoever is signed in: what they were sending waits for them.
    page = await before.post("/account/sessions/end", {"csrf": "", "session": "others", "note": "noch da"})
    assert page.path.startswith("/account/totp?next=%2Fsign-in%2Fkept")
    assert "您的职务须使用两步验证" in page
    browser, page = await entering(web, login, PASSWORD)
    assert page.path == "/account/totp?next=%2Faccount"
    _, _, page = await enrolled(web, browser)
    assert (await browser.get("/account")).path == "/account"
    page = await browser.post("/account/totp/remove", {"csrf": await token(browser), "password": PASSWORD})
    assert page.status == 409
    assert "不能关闭" in page
    other = await web.signed_in(*LEADER)
    assert (await other.get("/account")).path == "/account"


async def token(browser: Browser) -> str:
    return (await browser.get("/account")).form("/sign-out")["csrf"]


async def test_a_programme_that_asks_nothing_keeps_its_digest(web: Web) -> None:
    body = as_json(web.site.bureau.programme)
    assert all("totp" not in role for role in body["roles"])
    asked = as_json(asking(web.site.bureau.programme, "office"))
    assert [role["id"] for role in asked["roles"] if role.get("totp")] == ["office"]
    assert Programme.model_validate(asked).role_by_id["office"].totp


# -- sessions


async def test_own_sessions_are_listed_and_ended(web: Web) -> None:
    person, _ = await web.account(*OFFICE)
    mine, other, third = [await web.signed_in_as(person) for _ in range(3)]
    page = await mine.get("/account")
    assert len([one for one in page.forms if one.action == "/account/sessions/end"]) == 3
    page = await mine.submit(page, "/account/sessions/end", button="结束")
    assert page.status == 200
    alive = [(await one.get("/account")).path == "/account" for one in (other, third)]
    assert sorted(alive) == [False, True]
    page = await mine.submit(page, "end-others", button="结束其他所有设备的登录")
    assert not any([(await one.get("/account")).path == "/account" for one in (other, third)])
    assert (await mine.get("/account")).path == "/account"


async def test_nobody_ends_somebody_elses_session(web: Web) -> None:
    theirs = await web.signed_in(*LEADER)
    (row,) = await web.site.rows("session")
    mine = await web.signed_in(*OFFICE)
    await mine.post("/account/sessions/end", {"csrf": await token(mine), "session": row["id"]})
    assert (await theirs.get("/account")).path == "/account"


async def test_hostile_text_is_shown_as_text(web: Web) -> None:
    _, login = await web.account(*OFFICE, "<script>alert(1)</script>", password=PASSWORD, login="a.hostile")
    browser = await web.browser()
    browser.http.headers["user-agent"] = "<img src=x onerror=alert(1)> Chrome"
    page = await web.sign_in(browser, await browser.get("/account"), login)
    assert "<script>alert" not in page.html
    assert "<img src=x" not in page.html
    assert "<script>alert(1)</script>" in page.text


async def test_the_account_speaks_english_too(web: Web) -> None:
    browser = await web.signed_in(*OFFICE, lang="en")
    for path in ("/account", "/account/password", "/account/totp"):
        page = await browser.get(path)
        assert page.status == 200
        assert not re.search(r"web\.\w+\.\w+", page.text), "every word is there"
