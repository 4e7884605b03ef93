"""Which passwords are refused here, and why; and that long ones are not refused for looking like pinyin."""

from __future__ import annotations

import pytest

from domain.password_habits import SYLLABLES, habitual
from domain.passwords import check_password
from domain.refusal import Refused

KNOWN = ["王芳", "wangfang", "wang.fang", "g2014007", "shiyan", "实验中学", "教研组长"]

BAD = {
    "names_you": (
        "wangfang2014",
        "Wangfang@123",
        "shiyan2026!!",
        "g2014007@abc",
        "wangfang839201",
        "实验中学教研组长2026",
    ),
    "pinyin": (
        *("woaibeijing2008", "tiantianxiangshang", "haohaoxuexi123", "woshiyigelaoshi", "jintiantianqihao"),
        *("wangxiaoming839201", "wangxiaoming19850612", "Zhangwei@1988", "lixiaohong!520", "chenxiaomei0612"),
        *("zhangwei_20080808", "lvxiaobu1990", "LiuYifei#66", "wosuiyue2026"),
    ),
    "is_number": (
        "wf18679304521",
        "18679304521",
        "186-7930-4521",
        "+8618679304521",
        "110101198506124321",
        "51102319920713482X",
        "5839201746",
    ),
    "on_keyboard": ("1qaz@WSX3edc", "zaq1@WSX3edc", "!QAZ2wsx#EDC", "2wsx#EDC4rfv", "asdfghjkl;'"),
    "repeats": ("111aaa222bbb", "aaabbbcccddd"),
    "common": ("qazwsxedcrfv", "1q2w3e4r5t6y", "zhonghuarenmingongheguo"),
    "guessable": (
        "woaini5201314",
        "nihaoma123456",
        "床前明月光疑是地上霜",
        "Aa123456789",
        "P@ssw0rd2026",
    ),
}
GOOD = (
    "lantern-river-2026",
    "correct horse battery",
    "何当共剪西窗烛却话巴山",
    "七只蓝色的猫坐在屋顶上",
    "x7#kQ9!mZ2@p",
    ";{[)^_+=|~",
    "xkqzvbnmwp",
    "panda banana mango",
    "jianxichuangzhubashanyeyu",
    "kuaile-xiaomao-chi-3-tiao-yu",
    "milk tea 下雨天 37",
    "30174962853715492",
)


@pytest.mark.parametrize(("reason", "password"), [(why, one) for why, many in BAD.items() for one in many])
def test_what_would_be_guessed_here_is_refused_with_the_reason(reason: str, password: str) -> None:
    with pytest.raises(Refused) as refused:
        check_password(password, KNOWN)
    assert refused.value.code == f"password_{reason}"


@pytest.mark.parametrize("password", GOOD)
def test_what_would_not_be_guessed_passes(password: str) -> None:
    check_password(password, KNOWN)


def test_every_syllable_is_read_as_one() -> None:
    assert len(SYLLABLES) > 400
    assert {"zhuang", "xiong", "lv", "er", "a", "yuan", "shi"} <= SYLLABLES
    for one in SYLLABLES:
        parts = habitual(f"{one}7")
        assert parts is not None, one
        assert parts[0].guesses <= 20, one
