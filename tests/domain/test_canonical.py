"""Canonical bytes and digests, against the standards' own vectors."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.canonical import ZERO, HashName, canonical, content_digest, digest


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, b"null"),
        ({"literals": [None, True, False]}, b'{"literals":[null,true,false]}'),
        # RFC 8785, 3.2.2.2: short escapes, lower-case hexadecimal, and nothing else escaped.
        ({"string": '€$\x0f\nA\'B"\\\\"/'}, '{"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'.encode()),
        ("\x08\t\n\x0c\r\x00\x1f\x7f", b'"\\b\\t\\n\\f\\r\\u0000\\u001f\x7f"'),
        # RFC 8785, 3.2.3: keys by UTF-16 code units, so 😀 (D83D) comes before U+FB33.
        (
            {
                "€": "Euro Sign",
                "\r": "Carriage Return",
                "\ufb33": "Hebrew Letter Dalet With Dagesh",
                "1": "One",
                "😀": "Emoji: Grinning Face",
                "\x80": "Control",
                "ö": "Latin Small Letter O With Diaeresis",
            },
            (
                '{"\\r":"Carriage Return","1":"One","\x80":"Control","ö":"Latin Small Letter O With Diaeresis",'
                '"€":"Euro Sign","😀":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}'
            ).encode(),
        ),
        ({"b": 1, "a": {"d": [3, 1, 2], "c": -0}}, b'{"a":{"c":0,"d":[3,1,2]},"b":1}'),
        ([2**53 - 1, -(2**53) + 1], b"[9007199254740991,-9007199254740991]"),
        ({"计划": "第 2 稿"}, '{"计划":"第 2 稿"}'.encode()),
    ],
)
def test_canonical_form(value: Any, expected: bytes) -> None:
    assert canonical(value) == expected


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53, "\ud800", {"k": {1, 2}}])
def test_what_json_cannot_carry_has_no_canonical_form(value: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        canonical(value)


@pytest.mark.parametrize(
    ("name", "message", "expected"),
    [
        # FIPS 180-4
        ("sha256", b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("sha256", b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        # GB/T 32905-2016, appendix A
        ("sm3", b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        ("sm3", b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
    ],
)
def test_digests_of_the_standards(name: HashName, message: bytes, expected: str) -> None:
    assert digest(name, message).hex() == expected
    assert digest(name, message[:1], message[1:]).hex() == expected


def test_digests_are_as_long_as_the_first_links_zeros() -> None:
    assert len(ZERO) == len(digest("sha256")) == len(digest("sm3")) == 32


TEXT = st.text('ab\x00\n"好ö€😀\ufb33', max_size=4)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner),
    max_leaves=20,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(TEXT, JSON), st.randoms(use_true_random=False))
def test_digest_of_content_does_not_depend_on_the_order_of_keys(content: dict[str, Any], random: Any) -> None:
    keys = list(content)
    random.shuffle(keys)
    shuffled = {key: content[key] for key in keys}
    assert content_digest(shuffled) == content_digest(content)
    assert json.loads(canonical(content)) == content


def test_digest_of_content_is_of_its_canonical_form() -> None:
    assert content_digest({"b": 1, "a": "好"}) == hashlib.sha256('{"a":"好","b":1}'.encode()).hexdigest()
    assert content_digest({"a": [1, 2]}) != content_digest({"a": [2, 1]})


_PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(_PLAIN)
def test_the_quick_way_and_the_library_agree(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@pytest.mark.parametrize("value", [1.5, 2**53, {"a": -(2**53)}, [float("nan")], {1: 2}, "\ud800"])
def test_what_has_no_canonical_form_is_left_to_the_library(value: Any) -> None:
    try:
        expected: bytes | type[Exception] = rfc8785.dumps(value)
    except ValueError as fault:
        expected = type(fault)
    if isinstance(expected, bytes):
        assert canonical(value) == expected
    else:
        with pytest.raises(ValueError):  # noqa: PT011 - whichever the library raises
            canonical(value)
