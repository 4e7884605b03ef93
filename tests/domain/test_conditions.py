"""Conditions: every fault at its place, and what a sound one says of whatever a document may hold."""

from __future__ import annotations

import json
import operator
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from domain import conditions
from domain.conditions import DEPTH_LIMIT, LENGTH_LIMIT, CycleFacts, Facts, UnitFacts, check, holds
from domain.document import check_content
from domain.messages import CATALOGUE
from domain.programme import Document, UnitKind
from domain.refusal import Refused


def named(one: str) -> dict[str, str]:
    return {"zh": one, "en": one}


def field(one: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"id": one, "title": named(one), "kind": kind, **more}


DOCUMENT = Document.model_validate(
    {
        "id": "activity",
        "title": named("activity"),
        "fields": [
            field("text", "line"),
            field("prose", "prose", required=False),
            field("n", "number"),
            field("maybe", "number", required=False),
            field("day", "date"),
            field("until", "date", required=False),
            field("form", "choice", choices=["讲座", "研讨"]),
            field("items", "list", required=False),
            field("my-id", "number", required=False),
            field(
                "rows",
                "table",
                required=False,
                columns=[field("n", "number"), field("what", "line"), field("on", "date")],
            ),
        ],
    }
)
CONTENT = {
    "text": "中文",
    "n": 5,
    "day": "2026-03-01",
    "form": "讲座",
    "items": ["甲", "乙"],
    "my-id": 3,
    "rows": [{"n": 1, "what": "听课"}, {"n": 9, "on": "2026-03-02"}],
}
UNIT = UnitFacts("town", UnitKind.SCHOOL, None, centre=True, path=("county", "town"))
CYCLE = CycleFacts(2026, "2026-autumn", "plan")


def facts(**content: Any) -> Facts:
    return Facts(DOCUMENT, {**CONTENT, **content}, UNIT, CYCLE)


# ---- what is wrong with a condition

