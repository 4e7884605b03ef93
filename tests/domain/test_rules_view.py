"""A programme in sentences, and pipelines and machines as graphs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from domain.calendar import Moment
from domain.machine import Machine, status_of
from domain.machines import MACHINES
from domain.messages import CATALOGUE, UNKNOWN, Lang
from domain.programme import FieldKind
from domain.programme_check import load
from domain.rules_view import START, Entry, NodeKind, Part, Section, machine_graph, moment, pipeline_graph, rules
from domain.view import Names
from tests.domain.given import PROGRAMME
from tests.domain.views import names

SHIPPED = sorted((Path(__file__).parents[2] / "programmes").glob("*.yaml"))
COUNTY = load(next(path for path in SHIPPED if "county" in path.name).read_text(encoding="utf-8"))


def said(sections: Iterable[Section], section: Part, entry: str, part: str | None = None) -> dict[str, str]:
    (found,) = [one for one in sections if one.key == section]
    (known,) = [one for one in found.entries if one.id == entry]
    if part is not None:
        (known,) = [one for one in known.parts if one.id == part]
    return {rule.label: rule.words for rule in known.rules}


def test_duty_is_read_as_sentences() -> None:
    assert said(rules(COUNTY, Names("zh", COUNTY)), Part.DUTIES, "stage_report") == {
        "谁报送": "每个教研组的教研组长报送",
        "表单": "校本研修工作阶段报告",
        "报送期": "每月末前 7 个工作日开放，月末截止，逾期 10 个工作日失效",
        "最短时段": "不足 8 个工作日的时段不报",
        "提醒": "截止前 2 个工作日、当天提醒",
        "审批": "主管人员审核 → 教研室接收并评定",
    }
    assert said(rules(COUNTY, Names("en", COUNTY)), Part.DUTIES, "stage_report")["Window"] == (
        "Each month: opens 7 workdays before the end of the month, due at the end of the month, "
        "lapses 10 workdays after that"
    )


def test_duty_of_each_person_and_who_sees_it() -> None:
    found = said(rules(PROGRAMME, names()), Part.DUTIES, "diary")
    assert found["谁报送"] == "每个教研组的每位教师各自报送"
    assert found["可见范围"] == "只在学校以内可见，上级不能查看"
    assert found["学期"] == "仅限秋季学期"


def test_stage_is_read_as_sentences() -> None:
    assert said(rules(PROGRAMME, names()), Part.PIPELINES, "approval", "board") == {
        "次序": "第 2 项",
        "谁审批": "县的副局长审批，须全体同意",
        "时限": "5 个工作日内办理",
        "提醒": "截止前 1 个工作日提醒",
        "超时": "超时 2 个工作日后，县的局长也可以办理",
        "可作决定": "同意或退回",
        "退回之后": "修改后直接回到本环节",
    }
    seal = said(rules(PROGRAMME, names("en")), Part.PIPELINES, "approval", "seal")
    assert seal["Decisions"] == "Approve, return or reject"
    assert seal["After a return"] == "The mended filing passes the whole path again"
    assert "Reminders" not in said(rules(PROGRAMME, names("en")), Part.PIPELINES, "receipt", "receive")


def test_sheet_shows_groups_weights_and_totals() -> None:
    sections = rules(PROGRAMME, names())
    assert said(sections, Part.RUBRICS, "sheet") == {"满分": "30 分"}
    (sheet,) = next(one for one in sections if one.key == Part.RUBRICS).entries
    (group,) = sheet.parts
    assert [(item.title, item.rules[0].words) for item in group.parts] == [("甲", "10 分"), ("乙", "20 分")]


def test_inspection_and_follow_up_are_read_as_sentences() -> None:
    found = rules(PROGRAMME, names())
    visit = said(found, Part.INSPECTIONS, "visit")
    assert visit["检查人员"] == "从县的专家中安排 2 人，全部签字"
    assert visit["答复"] == "学校的校长，3 个工作日内答复，不答复视为确认"
    assert "发布" in said(found, Part.FOLLOW_UPS, "praise")
    assert said(found, Part.FOLLOW_UPS, "help")["方案"] == "下校后 5 个工作日内确定改进方案"


def test_roles_show_their_rights() -> None:
    assert said(rules(PROGRAMME, names()), Part.ROLES, "director") == {"设在": "县", "权限": "查看"}
    assert said(rules(PROGRAMME, names()), Part.ROLES, "expert") == {"设在": "县"}


def test_calendar_shows_hours_terms_and_the_years_that_differ() -> None:
    found = said(rules(COUNTY, Names("zh", COUNTY)), Part.CALENDAR, "term.autumn")
    assert found["每年"] == "9月1日至 1月18日"
    assert found["2026–2027 学年"] == "2026年9月1日 周二至 2027年1月22日 周五"


@pytest.mark.parametrize(
    ("per", "written", "zh", "en"),
    [
        ("month", "start", "月初", "at the start of the month"),
        ("term", "start + 10 workdays", "学期初后 10 个工作日", "10 workdays after the start of the term"),
        ("year", "end - 1 workday", "学年末前 1 个工作日", "1 workday before the end of the school year"),
        ("term", "start + 2 weeks", "学期初后 2 周", "2 weeks after the start of the term"),
        ("month", "end - 3 days", "月末前 3 天", "3 days before the end of the month"),
        ("term", "week 9", "学期第 9 教学周最后一个工作日", "on the last workday of teaching week 9"),
    ],
)
def test_every_form_of_a_moment_has_words(per: str, written: str, zh: str, en: str) -> None:
    assert moment(names("zh"), per, Moment.parse(written)) == zh
    assert moment(names("en"), per, Moment.parse(written)) == en


def entries(found: Iterable[Entry]) -> Iterable[Entry]:
    for one in found:
        yield one
        yield from entries(one.parts)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_programme_is_read_without_a_gap(path: Path, lang: Lang) -> None:
    programme = load(path.read_text(encoding="utf-8"))
    spoken = Names(lang, programme)
    found = rules(programme, spoken)
    assert {one.key for one in found} <= set(Part)
    for section in found:
        assert len({one.id for one in section.entries}) == len(section.entries)
        for entry in entries(section.entries):
            assert len({rule.key for rule in entry.rules}) == len(entry.rules), entry
            for rule in entry.rules:
                assert UNKNOWN not in rule.words, rule
                assert not rule.words.startswith(("rule.", "value.", "field.")), rule
                assert not rule.label.startswith("label."), rule
    for pipeline in programme.pipelines:
        graph = pipeline_graph(pipeline, spoken)
        assert not [edge for edge in graph.edges for words in edge.words if UNKNOWN in words]


def test_every_section_field_and_label_has_words() -> None:
    assert {key.partition(".")[2] for key in CATALOGUE if key.startswith("part.")} == set(Part)
    assert {key.partition(".")[2] for key in CATALOGUE if key.startswith("field.")} == set(FieldKind)


# -- graphs


def test_pipeline_as_a_graph() -> None:
    graph = pipeline_graph(PROGRAMME.pipeline_by_id["approval"], names())
    assert [(node.id, node.layer, node.row) for node in graph.nodes] == [
        ("author", 0, 0),
        ("check", 1, 0),
        ("check.escalation", 1, 1),
        ("board", 2, 0),
        ("board.escalation", 2, 1),
        ("seal", 3, 0),
        ("approved", 4, 0),
        ("rejected", 4, 1),
    ]
    assert graph.nodes[1].note == "联片研修区的片区负责人，3 个工作日内"
    onward = [(edge.source, edge.target) for edge in graph.edges if not edge.back and not edge.dashed]
    assert onward == [("author", "check"), ("check", "board"), ("board", "seal"), ("seal", "approved")]
    assert ("seal", "rejected") in {(edge.source, edge.target) for edge in graph.edges}
    assert ("board", "rejected") not in {(edge.source, edge.target) for edge in graph.edges}


@pytest.mark.parametrize("machine", MACHINES.values(), ids=lambda one: one.name)
def test_machine_as_a_layered_graph(machine: Machine) -> None:
    graph = machine_graph(machine, names())
    layer = {node.id: node.layer for node in graph.nodes}
    assert set(layer) == {START, *(status_of(state) for state in machine.states)}
    assert layer[START] == 0
    assert len({(node.layer, node.row) for node in graph.nodes}) == len(graph.nodes)
    for edge in graph.edges:
        assert edge.source != edge.target
        assert edge.words
        # Onward is always to a later layer, so a page never has to draw a forward edge backwards.
        assert edge.back or layer[edge.target] > layer[edge.source]
    ends = {node.id for node in graph.nodes if node.kind is NodeKind.END}
    assert ends == {status_of(state) for state in machine.ends}


def test_layer_is_the_longest_way_and_returning_edges_go_back() -> None:
    graph = machine_graph(MACHINES["follow_up"], names())
    assert {node.id: node.layer for node in graph.nodes} == {
        "start": 0,
        "opened": 1,
        "visited": 2,
        "plan_agreed": 3,
        "verified": 4,
        "cancelled": 4,
    }
    assert [(edge.source, edge.target, edge.words) for edge in graph.edges if edge.back] == [
        ("plan_agreed", "visited", ("退回方案",))
    ]
    filing = machine_graph(MACHINES["filing"], names())
    by_time = {(edge.source, edge.target) for edge in filing.edges if edge.by_time}
    assert ("open", "lapsed") in by_time
    assert ("open", "drafting") not in by_time
