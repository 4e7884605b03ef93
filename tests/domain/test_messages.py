"""Every code the product speaks in has words in both languages; codes are collected from the source itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from string import Formatter
from zoneinfo import ZoneInfo

import pytest

from domain.machine import Machine, Task, status_of
from domain.machines import MACHINES
from domain.messages import CATALOGUE, TIMES, Lang, Message, render, when
from domain.programme import Right, UnitKind
from domain.refusal import Refused, conflict, forbidden, invalid

ROOT = Path(__file__).parents[2]
PACKAGES = ("domain", "ledger", "activities", "workflows", "api", "cli")
REFUSERS = {invalid.__name__: 0, forbidden.__name__: 0, conflict.__name__: 0, Refused.__name__: 1}
"""What makes a refusal, and which of its arguments is the code."""


@cache
def sources() -> tuple[Path, ...]:
    return tuple(path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def calls_in(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield str(getattr(node.func, "id", getattr(node.func, "attr", ""))), node


@cache
def calls() -> tuple[tuple[Path, str, ast.Call], ...]:
    return tuple((path, name, call) for path in sources() for name, call in calls_in(parsed(path)))


def literals(node: ast.expr) -> list[str]:
    """The strings an expression may come to, or none when that cannot be told."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return [*literals(node.body), *literals(node.orelse)]
    return []


def variables(path: Path, name: str) -> list[str]:
    """The strings that a local variable of this name is given anywhere in the file."""
    return [
        text
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Assign) and [getattr(one, "id", None) for one in node.targets] == [name]
        for text in literals(node.value)
    ]


def texts(path: Path, node: ast.expr) -> list[str]:
    return variables(path, node.id) if isinstance(node, ast.Name) else literals(node)


def passers_on() -> dict[str, int]:
    """Functions that refuse with a code they were given, and which of their arguments it is."""
    found: dict[str, int] = {}
    for path in sources():
        for function in ast.walk(parsed(path)):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and path.name != "refusal.py":
                given = [one.arg for one in function.args.args]
                for name, call in calls_in(function):
                    code = call.args[REFUSERS[name]] if name in REFUSERS and len(call.args) > REFUSERS[name] else None
                    if isinstance(code, ast.Name) and code.id in given:
                        found[function.name] = given.index(code.id)
    return found


def refusal_codes() -> Iterator[tuple[str, frozenset[str]]]:
    """Every code with the names of the params it is given; `**` gives names the test cannot see."""
    passing = passers_on()
    refusers = REFUSERS | passing
    for path, name, call in calls():
        if name in refusers and path.name != "refusal.py" and len(call.args) > refusers[name]:
            code = call.args[refusers[name]]
            if isinstance(code, ast.Name) and code.id == "code" and passing:
                continue
            codes = texts(path, code)
            assert codes, f"{path}:{call.lineno}: the code of this refusal cannot be read from the source"
            params = {one.arg or "**" for one in call.keywords} - {"at"} | ({"**"} if name in passing else set())
            if name == Refused.__name__ and len(call.args) > 2 and isinstance(call.args[2], ast.Dict):
                params |= {key.value for key in call.args[2].keys if isinstance(key, ast.Constant)}  # type: ignore[misc]
            yield from ((code, frozenset(params)) for code in codes)


def codes_of_the_edge() -> Iterator[str]:
    """Codes that the API answers with for requests that never become a command."""
    for path in sorted((ROOT / "api").rglob("*.py")):
        tree = parsed(path)
        tables = {
            str(getattr(node.target, "id", "")): [text for one in node.value.values for text in literals(one)]
            for node in ast.walk(tree)
            if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict)
        }
        for name, call in calls_in(tree):
            place = {"BadRequest": 1, "problem": 2}.get(name)
            if place is not None and len(call.args) > place:
                yield from literals(call.args[place])
            # The pages have tables of other things; what they refuse is found by name, as anywhere.
            if (
                isinstance(call.func, ast.Attribute)
                and name == "get"
                and len(call.args) == 2
                and "web" not in path.parts
            ):
                table = tables.get(str(getattr(call.func.value, "id", "")), [])
                yield from (*table, *(literals(call.args[1]) if table else ()))


def notice_codes() -> set[str]:
    found: set[str] = set()
    for path, name, call in calls():
        given = [one.value for one in call.keywords if one.arg == "notice"]
        tells = name.startswith("_tell_")
        if tells:
            given.append(call.args[0])
        if not given or (isinstance(given[0], ast.Name) and given[0].id == "notice" and path.name == "notices.py"):
            continue
        if tells or name == "Notify":
            codes = texts(path, given[0])
            assert codes, f"{path}:{call.lineno}: the notice cannot be read from the source"
            found.update(codes)
    return found


def task_kinds() -> set[str]:
    found: set[str] = set()
    for path, name, call in calls():
        if name == Task.__name__ and "domain" in path.parts:
            codes = texts(path, call.args[0])
            assert codes, f"{path}:{call.lineno}: the kind of this task cannot be read from the source"
            found.update(codes)
    return found


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text.replace("[", "").replace("]", "")) if name is not None}


