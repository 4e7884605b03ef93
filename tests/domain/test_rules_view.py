"""A programme in sentences, and pipelines and machines as graphs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from domain.calendar import Moment
from domain.condition_words import condition_in_words
from domain.machine import Machine, status_of
from domain.machines import MACHINES
from domain.messages import CATALOGUE, UNKNOWN, Lang
from domain.programme import FieldKind, Programme
from domain.programme_check import load
from domain.rules_view import START, Entry, NodeKind, Part, Section, machine_graph, moment, rules
from domain.view import Names
from tests.domain import branching
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
        "谁审批": "县的副局长审批，须全体同意（会签）",
        "时限": "5 个工作日内办理",
        "提醒": "截止前 1 个工作日提醒",
        "超时": "超时 2 个工作日后，县的局长也可以办理",
        "无人可办": "停在本环节，由教研室指定人员",
        "可作决定": "同意或退回",
        "退回之后": "修改后直接回到本环节",
    }
    seal = said(rules(PROGRAMME, names("en")), Part.PIPELINES, "approval", "seal")
    assert seal["Decisions"] == "Approve, return or reject"
    assert seal["After a return"] == "The mended filing passes the whole path again"
    assert "Reminders" not in said(rules(PROGRAMME, names("en")), Part.PIPELINES, "receipt", "receive")


def stage(id: str, lang: Lang = "zh") -> dict[str, str]:
    programme = branching.PROGRAMME
    return said(rules(programme, Names(lang, programme)), Part.PIPELINES, "all-of-it", id)


def test_every_way_to_decide_has_its_name() -> None:
    assert stage("head")["谁审批"] == "上级单位的校长审批，一人同意即可（或签）"
    assert stage("3-a")["谁审批"] == "县的副局长审批，须全体同意（会签）"
    assert stage("experts")["谁审批"] == "县的专家、县的副局长投票审批，2 票同意即通过（票签）"
    assert stage("experts")["否决"] == "县的副局长有一票否决权"
    assert stage("each")["谁审批"] == "县的副局长、县的教研室逐人审批，须全体同意（依次）"
    assert stage("each")["人选"] == "由报送人提交时从中选定"
    assert stage("named")["谁审批"] == "工号 t0007 的人员审批"
    assert stage("named", "en")["Who decides"] == "the person with staff no. t0007"
    assert (
        stage("experts", "en")["Who decides"] == "Expert, county, Deputy, county, by vote; 2 votes in favour carry it"
    )


def test_what_becomes_of_a_stage_that_nobody_can_decide() -> None:
    assert stage("head")["无人可办"] == "转由片区中心校的校长办理"
    assert stage("experts")["无人可办"] == "跳过本环节，并记入经过"
    assert stage("last")["无人可办"] == "停在本环节，由教研室指定人员"
    assert stage("last", "en")["When nobody can"] == "It waits here for Office to name somebody"


def test_time_and_the_same_person() -> None:
    assert stage("experts")["自动通过"] == "超时 4 个工作日后自动通过，并注明无人审批"
    assert stage("each")["同一人"] == "前面环节已同意的人不再重复审批"
    assert "同一人" not in stage("last")


def test_branches_and_their_join_are_told() -> None:
    assert stage("experts")["并行"] == "与“经费审核 → 专人审核；会签”同时办理"
    assert stage("each")["汇合"] == "专人审核、专家表决、会签都通过后开始"
    assert "汇合" not in stage("named")
    programme = branching.PROGRAMME
    found = said(rules(programme, Names("zh", programme)), Part.DUTIES, "plan")
    assert found["审批"] == (
        "校长审核 → （同时：经费审核 → 专人审核；专家表决；会签） → 逐人审定 → （同时：左；右） → 评定"
    )


def test_copies_and_urging_are_the_pipelines() -> None:
    programme = branching.PROGRAMME
    found = said(rules(programme, Names("zh", programme)), Part.PIPELINES, "all-of-it")
    assert found["抄送"] == "通过后抄送本单位的组长、片区中心校的校长"
    assert found["催办"] == "报送人每 1 小时可催办一次"


def test_a_condition_is_read_in_words_where_it_is_simple() -> None:
    text = branching.PIPELINE.all_stages[1].when
    assert stage("money")["条件"] == f"“经费”大于 1000，且单位类别为教研组时才经过本环节。条件式：{text}"
    assert stage("each")["条件"] == (
        "符合条件时才经过本环节，涉及类别、经费。条件式：size(fields.kind) > 3 || fields.cost == 0"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('fields.kind == "inner"', "“Kind” is inner"),
        ("fields['kind'] != 'inner' || fields.cost <= -2", "“Kind” is not inner or “Cost” is at most -2"),
        ("fields.cost >= 3 && fields.cost < 9", "“Cost” is at least 3 and “Cost” is less than 9"),
        ("has(fields.cost) && !has(fields.kind)", "“Cost” is filled in and “Kind” is left empty"),
        ("unit.centre", "the unit is a centre school"),
        ("! unit.centre", "the unit is not a centre school"),
        ('unit.id == "town"', "the unit is Town"),
        ('unit.subject == "art"', "the subject is art"),
        ('cycle.duty == "plan"', "the duty is Plan"),
        ("cycle.year > 2026", "the school year is more than 2026"),
        ("fields.unknown == true", "“unknown” is true"),
        ("fields.cost > 3 && (unit.centre || true)", None),
        ("unit.centre && fields.cost > 3 || true", None),
        ("size(fields.kind) > 3", None),
        ('fields.kind == "a && b"', None),
        ("days(fields.kind, fields.cost) > 1", None),
    ],
)
def test_conditions_in_words(text: str, words: str | None) -> None:
    programme = branching.PROGRAMME
    assert condition_in_words(text, programme.documents, Names("en", programme)) == words


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
    read_without_a_gap(load(path.read_text(encoding="utf-8")), lang)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_everything_a_pipeline_can_have_is_read_without_a_gap(lang: Lang) -> None:
    read_without_a_gap(branching.PROGRAMME, lang)


def read_without_a_gap(programme: Programme, lang: Lang) -> None:
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


def test_every_section_field_and_label_has_words() -> None:
    assert {key.partition(".")[2] for key in CATALOGUE if key.startswith("part.")} == set(Part)
    assert {key.partition(".")[2] for key in CATALOGUE if key.startswith("field.")} == set(FieldKind)


# -- graphs


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