# ‸ stands where the fault is.
FAULTS = [
    # reading
    ("‸", "unfinished"),
    ("fields.n >‸", "unfinished"),
    ("fields.‸", "unfinished"),
    ("(fields.n > 3‸", "unfinished"),
    ("fields.n > 3 ‸fields", "syntax"),
    ("fields.n ‸= 3", "syntax"),
    ("fields.text == ‸'甲", "syntax"),
    ("‸教师 == 1", "syntax"),
    ("fields.n == 5\n&& ‸) 1", "syntax"),
    # names
    ("‸field.n == 5", "variable_unknown"),
    ("‸n == 5", "variable_unknown"),
    ("fields.‸m == 5", "field_unknown"),
    ("fields.‸my-‸id == 3", "field_unknown variable_unknown"),
    ("fields[‸'m'] == 5", "field_unknown"),
    ("unit.‸title == '甲'", "field_unknown"),
    ("cycle.‸today == '甲'", "field_unknown"),
    ("fields.text.‸length == 2", "no_parts"),
    ("fields.rows.‸n == 2", "no_parts"),
    ("fields.rows[0].‸m == 2", "field_unknown"),
    ("fields.rows.exists(r, r.‸m == 2)", "field_unknown"),
    ("fields.rows.exists(r, r.n == 2) && ‸r.n == 1", "variable_unknown"),
    ("‸now() > 1", "function_unknown"),
    ("‸is_filled(fields.n)", "function_unknown"),
    ("fields.items.‸map(x, x) == 1", "function_unknown"),
    ("fields.text.‸matches('a')", "function_unknown"),
    ("fields.text.‸has()", "function_unknown"),
    # kinds
    ("‸fields.n", "not_a_condition"),
    ("‸fields", "not_a_condition"),
    ("‸'yes'", "not_a_condition"),
    ("‸fields.rows.filter(r, r.n > 1)", "not_a_condition"),
    ("‸unit.centre ? 1 : 2", "not_a_condition"),
    ("!‸fields.n", "wrong_kind"),
    ("-‸fields.text == 1", "wrong_kind"),
    ("unit.centre && ‸fields.n", "wrong_kind"),
    ("‸fields.text || unit.centre", "wrong_kind"),
    ("‸fields.n ? true : false", "wrong_kind"),
    ("fields.n + ‸fields.text > 1", "wrong_kind"),
    ("fields.n * ‸'2' > 1", "wrong_kind"),
    ("1 in ‸fields.n", "wrong_kind"),
    ("'n' in ‸fields", "wrong_kind"),
    ("fields.text.contains(‸1)", "wrong_kind"),
    ("‸fields.rows.contains('a')", "wrong_kind"),
    ("size(‸fields.n) == 1", "wrong_kind"),
    ("‸fields.n.size() == 1", "wrong_kind"),
    ("fields.items[‸'a'] == 'a'", "wrong_kind"),
    ("‸fields.exists(x, true)", "wrong_kind"),
    ("fields.items.all(x, ‸x)", "wrong_kind"),
    ("[‸[1]].exists(x, true)", "wrong_kind"),
    ("days(fields.day, ‸fields.text) > 3", "wrong_kind"),
    ("fields.text == ‸3", "incomparable"),
    ("fields.n > ‸'3'", "incomparable"),
    ("fields.day > ‸fields.n", "incomparable"),
    ("fields.day > ‸fields.text", "incomparable"),
    ("true > ‸unit.centre", "incomparable"),
    ("fields.items == ‸[]", "incomparable"),
    ("fields.rows.exists(r, r == ‸r)", "incomparable"),
    ("‸1 in fields.items", "incomparable"),
    ("fields.n == (unit.centre ? 1 : ‸'2')", "incomparable"),
    ("‸[1, 'a'].exists(x, x == 1)", "incomparable"),
    ("1 < 2 < ‸3", "incomparable"),
    ("fields.day > ‸'2026-9-1'", "not_a_date"),
    ("fields.day > ‸'20260901'", "not_a_date"),
    ("‸fields.day in ['2026-09-01', 'x']", "not_a_date"),
    ("days(‸'yesterday', fields.day) > 3", "not_a_date"),
    ("fields.form == ‸'比赛'", "choice_unknown"),
    ("‸fields.form in ['讲座', '比赛']", "choice_unknown"),
    ("unit.kind == ‸'town'", "choice_unknown"),
    ("'town' == ‸unit.kind", "choice_unknown"),
    # what a condition may not say
    ("‸1.5 > ‸1.0", "not_admitted not_admitted"),
    ("‸1u == ‸1u", "not_admitted not_admitted"),
    ("‸b'a' == ‸b'a'", "not_admitted not_admitted"),
    ("fields.maybe == ‸null", "null_literal"),
    ("‸{'a': 1}.a == 1", "not_admitted"),
    ("‸fields{a: 1} == 1", "not_admitted"),
    ("‸.fields.n == 1", "not_admitted"),
    ("fields[‸fields.text] == 1", "not_admitted"),
    ("fields.n == ‸9007199254740992", "number_too_large"),
    ("fields.n.‸size(1) == 1", "arguments"),
    ("‸size() == 1", "arguments"),
    ("‸has()", "arguments"),
    ("‸has(fields.n, fields.n)", "arguments"),
    ("‸days(fields.day) == 1", "arguments"),
    ("fields.text.‸contains()", "arguments"),
    ("fields.rows.‸exists(r)", "arguments"),
    ("has(‸fields)", "has_of_field"),
    ("has(‸1)", "has_of_field"),
    ("has(‸fields.n + 1)", "has_of_field"),
    ("fields.rows.exists(‸r.n, true)", "name_wanted"),
    ("fields.rows.exists(‸1, true)", "name_wanted"),
    ("fields.rows.exists(‸fields, true)", "name_wanted"),
    ("fields.items.exists(x, fields.items.‸exists(y, x == y))", "nested_list"),
    ("fields.items.all(x, size(fields.rows.‸filter(r, r.what == x)) > 0)", "nested_list"),
]


@pytest.mark.parametrize(("marked", "codes"), FAULTS)
def test_a_fault_is_found_at_its_place(marked: str, codes: str) -> None:
    pieces = marked.split("‸")
    columns = [len("".join(pieces[: number + 1])) + 1 for number in range(len(pieces) - 1)]
    found = check("".join(pieces), DOCUMENT)
    # `fields.n.size(1)` is wrong in two ways; only the one in question is looked for.
    wanted = list(zip(columns, codes.split(), strict=True))
    assert [one for one in ((fault.column, fault.code) for fault in found) if one[1] in codes] == wanted
    assert all(fault.said(lang) for fault in found for lang in ("zh", "en"))


