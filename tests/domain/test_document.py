"""What is submitted is checked field by field; what cannot be stored never gets in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from domain.canonical import content_digest
from domain.document import (
    CONTENT_LIMIT,
    LINE_LIMIT,
    LIST_LIMIT,
    PROSE_LIMIT,
    check_content,
    check_draft,
    content_faults,
)
from domain.programme import Document
from domain.refusal import Kind, Refused
from domain.text import Line, Prose, storable

DOCUMENT = Document.model_validate(
    {
        "id": "all",
        "title": {"zh": "表", "en": "Form"},
        "fields": [
            {"id": "name", "title": {"zh": "名称", "en": "Name"}, "kind": "line"},
            {"id": "aims", "title": {"zh": "目标", "en": "Aims"}, "required": False},
            {"id": "count", "title": {"zh": "节数", "en": "Count"}, "kind": "number", "required": False},
            {"id": "day", "title": {"zh": "日期", "en": "Day"}, "kind": "date", "required": False},
            {
                "id": "form",
                "title": {"zh": "形式", "en": "Form"},
                "kind": "choice",
                "choices": ["听课", "论坛"],
                "required": False,
            },
            {"id": "books", "title": {"zh": "书目", "en": "Books"}, "kind": "list", "required": False},
            {
                "id": "tasks",
                "title": {"zh": "任务", "en": "Tasks"},
                "kind": "table",
                "required": False,
                "columns": [
                    {"id": "owner", "title": {"zh": "负责人", "en": "Owner"}, "required": True},
                    {"id": "times", "title": {"zh": "次数", "en": "Times"}, "kind": "number"},
                ],
            },
        ],
    }
)
GOOD: dict[str, Any] = {
    "name": "语文组",
    "aims": "读书。\n写作。",
    "count": 0,
    "day": "2025-09-01",
    "form": "论坛",
    "books": ["红楼梦"],
    "tasks": [{"owner": "王芳", "times": 2}, {"owner": "李明", "times": None}],
}


def refusal(content: dict[str, Any]) -> Refused:
    with pytest.raises(Refused) as refused:
        check_content(DOCUMENT, content)
    return refused.value


def test_whole_form_and_least_form_pass() -> None:
    check_content(DOCUMENT, GOOD)
    check_content(DOCUMENT, {"name": "语文组"})
    check_content(DOCUMENT, {"name": "语文组", "aims": None, "books": [], "day": ""})


@pytest.mark.parametrize(
    ("field", "value", "code", "at"),
    [
        ("name", None, "field_missing", "name"),
        ("name", "", "field_missing", "name"),
        ("name", " \n　", "field_missing", "name"),
        ("name", 7, "not_text", "name"),
        ("name", ["x"], "not_text", "name"),
        ("name", "x" * (LINE_LIMIT + 1), "too_long", "name"),
        ("name", "x\x00", "unstorable", "name"),
        ("name", "x\ud800", "unstorable", "name"),
        ("aims", "x" * (PROSE_LIMIT + 1), "too_long", "aims"),
        ("aims", "\udfff", "unstorable", "aims"),
        ("count", "7", "not_a_number", "count"),
        ("count", 7.0, "not_a_number", "count"),
        ("count", True, "not_a_number", "count"),
        ("count", 2**53, "not_a_number", "count"),
        ("count", -(2**53), "not_a_number", "count"),
        ("count", -3, "negative_number", "count"),
        ("day", "2025-02-29", "not_a_date", "day"),
        ("day", "20250901", "not_a_date", "day"),
        ("day", "2025-W36-1", "not_a_date", "day"),
        ("day", "2025-09-01T00:00", "not_a_date", "day"),
        ("day", "２０２５-09-01", "not_a_date", "day"),
        ("day", 20250901, "not_a_date", "day"),
        ("form", "参观", "choice_unknown", "form"),
        ("form", ["论坛"], "choice_unknown", "form"),
        ("books", "红楼梦", "not_a_list", "books"),
        ("books", {"0": "红楼梦"}, "not_a_list", "books"),
        ("books", ["x"] * (LIST_LIMIT + 1), "too_many", "books"),
        ("books", ["x", 1], "not_text", "books.1"),
        ("books", ["x\x00"], "unstorable", "books.0"),
        ("tasks", {"owner": "x"}, "not_a_list", "tasks"),
        ("tasks", ["x"], "not_a_row", "tasks.0"),
        ("tasks", [{"owner": "x"}, {"times": 1}], "field_missing", "tasks.1.owner"),
        ("tasks", [{"owner": "  "}], "field_missing", "tasks.0.owner"),
        ("tasks", [{"owner": "x", "times": "1"}], "not_a_number", "tasks.0.times"),
        ("tasks", [{"owner": "x" * (LINE_LIMIT + 1)}], "too_long", "tasks.0.owner"),
        ("tasks", [{"owner": "x", "colour": "red"}], "field_unknown", "tasks.0.colour"),
        ("colour", "red", "field_unknown", "colour"),
    ],
)
def test_each_field_says_what_is_wrong_and_where(field: str, value: Any, code: str, at: str) -> None:
    refused = refusal({**GOOD, field: value})
    assert (refused.kind, refused.code, refused.at) == (Kind.INVALID, code, f"content.{at}")


def test_longest_of_everything_that_is_allowed_passes() -> None:
    check_content(DOCUMENT, {**GOOD, "name": "x" * LINE_LIMIT, "aims": "x" * PROSE_LIMIT, "count": 2**53 - 1})
    check_content(DOCUMENT, {**GOOD, "books": ["x"] * LIST_LIMIT})


def test_a_draft_holds_anything_but_more_rows_than_a_document_has() -> None:
    check_draft({"books": ["x"] * LIST_LIMIT, "name": [{"": None}]}, "content")
    with pytest.raises(Refused) as refused:
        check_draft({"tasks": [{"owner": ["x"] * (LIST_LIMIT + 1)}]}, "content")
    assert (refused.value.code, refused.value.at) == ("too_many", "content.tasks.0.owner")


def test_missing_field_is_named_in_both_languages() -> None:
    assert refusal({}).params == {"field": "名称", "field_en": "Name"}


def test_content_as_a_whole_is_bounded() -> None:
    fields = [{"id": f"f{n}", "title": {"zh": "栏", "en": "F"}, "kind": "prose"} for n in range(40)]
    document = Document.model_validate({"id": "long", "title": {"zh": "表", "en": "F"}, "fields": fields})
    content = {f"f{n}": "x" * 13_000 for n in range(40)}
    check_content(document, content)
    content["f0"] = "字" * PROSE_LIMIT
    assert len(json.dumps(content, ensure_ascii=False).encode()) > CONTENT_LIMIT
    with pytest.raises(Refused) as refused:
        check_content(document, content)
    assert (refused.value.code, refused.value.params["limit"]) == ("content_too_large", 512)


@pytest.mark.parametrize("name", ["x" * 10_000, "\ud800", "\x00"])
def test_odd_field_names_come_back_short_and_storable(name: str) -> None:
    for refused in (refusal({**GOOD, name: 1}), refusal({**GOOD, "tasks": [{"owner": "x", name: 1}]})):
        assert refused.code == "field_unknown"
        shown = str(refused.params["field"])
        assert storable(shown) == shown
        assert len(shown) <= 60
        assert refused.at is not None
        assert storable(refused.at) == refused.at


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.sampled_from(["论坛", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["owner", "times", "x"]), inner),
    max_leaves=8,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from([field.id for field in DOCUMENT.fields]), JSON))
def test_anything_is_either_refused_or_can_be_kept(content: dict[str, Any]) -> None:
    try:
        check_content(DOCUMENT, content)
    except Refused:
        return
    stored = json.loads(json.dumps(content, ensure_ascii=False).encode().decode())
    assert content_digest(stored) == content_digest(content)
    assert "\\u0000" not in json.dumps(content)


@pytest.mark.parametrize("kind", [Line, Prose])
@pytest.mark.parametrize("text", ["", "   ", "a\x00b", "\ud800", "x" * 4001])
def test_typed_text_is_trimmed_filled_and_storable(kind: Any, text: str) -> None:
    adapter = TypeAdapter(kind)
    with pytest.raises(ValidationError):
        adapter.validate_python(text)
    assert adapter.validate_python("  好 ") == "好"


def test_every_fault_is_named_at_once() -> None:
    content = GOOD | {"name": " ", "count": "many", "tasks": [{"owner": "王芳"}, {"times": 1.5, "extra": 1}]}
    assert [(fault.code, fault.at) for fault in content_faults(DOCUMENT, content)] == [
        ("field_missing", "content.name"),
        ("not_a_number", "content.count"),
        ("field_unknown", "content.tasks.1.extra"),
        ("field_missing", "content.tasks.1.owner"),
        ("not_a_number", "content.tasks.1.times"),
    ]
    assert not list(content_faults(DOCUMENT, GOOD))
