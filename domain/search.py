"""What a filing is found by: grams of its words, and the grams that a question asks for.

A run of Chinese characters gives each character and each pair of neighbours; anything else gives whole words and
numbers, in lower case. So “教研” is found inside “校本教研活动” without a dictionary, and “report” in “Report 2026”.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from domain.filing import Filing
from domain.programme import Programme

MAX_WORD = 64
"""Characters of a word that count; a longer one is found by its beginning."""
MAX_WANTED = 64
"""Grams that a question is narrowed by, at most."""

_HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_RUNS = re.compile(rf"(?P<han>[{_HAN}]+)|(?P<word>(?:(?![{_HAN}])[^\W_])+)")


def grams(texts: Iterable[str]) -> list[str]:
    """Return the grams of texts, each once, in order."""
    found: set[str] = set()
    for text in texts:
        for run, is_han in _runs(text):
            if is_han:
                found.update(run)
                found.update(_pairs(run))
            else:
                found.add(run)
    return sorted(found)


def wanted(question: str) -> list[str]:
    """Return the grams that a text must have, all of them, to answer a question; none when it asks for no word."""
    found: dict[str, None] = {}
    for run, is_han in _runs(question):
        found.update(dict.fromkeys(_pairs(run) if is_han and len(run) > 1 else (run,)))
    return list(found)[:MAX_WANTED]


def filing_grams(filing: Filing, content: Any, programme: Programme) -> list[str]:
    """Return what a filing is found by: its content, its title, its unit, and the post that owes it."""
    role = programme.role_by_id.get(filing.author.role)
    titles = (filing.title, filing.unit_title, *(() if role is None else (role.title,)))
    return grams([*(text for title in titles for text in (title.zh, title.en)), *_texts(content)])


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    for match in _RUNS.finditer(unicodedata.normalize("NFKC", text).casefold()):
        is_han = match["han"] is not None
        yield match[0] if is_han else match[0][:MAX_WORD], is_han


def _pairs(run: str) -> Iterator[str]:
    return (first + second for first, second in pairwise(run))


def _texts(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict):
        for value in content.values():
            yield from _texts(value)
    elif isinstance(content, list):
        for value in content:
            yield from _texts(value)
    elif isinstance(content, int) and not isinstance(content, bool):
        yield str(content)