def test_every_fault_has_words_and_no_word_is_left_over() -> None:
    words = {key.removeprefix("condition.") for key in CATALOGUE if key.startswith("condition.")}
    codes = {code for _, codes in FAULTS for code in codes.split()} | {"too_long", "too_deep"}
    kinds = {f"kind_{one}" for one in ("bool", "number", "text", "date", "list", "record")}
    assert words == codes | kinds


def test_faults_are_told_in_both_languages() -> None:
    (fault,) = check("fields.mabye > 3", DOCUMENT)
    assert fault.said("zh") == "没有“mabye”这一项；是否应为“maybe”？"
    assert fault.said("en") == "there is no field “mabye”; did you mean “maybe”?"
    (fault,) = check("fields.day == fields.n", DOCUMENT)
    assert (fault.said("zh"), fault.said("en")) == (
        "日期与整数不能比较",
        "a date cannot be compared with a whole number",
    )


def test_a_text_has_limits() -> None:
    assert check(" " * (LENGTH_LIMIT - 4) + "true", DOCUMENT) == []
    assert [(one.column, one.code) for one in check(" " * (LENGTH_LIMIT - 3) + "true", DOCUMENT)] == [
        (None, "too_long")
    ]
    for deep in ("(" * 50 + "true" + ")" * 50, "!" * 190 + "true", "[" * 90 + "]" * 90):
        assert [one.code for one in check(deep, DOCUMENT)] == ["too_deep"], deep
    assert check("&&".join(["true"] * 33), DOCUMENT) == []


def test_the_deepest_condition_fits_below_a_servers_own_calls() -> None:
    deep = max(("!" * n + "false" for n in range(0, 190, 2) if not check("!" * n + "false", DOCUMENT)), key=len)
    assert DEPTH_LIMIT - 15 < len(deep) < DEPTH_LIMIT
    limit = sys.getrecursionlimit()

    def below(frames: int) -> bool:
        return below(frames - 1) if frames else not check(deep, DOCUMENT) and not holds(deep, facts())

    assert below(300)
    assert sys.getrecursionlimit() == limit


# ---- what a condition says

SAYS = [
    ("fields.n > 3", True),
    ("fields.n == 5 && fields.n != 4 && fields.n <= 5 && fields.n >= 5", True),
    ("fields.n - 1 == 4 && fields.n-1 == 4 && fields.n * -1 == -5 && fields.n % 2 == 1 && 7 / 2 == 3", True),
    ("-7 / 2 == -3 && -7 % 2 == -1 && -fields.n < 0 && 0x1F == 31 && -0x1F == -31", True),
    ("fields['my-id'] == 3 && fields[\"n\"] == 5", True),
    ("fields.text == '中文' && fields.text != \"\"", True),
    ("size(fields.text) == 2 && fields.text.size() == 2", True),
    ("fields.text.contains('文') && fields.text.startsWith('中') && !fields.text.endsWith('中')", True),
    ("fields.text == '\\u4e2d\\u6587' && fields.text == r'中文'", True),
    ("fields.form == '讲座'", True),
    ("fields.form in ['研讨']", False),
    ("fields.prose == ''", True),
    ("fields.day >= '2026-03-01' && fields.day < '2026-10-01'", True),
    ("fields.day in ['2026-03-01']", True),
    ("days('2026-02-01', fields.day) == 28 && days(fields.day, '2026-02-01') == -28", True),
    ("'甲' in fields.items && !('丙' in fields.items)", True),
    ("fields.items[0] == '甲' && size(fields.items) == 2", True),
    (
        "fields.items.exists(x, x == '乙') && fields.items.all(x, x != '') && fields.items.exists_one(x, x == '甲')",
        True,
    ),
    ("fields.rows.exists(r, r.n > 5)", True),
    ("size(fields.rows.filter(r, r.n > 5)) == 1 && fields.rows.filter(r, r.n > 5)[0].n == 9", True),
    ("fields.rows.all(r, r.what != '')", False),
    ("fields.rows[0].n == 1", True),
    ("[1, 2].exists(x, x == fields.n - 3)", True),
    ("unit.centre && unit.kind == 'school' && unit.id == 'town' && 'county' in unit.path", True),
    ("unit.subject == '' && !has(unit.subject)", True),
    ("cycle.year == 2026 && cycle.period == '2026-autumn' && cycle.duty == 'plan'", True),
    ("unit.centre ? fields.n > 9 : true", False),
    ("true // 说明", True),
    ("false", False),
]


