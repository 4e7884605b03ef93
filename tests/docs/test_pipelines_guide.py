"""The guide to pipelines: every example, put into the county's programme, is a programme without a fault."""

import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from domain.messages import CATALOGUE
from domain.programme_check import load

ROOT = Path(__file__).parents[2]
ENGLISH = (ROOT / "docs" / "pipelines.md").read_text(encoding="utf-8")
CHINESE = (ROOT / "docs" / "pipelines.zh-CN.md").read_text(encoding="utf-8")
COUNTY = (ROOT / "programmes" / "pucheng-county.yaml").read_text(encoding="utf-8")

_HEADING_OR_BLOCK = re.compile(r"^#{2,6} +(?P<heading>.+?)\s*$|^```yaml\n(?P<block>.*?)^```", re.MULTILINE | re.DOTALL)
_BUTTON = re.compile(r"^\| ([^|]+) \| ([^|]+) \| `([a-z_]+)` \| ", re.MULTILINE)
_CELL = re.compile(r" *\| *")
_COMMENT = re.compile(r" +# .*$", re.MULTILINE)
_YAML = YAML(typ="safe", pure=True)


def _examples(text: str) -> list[tuple[str, str]]:
    """Every example of a page, with the heading that it stands under."""
    found, heading = [], ""
    for match in _HEADING_OR_BLOCK.finditer(text):
        if match["block"] is None:
            heading = match["heading"]
        else:
            found.append((heading, match["block"]))
    return found


def _put_in(programme: dict[str, Any], example: Mapping[str, Any]) -> dict[str, Any]:
    """The programme with what the example has: items replace those of the same id, settings those of the same name."""
    for section, content in example.items():
        if isinstance(content, list):
            kept = {one["id"]: one for one in programme[section]}
            programme[section] = list((kept | {one["id"]: one for one in content}).values())
        elif isinstance(content, dict):
            programme[section] |= content
        else:
            programme[section] = content
    return programme


@pytest.mark.parametrize("example", [pytest.param(block, id=heading) for heading, block in _examples(ENGLISH)])
def test_every_example_is_valid_in_the_county(example: str) -> None:
    written = io.StringIO()
    _YAML.dump(_put_in(_YAML.load(COUNTY), _YAML.load(example)), written)
    load(written.getvalue(), year=2026)


def test_an_example_takes_the_place_of_what_the_county_has() -> None:
    """An example under an id of its own would leave the county's pipeline in use, and so be checked half."""
    county = {pipeline["id"] for pipeline in _YAML.load(COUNTY)["pipelines"]}
    for heading, block in _examples(ENGLISH):
        ids = {pipeline["id"] for pipeline in _YAML.load(block).get("pipelines", ())}
        assert ids <= county, heading


def test_both_languages_have_the_same_examples_each_with_comments_of_its_own() -> None:
    english, chinese = ([block for _, block in _examples(text)] for text in (ENGLISH, CHINESE))
    assert [_COMMENT.sub("", block) for block in english] == [_COMMENT.sub("", block) for block in chinese]
    assert [one for block in chinese for one in _COMMENT.findall(block) if not re.search("[\u4e00-\u9fff]", one)] == []


def test_every_section_of_what_a_pipeline_can_do_has_an_example() -> None:
    """Up to the comparison; reading a notice is nothing that a programme says."""
    for text, compared, notices in ((ENGLISH, "Compared", "Notices"), (CHINESE, "与其他", "通知")):
        part = text[text.index("\n### ") : text.index(f"\n## {compared}")]
        sections = [one for one in re.split(r"\n##+ ", part) if not one.startswith(notices)]
        bare = [one.partition("\n")[0] for one in sections if one.partition("\n")[2].strip() and "```yaml" not in one]
        assert bare == []


def test_the_buttons_are_called_what_the_pages_call_them() -> None:
    english = [(command, zh, en) for en, zh, command in _BUTTON.findall(ENGLISH)]
    assert english == [(command, zh, en) for zh, en, command in _BUTTON.findall(CHINESE)]
    assert len(english) > 20
    for command, zh, en in english:
        words = CATALOGUE[f"command.filing.{command}"]
        assert (zh, en) == (words.zh, words.en)


@pytest.mark.parametrize("text", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_the_comparison_has_a_word_in_every_cell(text: str) -> None:
    """Each row of the table speaks of every product, and of ours by the name of a test."""
    (head,) = [line for line in text.splitlines() if " | SpiffArena | viewflow | " in line]
    rows = text[text.index(head) :].partition("\n\n")[0].splitlines()
    width = len(_CELL.split(head))
    assert len(rows) > 30
    for row in rows:
        cells = _CELL.split(row)
        assert len(cells) == width, row
        assert all(cells[1:-1]), row


@pytest.mark.parametrize("text", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_the_comparison_names_tests_that_there_are(text: str) -> None:
    named = re.findall(r"\| `(test_\w+)` \|", text)
    files = (path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    there = {name for file in files for name in re.findall(r"def (test_\w+)\(", file)}
    assert len(named) > 30
    assert set(named) <= there
