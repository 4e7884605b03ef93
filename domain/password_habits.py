"""What people here make passwords of, which zxcvbn's English lists do not know: pinyin, numbers of theirs, key columns.

A password of nothing else is worth as many guesses as its parts together; anything else is zxcvbn's to judge.
Names need no dictionary of their own: whoever's name it is, in pinyin it is two or three syllables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from math import prod


class Habit(StrEnum):
    """What a part of a password is. The words of a refusal go by the longest part."""

    PINYIN = "pinyin"
    NUMBER = "number"
    KEYS = "keys"
    REPEAT = "repeat"
    SIGN = "sign"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a password, with how many guesses find it."""

    habit: Habit
    text: str
    guesses: int


_PER_SYLLABLE = 20
"""Chinese tells little that is new with each syllable: about four bits."""
_PER_LETTER = 26
_STRAY = 3
"""So many letters beside syllables may be initials; with more, a run of letters is no pinyin."""
_INITIALS = {
    "": "a ai an ang ao e ei en eng er o ou",
    "b": "a ai an ang ao ei en eng i ian iao ie in ing o u",
    "p": "a ai an ang ao ei en eng i ian iao ie in ing o ou u",
    "m": "a ai an ang ao e ei en eng i ian iao ie in ing iu o ou u",
    "f": "a an ang ei en eng o ou u",
    "d": "a ai an ang ao e ei en eng i ia ian iao ie ing iu ong ou u uan ui un uo",
    "t": "a ai an ang ao e eng i ian iao ie ing ong ou u uan ui un uo",
    "n": "a ai an ang ao e ei en eng i ian iang iao ie in ing iu ong ou u uan uo v ve ue",
    "l": "a ai an ang ao e ei eng i ia ian iang iao ie in ing iu o ong ou u uan un uo v ve ue",
    "g": "a ai an ang ao e ei en eng ong ou u ua uai uan uang ui un uo",
    "k": "a ai an ang ao e ei en eng ong ou u ua uai uan uang ui un uo",
    "h": "a ai an ang ao e ei en eng ong ou u ua uai uan uang ui un uo",
    "j": "i ia ian iang iao ie in ing iong iu u uan ue un",
    "q": "i ia ian iang iao ie in ing iong iu u uan ue un",
    "x": "i ia ian iang iao ie in ing iong iu u uan ue un",
    "zh": "a ai an ang ao e ei en eng i ong ou u ua uai uan uang ui un uo",
    "ch": "a ai an ang ao e en eng i ong ou u ua uai uan uang ui un uo",
    "sh": "a ai an ang ao e ei en eng i ou u ua uai uan uang ui un uo",
    "r": "an ang ao e en eng i ong ou u ua uan ui un uo",
    "z": "a ai an ang ao e ei en eng i ong ou u uan ui un uo",
    "c": "a ai an ang ao e en eng i ong ou u uan ui un uo",
    "s": "a ai an ang ao e en eng i ong ou u uan ui un uo",
    "y": "a an ang ao e i in ing o ong ou u uan ue un",
    "w": "a ai an ang ei en eng o u",
}
SYLLABLES = frozenset(initial + final for initial, finals in _INITIALS.items() for final in finals.split())
"""Every syllable of pinyin, without tones."""
_LONGEST = max(map(len, SYLLABLES))

_SHIFTED = str.maketrans("!@#$%^&*()", "1234567890")
_COLUMNS = ("1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "8ik", "9ol", "qaz", "wsx", "edc", "rfv", "tgb")
_ROWS = ("qwer", "asdf", "zxcv", "qwe", "asd", "zxc", "poi", "lkj", "mnb", "147", "258", "369", "159", "357")
_KEYS = "|".join(sorted({*_COLUMNS, *_ROWS, *(one[::-1] for one in (*_COLUMNS, *_ROWS))}, key=len, reverse=True))
_PER_WALK = 10

_YEAR, _DAY = r"(?:19|20)\d\d", r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_NUMBERS = (
    (re.compile(rf"[1-9]\d{{5}}{_YEAR}{_DAY}\d{{3}}[\dx]"), 100_000),
    (re.compile(r"1[3-9]\d{9}"), 10_000),
    (re.compile(_YEAR), 50),
    (re.compile(r"\d{1,2}"), 100),
    (re.compile(r"\d{3,8}"), 10_000),
    (re.compile(r"\d{9,15}"), 10_000_000),
)
"""An identity card's number, a mobile telephone's, a year; then whatever else: a birthday, or the end of one of these.

Worth what is left to guess for somebody who knows where a person is from and about how old they are.
"""
_KNOWN = frozenset(
    ("520", "521", "1314", "5201314", "1314520", "520520", "666", "888", "123", "1234", "12345", "123456")
)
_WALK = re.compile(_KEYS)
_PARTS = re.compile(
    r"(?P<repeat>(.)\2{2,})|(?P<letters>[a-z]+)|(?P<digits>[0-9]{17}x|[0-9]+)|(?P<signs>[^a-z0-9]+)", re.S
)
_SIGNS = {1: 1, 2: 30}
"""One sign between a word and a number tells nothing. With more than two a password is not made of habits."""


def habitual(password: str) -> list[Part] | None:
    """Return the parts of a password that is made of habits alone; None for any other."""
    # 139-1234-5678 is a telephone number all the same.
    plain = re.sub(r"(?<=\d)[-\s.](?=\d)", "", password.casefold())
    found: list[Part] = []
    for part in _parts(plain):
        if part is None:
            return None
        found.append(part)
    return found


def guesses(parts: list[Part]) -> int:
    """How many guesses find a password of these parts."""
    return prod(part.guesses for part in parts)


def main_habit(parts: list[Part]) -> Habit:
    """What most of a password is."""
    length = dict.fromkeys(Habit, 0)
    for part in parts:
        length[part.habit] += len(part.text)
    return max(length, key=lambda habit: length[habit])


def _parts(plain: str) -> Iterator[Part | None]:
    at, keyed = 0, plain.translate(_SHIFTED)
    while at < len(plain):
        walk = _WALK.match(keyed, at)
        if walk is not None:
            yield Part(Habit.KEYS, walk[0], _PER_WALK)
            at = walk.end()
            continue
        match = _PARTS.match(plain, at)
        assert match is not None, "every sign is a part of some kind"
        yield _part(match)
        at = match.end()


def _part(match: re.Match[str]) -> Part | None:
    text = match[0]
    match match.lastgroup:
        case "letters":
            return _pinyin(text)
        case "digits":
            return _number(text)
        case "signs":
            return Part(Habit.SIGN, text, _SIGNS[len(text)]) if text.isascii() and len(text) in _SIGNS else None
    return Part(Habit.REPEAT, text, 50)


def _pinyin(letters: str) -> Part | None:
    """Read a run of letters as syllables and a few initials, in the way that is guessed first."""
    best: list[tuple[int, int]] = [(1, 0)]
    for end in range(1, len(letters) + 1):
        ways = [(best[end - 1][0] * _PER_LETTER, best[end - 1][1] + 1)]
        for start in range(max(0, end - _LONGEST), end):
            if letters[start:end] in SYLLABLES:
                ways.append((best[start][0] * _PER_SYLLABLE, best[start][1]))
        best.append(min(ways))
    value, stray = best[-1]
    return Part(Habit.PINYIN, letters, value) if stray <= _STRAY else None


def _number(digits: str) -> Part | None:
    if digits in _KNOWN:
        return Part(Habit.NUMBER, digits, 10)
    value = next((value for pattern, value in _NUMBERS if pattern.fullmatch(digits)), None)
    return None if value is None else Part(Habit.NUMBER, digits, value)