@pytest.mark.parametrize(("text", "answer"), SAYS)
def test_a_condition_says_yes_or_no(text: str, answer: bool) -> None:
    assert check(text, DOCUMENT) == []
    assert holds(text, facts()) is answer


@pytest.mark.parametrize(
    ("one", "value", "filled"),
    [
        ("text", "中文", True),
        ("text", "", False),
        ("text", " \n", False),
        ("text", None, False),
        ("maybe", 0, True),
        ("maybe", None, False),
        ("until", "2026-03-01", True),
        ("until", "", False),
        ("items", [], False),
        ("items", ["甲"], True),
        ("rows", [], False),
        ("rows", [{}], True),
        # What a draft may hold, and a submitted document never does.
        ("maybe", True, False),
        ("maybe", 1.5, False),
        ("maybe", 2**80, False),
        ("maybe", "3", False),
        ("until", "soon", False),
        ("items", "甲", False),
        ("text", {"a": []}, False),
    ],
)
def test_has_says_whether_something_was_filled_in(one: str, value: Any, filled: bool) -> None:
    assert holds(f"has(fields.{one})", facts(**{one: value})) is filled
    assert holds(f"!has(fields.{one})", facts(**{one: value})) is not filled
    assert holds(f"has(fields['{one}'])", facts(**{one: value})) is filled


def test_has_goes_for_cells_and_the_unit() -> None:
    assert holds("fields.rows.exists(r, has(r.on))", facts())
    assert not holds("fields.rows.all(r, has(r.on))", facts())
    assert holds("has(unit.subject) && unit.subject == 'maths'", replace(facts(), unit=replace(UNIT, subject="maths")))
    assert not holds("fields.rows.exists(r, has(r.n))", facts(rows=["not a row", {"n": "x"}]))


@pytest.mark.parametrize(
    "text",
    [
        "fields.maybe > 3",
        "fields.maybe < 3",
        "!(fields.maybe > 3)",
        "fields.maybe == 3",
        "fields.maybe != 3",
        "fields.until < '2026-01-01'",
        "fields.until == '2026-01-01'",
        "days(fields.day, fields.until) > 3",
        "fields.n / 0 == 1",
        "fields.n % 0 == 1",
        "fields.items[9] == '甲'",
        "fields.rows[9].n == 1",
        "fields.rows.exists(r, r.on > '2027-01-01')",
        "9007199254740991 * 9007199254740991 < 0",
        # `check` refuses these, so no programme has them.
        "",
        "fields.",
        "nothing",
        "fields.n",
        "fields.rows.exists(r)",
        "(" * 90 + "false" + ")" * 90,
    ],
)
def test_what_cannot_be_evaluated_counts_as_true(text: str) -> None:
    assert holds(text, facts())


def test_the_side_that_decides_is_enough() -> None:
    for text in ("has(fields.maybe) && fields.maybe > 3", "fields.maybe > 3 && false", "false && fields.maybe > 3"):
        assert check(text, DOCUMENT) == []
        assert not holds(text, facts())
        assert holds("!(" + text + ")", facts())


def test_a_text_is_read_once() -> None:
    conditions._program.cache_clear()
    for number in range(3):
        assert holds("fields.n > 0 && fields.n < 9", facts(n=number + 1))
    assert conditions._program.cache_info().misses == 1


def test_the_fullest_table_is_gone_through_once() -> None:
    rows = [{"n": number, "what": "听课"} for number in range(200)]
    assert not holds("fields.rows.exists(r, r.n > 500)", facts(rows=rows))


# ---- whatever it is

MISSING = object()
"""What cannot be evaluated, in the test's own account of what a condition says."""
Meaning = Callable[[dict[str, Any]], Any]
Said = tuple[str, Meaning]


