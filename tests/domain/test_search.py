"""What is found by which question: words, numbers and any two neighbouring Chinese characters."""

from __future__ import annotations

import pytest

from domain.search import MAX_WANTED, MAX_WORD, filing_grams, grams, wanted
from tests.domain.given import PROGRAMME
from tests.domain.test_filing import opened


def finds(question: str, *texts: str) -> bool:
    return set(wanted(question)) <= set(grams(texts))


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("教研", True),
        ("校本教研活动", True),
        ("动安", False),  # a comma lies between
        ("研教", False),
        ("语", True),
        ("龥", False),
        ("report", True),
        ("REPORT", True),
        ("Ｒｅｐｏｒｔ", True),  # full width
        ("rep", False),
        ("2026", True),
        ("２０２６", True),
        ("三年级 report", True),
        ("三年级report", True),
        ("三年级 absent", False),
        ("straße", True),
        ("STRASSE", True),
        ("安全,教研", True),
        ("李", False),
    ],
)
def test_every_word_of_the_question_is_in_the_text(question: str, found: bool) -> None:
    text = "三年级语文组校本教研活动，安全第一。Report 2026: Straße"
    assert finds(question, text) == found


@pytest.mark.parametrize("question", ["", "  ", "，。！", "___", "-–—", "\u200b"])
def test_a_question_without_a_word_asks_for_nothing(question: str) -> None:
    assert wanted(question) == []


def test_grams_are_few_and_in_order() -> None:
    assert grams(["教研教研"]) == ["教", "教研", "研", "研教"]
    assert grams(["b a", "a"]) == ["a", "b"]
    assert grams([]) == []
    assert wanted("教研教研") == ["教研", "研教"]
    assert len(wanted(" ".join(map(str, range(1000))))) == MAX_WANTED


def test_a_long_word_is_found_by_its_beginning() -> None:
    assert grams(["x" * 500]) == ["x" * MAX_WORD] == wanted("x" * 100)


def test_rare_characters_count_as_chinese() -> None:
    assert wanted("𠀀𠀁") == ["𠀀𠀁"]
    assert finds("〇八", "二〇〇八年")


def test_a_filing_is_found_by_all_that_is_said_in_it() -> None:
    filing = opened().state
    content = {"aims": "提高课堂", "table": [{"month": "九月", "what": ["听课", 12]}], "held": True, "none": None}
    found = set(filing_grams(filing, content, PROGRAMME))
    role = PROGRAMME.role_by_id[filing.author.role]
    for text in ("课堂", "九月", "听课", "12", filing.title.zh, filing.unit_title.en, role.title.zh, role.title.en):
        assert set(wanted(text)) <= found, text
    for text in ("month", "true", "none", "aims"):
        assert not set(wanted(text)) <= found, text