def family(name: str) -> set[str]:
    return {key.partition(".")[2] for key in CATALOGUE if key.startswith(f"{name}.")}


def test_every_refusal_has_words_and_no_word_is_left_over() -> None:
    assert family("refusal") == {code for code, _ in refusal_codes()} | set(codes_of_the_edge())


def test_every_refusal_is_given_what_its_words_want() -> None:
    lacking = {
        code: wanted - params
        for code, params in refusal_codes()
        if "**" not in params and not (wanted := placeholders(CATALOGUE[f"refusal.{code}"].zh)) <= params
    }
    assert not lacking


def test_every_refusal_says_what_holds_and_then_what_to_do() -> None:
    """Two sentences at least, in each language: the rule, and the next step or that none is needed."""
    told = {key: message for key, message in CATALOGUE.items() if key.startswith("refusal.")}
    stops = {
        key: (len(re.findall("[。；]", one.zh)), len(re.findall(r"[.;](?=\s|$)", one.en))) for key, one in told.items()
    }
    assert {key: count for key, count in stops.items() if min(count) < 2} == {}


def test_every_notice_has_words_and_no_word_is_left_over() -> None:
    assert family("notice") == notice_codes()


def test_instants_are_told_as_times_and_never_as_the_ledger_writes_them() -> None:
    days = {"first", "last", "first_day", "last_day"}
    told = {
        str(one.arg)
        for path, _, call in calls()
        if "domain" in path.parts
        for one in call.keywords
        if isinstance(one.value, ast.Call) and getattr(one.value.func, "attr", "") == "isoformat"
    }
    assert {"due", "until"} <= told <= TIMES | days


def test_every_task_has_words_and_no_word_is_left_over() -> None:
    assert family("task") == task_kinds()


def test_every_status_command_and_event_has_words() -> None:
    machines = MACHINES.values()
    assert family("status") == {f"{one.name}.{status_of(state)}" for one in machines for state in one.states}
    assert family("command") == {f"{one.name}.{name}" for one in machines for name in one.commands}
    assert family("event") == {name for one in machines for name in one.events}


def test_every_unit_kind_and_right_has_words() -> None:
    assert family("kind") == set(UnitKind)
    assert family("right") == set(Right)


@pytest.mark.parametrize("machine", MACHINES.values(), ids=lambda one: one.name)
def test_events_are_told_with_what_they_carry(machine: Machine) -> None:
    for name, event in machine.events.items():
        assert placeholders(CATALOGUE[f"event.{name}"].zh) <= {*event.model_fields, "actor"}


NEVER = ("操作失败", "失败", "系统异常", "错误", "非法", "违规", "亲", "!", "！", "fail", "error", "invalid")
CHINESE = re.compile("[一-鿿]")


def faults(key: str, zh: str, en: str) -> Iterator[str]:
    """What is wrong with a message."""
    if placeholders(zh) != placeholders(en):
        yield "the languages want different things"
    if not zh or zh.strip() != zh or not en or en.strip() != en:
        yield "empty, or blanks at an end"
    if not CHINESE.search(zh) or CHINESE.search(en):
        yield "in the wrong language"
    yield from (f"says {never}" for never in NEVER if never in zh or never in en.lower())
    if key.startswith(("refusal.", "notice.")):
        if not zh.endswith("。") or not en.endswith("."):
            yield "no whole sentence"
        if re.search("[一-鿿”][,;:?()]|[,;:?()][一-鿿“]", zh):
            yield "stops of the other script"
    if key.startswith("refusal.") and len(re.findall("[。，；：]", zh)) < 2 and "请" not in zh and "如" not in zh:
        yield "does not say what is wrong and what to do"


def test_both_languages_say_the_same_thing_in_plain_words() -> None:
    found = {key: list(faults(key, message.zh, message.en)) for key, message in CATALOGUE.items()}
    assert {key: wrong for key, wrong in found.items() if wrong} == {}


# -- filling in


def test_time_is_shown_as_pages_show_it() -> None:
    at = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    assert when(at, "zh") == "11月22日 周日 18:00"
    assert when(at, "en") == "22 Nov, Sun 18:00"
    assert when(at, "zh", zone=ZoneInfo("Asia/Urumqi")) == "11月22日 周日 16:00"


def test_notice_is_filled_in_in_both_languages() -> None:
    params = {
        "title": "报送月度阶段报告",
        "title_en": "Submit the monthly stage report",
        "unit": "语文组",
        "unit_en": "Chinese group",
        "period": "2026-11",
        "due": "2026-11-22T10:00:00Z",
        "reason": "月度任务缺少负责人",
    }
    assert render("notice.filing_opened", "zh", params) == (
        "语文组：请报送“报送月度阶段报告”（2026年11月），11月22日 周日 18:00 截止。"
    )
    assert render("notice.filing_opened", "en", params) == (
        "Chinese group: please submit “Submit the monthly stage report” (Nov 2026), due 22 Nov, Sun 18:00."
    )
    # Nobody translated what a person wrote.
    assert "月度任务缺少负责人" in render("notice.filing_returned", "en", params)