def lifted(text: str, act: Callable[..., Any], *parts: Meaning) -> Said:
    def meaning(content: dict[str, Any]) -> Any:
        values = [part(content) for part in parts]
        return MISSING if MISSING in values else act(*values)

    return text, meaning


def got(one: str, blank: Any) -> Said:
    return f"fields.{one}", lambda content: content.get(one) or (content[one] if content.get(one) == 0 else blank)


def constant(text: str, value: Any) -> Said:
    return text, lambda content: value


def both(text: str, left: Meaning, right: Meaning, decides: bool) -> Said:
    def meaning(content: dict[str, Any]) -> Any:
        values = (left(content), right(content))
        if decides in values:
            return decides
        return MISSING if MISSING in values else not decides

    return text, meaning


def through(name: str, test: Callable[[Any], bool], text: str, decides: bool) -> Said:
    def meaning(content: dict[str, Any]) -> Any:
        cells = [row.get("n") for row in content.get("rows") or ()]
        values = [MISSING if cell is None else test(cell) for cell in cells]
        if decides in values:
            return decides
        return MISSING if MISSING in values else not decides

    return f"fields.rows.{name}(r, r.n {text})", meaning


COMPARISONS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
LETTERS = st.text("a中é\"'\\ 😀", max_size=3)
DAYS = st.dates(date(2025, 1, 1), date(2027, 12, 31)).map(str)

texts = st.one_of(
    LETTERS.map(lambda one: constant(json.dumps(one, ensure_ascii=False), one)),
    st.just(got("text", "")),
    st.just(got("prose", "")),
    st.just(constant("unit.id", "town")),
)
dates = st.one_of(st.just(got("day", MISSING)), st.just(got("until", MISSING)))
numbers = st.recursive(
    st.one_of(
        st.integers(-9, 9).map(lambda one: constant(str(one), one)),
        st.just(got("n", MISSING)),
        st.just(got("maybe", MISSING)),
        texts.map(lambda one: lifted(f"size({one[0]})", len, one[1])),
        DAYS.flatmap(
            lambda day: dates.map(
                lambda one: lifted(
                    f"days('{day}', {one[0]})",
                    lambda other: (date.fromisoformat(other) - date.fromisoformat(day)).days,
                    one[1],
                )
            )
        ),
    ),
    lambda inner: st.builds(
        lambda left, right, op: lifted(
            f"({left[0]} {op} {right[0]})",
            {"+": operator.add, "-": operator.sub, "*": operator.mul}[op],
            left[1],
            right[1],
        ),
        inner,
        inner,
        st.sampled_from("+-*"),
    ),
    max_leaves=3,
)


def compared(left: Said, right: Said, op: str) -> Said:
    return lifted(f"{left[0]} {op} {right[0]}", COMPARISONS[op], left[1], right[1])


OPS = st.sampled_from(sorted(COMPARISONS))
FIELDS = ("text", "prose", "n", "maybe", "day", "until", "form", "items", "rows")


def is_filled(value: Any) -> bool:
    return value is not None and value != [] and not (isinstance(value, str) and not value.strip())


