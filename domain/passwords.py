"""Which passwords a person may choose, and what a one-time password looks like.

Length over rules: no demand for digits or signs, but nothing that a list of common passwords or a guess from the
person's own name, login and school would find.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from zxcvbn import zxcvbn

from domain.password_habits import Habit, guesses, habitual, main_habit
from domain.refusal import Refused, invalid

MIN_LENGTH = 10
MAX_LENGTH = 128
_STRONG_ENOUGH = 3
"""Of zxcvbn's 0 to 4: a hundred million guesses and more."""
_GUESSES_ENOUGH = 10**8
"""The same, where zxcvbn knows too little to count: pinyin, and numbers that people have."""
_REST = 8
"""So many characters have to be left of a password when the person's own words are taken out."""
_LOOKED_AT = 72
"""zxcvbn's own limit; what is longer is not weaker."""
_LOCAL = (
    *("woaini", "5201314", "1314520", "mima", "wodemima", "zhongguo", "beijing", "xuexiao", "laoshi", "jiaoshi"),
    *("jiaoyan", "jiaoyanzu", "yanxiu", "xiaozhang", "banzhuren", "xiaoxue", "zhongxue", "nihao", "yuwen", "shuxue"),
    *("yingyu", "jiaoyuju", "termledger", "admin", "sanzijing", "qwer1234", "asdf1234", "zaq12wsx"),
    *("zhonghuarenmingongheguo", "wobuzhidao", "wangjile", "jintian", "kaixin", "kuaile", "xinnian", "gongxifacai"),
    *("床前明月光", "疑是地上霜", "举头望明月", "低头思故乡", "春眠不觉晓", "处处闻啼鸟", "白日依山尽", "黄河入海流"),
    *("我爱北京", "天安门", "天安门上太阳升", "好好学习", "天天向上", "中华人民共和国", "为人民服务", "不忘初心"),
    *("牢记使命", "我爱你", "中国", "老师", "学校", "教育局", "密码", "我的密码", "新年快乐", "人之初性本善"),
)
"""What the English lists do not know and everybody here would try."""

ONE_TIME_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""No letter that looks like a digit: it is read out over the telephone."""
ONE_TIME_LENGTH = 12
_GROUP = 4


def normal(password: str) -> str:
    """The form of a password that is hashed: an input method may send the same signs in two widths."""
    return unicodedata.normalize("NFKC", password)


def check_password(password: str, known: Iterable[str], at: str = "password") -> None:
    """Raise `Refused` for a password that is too short, too long or would be guessed.

    `known` is what an acquaintance would try first: the person's name, login, staff number and units.
    """
    password = normal(password)
    if len(password) < MIN_LENGTH:
        raise invalid("password_too_short", at=at, min=MIN_LENGTH, length=len(password))
    if len(password) > MAX_LENGTH:
        raise invalid("password_too_long", at=at, max=MAX_LENGTH, length=len(password))
    own = {normal(one).casefold() for one in known if len(one) > 1}
    rated = zxcvbn(password[:_LOOKED_AT], user_inputs=[*sorted(own), *_LOCAL])
    parts: Sequence[Mapping[str, Any]] = rated["sequence"]
    named = [part["token"] for part in parts if _is_own(part, own)]
    if named and (rated["score"] < _STRONG_ENOUGH or len(password) - sum(map(len, named)) < _REST):
        raise invalid("password_names_you", at=at, part=named[0])
    if rated["score"] < _STRONG_ENOUGH:
        raise _guessable(parts, at)
    habits = habitual(password)
    if habits is not None and guesses(habits) < _GUESSES_ENOUGH:
        raise _habitual(main_habit(habits), at)


def _is_own(part: Mapping[str, Any], own: set[str]) -> bool:
    return part.get("dictionary_name") == "user_inputs" and part["matched_word"] in own


def _guessable(parts: Sequence[Mapping[str, Any]], at: str) -> Refused:
    """Say what sort of thing gives the password away."""
    if len(parts) == 1 and parts[0]["pattern"] == "dictionary":
        return invalid("password_common", at=at)
    match max(parts, key=lambda part: len(part["token"]))["pattern"]:
        case "repeat":
            return invalid("password_repeats", at=at)
        case "sequence":
            return invalid("password_in_sequence", at=at)
        case "spatial":
            return invalid("password_on_keyboard", at=at)
        case "date":
            return invalid("password_is_date", at=at)
    return invalid("password_guessable", at=at)


def _habitual(habit: Habit, at: str) -> Refused:
    match habit:
        case Habit.PINYIN:
            return invalid("password_pinyin", at=at)
        case Habit.NUMBER:
            return invalid("password_is_number", at=at)
        case Habit.KEYS:
            return invalid("password_on_keyboard", at=at)
    return invalid("password_repeats", at=at)


def grouped(drawn: str) -> str:
    """A one-time password as it is written down: in groups of four."""
    return "-".join(drawn[start : start + _GROUP] for start in range(0, len(drawn), _GROUP))


def ungrouped(typed: str) -> str:
    """A one-time password as it was drawn, however it was typed."""
    return "".join(sign for sign in normal(typed).casefold() if sign.isalnum())