@pytest.mark.parametrize(
    ("period", "zh", "en"),
    [
        ("2026-09", "2026年9月", "Sep 2026"),
        ("2026", "2026学年", "school year 2026"),
        ("2026-autumn", "2026-autumn", "2026-autumn"),
        ("2026-13", "2026-13", "2026-13"),
    ],
)
def test_period_is_shown_in_words(period: str, zh: str, en: str) -> None:
    assert f"（{zh}）" in render("notice.filing_approved", "zh", {"period": period})
    assert f"({en})" in render("notice.filing_approved", "en", {"period": period})


def test_status_and_command_are_said_in_words() -> None:
    params = {"command": "filing.submit", "status": "filing.in_review"}
    assert render("refusal.not_now", "zh", params) == (
        "该事项目前为“审批中”，不能“提交”。请刷新页面，查看现在可以办理的操作。"
    )
    assert "“In review” now, so “Submit”" in render("refusal.not_now", "en", params)
    assert "“管理人员任职”权限" in render("refusal.right_missing", "zh", {"right": "directory"})
    assert "research group" in render("refusal.no_unit_of_kind", "en", {"kind": "group", "unit": "x"})


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_missing_ever_stops_a_page(lang: Lang) -> None:
    for key in CATALOGUE:
        shown = render(key, lang)
        assert shown, key
        assert not set("[]{}") & set(shown), key


def test_what_is_missing_shows_and_what_is_optional_goes() -> None:
    assert render("event.filing.submitted", "zh", {"revision": 2}) == "…提交了第 2 稿"
    assert render("event.filing.approval_given", "zh", {"actor": "王芳", "comment": None}) == "王芳同意"
    assert render("event.filing.approval_given", "zh", {"actor": "王芳", "comment": "可行"}) == "王芳同意：可行"


def test_what_somebody_wrote_is_never_read_as_a_template() -> None:
    params = {"actor": "{title} [x]", "reason": "{reason} {0} [y]"}
    assert render("event.filing.returned", "zh", params) == "{title} [x]退回给报送人，原因：{reason} {0} [y]"


def test_unreadable_times_and_unknown_keys_show_as_they_are() -> None:
    assert "soon" in render("notice.filing_opened", "zh", {"due": "soon"})
    assert "2026-11-22T10:00" in render("notice.filing_opened", "zh", {"due": "2026-11-22T10:00"})
    assert render("refusal.of_tomorrow", "zh") == "refusal.of_tomorrow"
    assert render("refusal.not_now", "zh", {"status": "filing.odd"}).startswith("该事项目前为“filing.odd”")


def test_message_is_two_strings() -> None:
    assert Message("提交", "Submit")._fields == ("zh", "en")


@pytest.mark.parametrize(
    ("reason", "zh", "en"),
    [
        ("缺日期", "原因：缺日期。请", "Reason: 缺日期. Please"),
        ("缺日期。", "原因：缺日期。请", "Reason: 缺日期。 Please"),
        ("No dates.", "原因：No dates. 请", "Reason: No dates. Please"),
        ("为什么没有日期？", "原因：为什么没有日期？请", "Reason: 为什么没有日期？ Please"),
    ],
)
def test_a_reason_with_its_own_stop_is_not_given_another(reason: str, zh: str, en: str) -> None:
    assert zh in render("notice.filing_returned", "zh", {"reason": reason})
    assert en in render("notice.filing_returned", "en", {"reason": reason})


def test_a_stop_before_a_comma_goes() -> None:
    params = {"who": "王芳", "comment": "无异议。", "to": "县教育局的副局长", "review_by": "6月5日"}
    assert "说明：无异议，由" in render("story.inspection.acknowledged", "zh", params)


def test_latin_names_stand_apart_from_chinese_words() -> None:
    assert render("event.filing.drafting_begun", "zh", {"actor": "Zhang Wei"}) == "Zhang Wei 开始起草"
    assert render("story.follow_up.reminded", "zh", {"to": "Zhang Wei"}) == "已提醒 Zhang Wei"
    assert (
        render("story.filing.drafting_begun", "zh", {"who": "Zhang Wei", "post": "组长"}) == "Zhang Wei（组长）开始起草"
    )
    assert render("event.filing.drafting_begun", "en", {"actor": "王芳"}) == "王芳 began a draft"


def test_times_of_this_year_lose_their_year_and_others_keep_it() -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    due = {"due": "2026-11-22T10:00:00Z"}
    assert "，11月22日 周日 18:00 截止" in render("notice.filing_opened", "zh", due, now=now)
    assert "2026年11月22日" in render("notice.filing_opened", "zh", due, now=now.replace(year=2027))