truths = st.recursive(
    st.one_of(
        st.builds(compared, numbers, numbers, OPS),
        st.builds(compared, texts, texts, OPS),
        st.builds(compared, dates, DAYS.map(lambda day: constant(f"'{day}'", day)), OPS),
        st.builds(compared, dates, dates, OPS),
        st.sampled_from(FIELDS).map(lambda one: (f"has(fields.{one})", lambda content: is_filled(content.get(one)))),
        st.builds(
            lambda one, part: lifted(f"{one[0]}.contains({part[0]})", lambda a, b: b in a, one[1], part[1]),
            texts,
            texts,
        ),
        texts.map(lambda one: lifted(f"{one[0]} in ['a', '中']", lambda value: value in ("a", "中"), one[1])),
        texts.map(lambda one: (f"{one[0]} in fields.items", lambda c: one[1](c) in (c.get("items") or ()))),
        st.builds(
            lambda number, op: through(
                "exists", lambda cell: bool(COMPARISONS[op](cell, number)), f"{op} {number}", True
            ),
            st.integers(-9, 9),
            OPS,
        ),
        st.builds(
            lambda number, op: through(
                "all", lambda cell: bool(COMPARISONS[op](cell, number)), f"{op} {number}", False
            ),
            st.integers(-9, 9),
            OPS,
        ),
    ),
    lambda inner: st.one_of(
        inner.map(lambda one: lifted(f"!({one[0]})", operator.not_, one[1])),
        st.builds(lambda a, b: both(f"({a[0]} && {b[0]})", a[1], b[1], False), inner, inner),
        st.builds(lambda a, b: both(f"({a[0]} || {b[0]})", a[1], b[1], True), inner, inner),
    ),
    max_leaves=4,
)
small = st.integers(0, 20)
contents = st.fixed_dictionaries(
    {
        "text": LETTERS.filter(str.strip),
        "n": small,
        "day": DAYS,
        "form": st.sampled_from(["讲座", "研讨"]),
    },
    optional={
        "prose": LETTERS.map(lambda one: one if one.strip() else ""),
        "maybe": st.none() | small,
        "until": st.none() | DAYS,
        "items": st.lists(st.sampled_from(["a", "中", "乙"]), max_size=3),
        "rows": st.lists(st.fixed_dictionaries({}, optional={"n": small, "what": LETTERS, "on": DAYS}), max_size=4),
    },
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(truths, contents)
def test_a_sound_condition_says_what_it_means(said: Said, content: dict[str, Any]) -> None:
    text, meaning = said
    check_content(DOCUMENT, content)
    faults = {one.code for one in check(text, DOCUMENT)}
    assume(not faults & {"too_long", "too_deep"})
    assert not faults, text
    wanted = meaning(content)
    assert holds(text, Facts(DOCUMENT, content, UNIT, CYCLE)) is (wanted is MISSING or wanted), (text, wanted)


WORDS = (
    *("fields", "fields.n", "fields.text", "fields.day", "fields.form", "fields.rows", "fields.items", "unit.kind"),
    *("unit.path", "cycle.year", "r", "r.n", "x", "has(", "size(", "days(", ".exists(r,", ".all(x,", ".filter(x,"),
    *(".contains(", ".size()", "(", ")", "[", "]", "[0]", ",", ".", "?", ":", "&&", "||", "!", "==", "!=", "<", ">="),
    *(
        "in",
        "+",
        "-",
        "*",
        "/",
        "%",
        "1",
        "0",
        "-3",
        "99",
        "1.5",
        "1u",
        "'a'",
        "'2026-09-01'",
        '"中"',
        r"r'\d'",
        "b'a'",
    ),
    *(r"'\q'", r"'\x4'", r"'\777'", "null", "true", "false", "//", '"""', "{", "}", "as", "\n", "é", "0x", "1e9"),
)
pieces = st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join)


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(pieces | st.text(max_size=40), contents)
def test_whatever_is_written_is_answered(text: str, content: dict[str, Any]) -> None:
    faults = check(text, DOCUMENT)
    assert all(one.column is None or 1 <= one.column <= len(text) + 1 for one in faults)
    assert all(one.said(lang) for one in faults for lang in ("zh", "en"))
    answer = holds(text, Facts(DOCUMENT, content, UNIT, CYCLE))
    if not faults:
        from celpy.evaluation import CELEvalError

        # Not because `holds` swallows everything: a sound condition gives an answer, or the library's own error.
        try:
            raw = conditions._activation(Facts(DOCUMENT, content, UNIT, CYCLE))
            assert bool(conditions._program(text).evaluate(raw)) is answer
        except CELEvalError:
            assert answer


@given(
    st.dictionaries(
        st.sampled_from(FIELDS),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(),
            lambda one: st.lists(one) | st.dictionaries(st.text(), one),
        ),
    )
)
@settings(deadline=None)
def test_no_draft_stops_a_condition(draft: dict[str, Any]) -> None:
    blank = [one for one in FIELDS if not holds(f"has(fields.{one})", Facts(DOCUMENT, draft, UNIT, CYCLE))]
    try:
        check_content(DOCUMENT, draft)
    except Refused:
        return
    assert not {"text", "n", "day", "form"} & set(blank)
