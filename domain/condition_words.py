"""A condition in words: what can be read without knowing CEL, where the condition is simple enough for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import reduce

from domain.programme import Document, UnitKind
from domain.view import Names

_SUBJECT = r"""(?:fields\.(?P<field>\w+)|fields\[(?P<quoted>"[^"]+"|'[^']+')\]|(?P<fact>(?:unit|cycle)\.\w+))"""
_LITERAL = r"""(?P<literal>-?\d+(?:\.\d+)?|true|false|"[^"\\]*"|'[^'\\]*')"""
_COMPARISON = re.compile(rf"{_SUBJECT}\s*(?P<sign>==|!=|>=|<=|>|<)\s*{_LITERAL}")
_FILLED = re.compile(rf"(?P<no>!?)\s*has\(\s*{_SUBJECT}\s*\)")
_CENTRE = re.compile(r"(?P<no>!?)\s*unit\.centre")
_FIELD = re.compile(r"""fields\.(\w+)|fields\[["']([^"']+)["']\]""")

_SIGNS: Mapping[str, str] = {
    "==": "is",
    "!=": "is_not",
    ">": "more",
    ">=": "at_least",
    "<": "less",
    "<=": "at_most",
}


def condition_in_words(text: str, documents: Iterable[Document], names: Names) -> str | None:
    """Return a condition in words; None when it is more than comparisons that must all hold, or one of which must."""
    titles = _titles(documents, names)
    signs = [sign for sign in ("&&", "||") if sign in text]
    if len(signs) > 1:
        return None
    parts = [_part(one.strip(), titles, names) for one in (text.split(signs[0]) if signs else [text])]
    said = [one for one in parts if one is not None]
    if len(said) < len(parts):
        return None
    key = "condition_words.and" if signs == ["&&"] else "condition_words.or"
    return reduce(lambda one, other: names.say(key, one=one, other=other), said)


def fields_named(text: str, documents: Iterable[Document], names: Names) -> tuple[str, ...]:
    """Return the titles of the fields that a condition asks for, in its order."""
    titles = _titles(documents, names)
    found = (one[0] or one[1] for one in _FIELD.findall(text))
    return tuple(dict.fromkeys(titles.get(one, one) for one in found))


def _titles(documents: Iterable[Document], names: Names) -> Mapping[str, str]:
    """The fields' titles by id; where documents call one id differently, all of them."""
    titles: dict[str, dict[str, None]] = {}
    for document in documents:
        for one in document.fields:
            titles.setdefault(one.id, {})[names.text(one.title)] = None
    return {id: "/".join(found) for id, found in titles.items()}


def _part(text: str, titles: Mapping[str, str], names: Names) -> str | None:
    if match := _COMPARISON.fullmatch(text):
        subject, literal = _subject(match, titles, names), match["literal"].strip("\"'")
        value = _value(match["fact"], literal, names)
        return names.say(f"condition_words.{_SIGNS[match['sign']]}", what=subject, value=value)
    if match := _FILLED.fullmatch(text):
        key = "condition_words.empty" if match["no"] else "condition_words.filled"
        return names.say(key, what=_subject(match, titles, names))
    if match := _CENTRE.fullmatch(text):
        return names.say("condition_words.no_centre" if match["no"] else "condition_words.centre")
    return None


def _subject(match: re.Match[str], titles: Mapping[str, str], names: Names) -> str:
    if match["fact"]:
        return names.say(f"condition_words.{match['fact']}")
    field = match["field"] or match["quoted"].strip("\"'")
    return f"“{titles.get(field, field)}”"


def _value(fact: str | None, literal: str, names: Names) -> str:
    """What a fact is compared with, by its title."""
    programme = names.programme
    if fact == "unit.kind" and literal in set(UnitKind):
        return names.say(f"kind.{literal}")
    if fact == "unit.id":
        return names.unit(literal)
    if fact == "unit.subject" and literal in programme.subject_by_id:
        return names.text(programme.subject_by_id[literal].title)
    if fact == "cycle.duty":
        return names.owed(literal)
    return literal
