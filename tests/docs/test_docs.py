"""What the documents say exists: links, commands, targets, settings, diagrams."""

import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer

from api.settings import Settings
from cli.main import app
from domain.filing import FILING

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("README*.md"), ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md")])
BOTH_LANGUAGES = [
    ("README.md", "README.zh-CN.md"),
    ("docs/operations.md", "docs/operations.zh-CN.md"),
    ("docs/pipelines.md", "docs/pipelines.zh-CN.md"),
    ("docs/changing-rules.md", "docs/changing-rules.zh-CN.md"),
]
PARTIAL = {"docs/architecture.zh-CN.md"}
"""Shorter on purpose."""

TREE = typer.main.get_command(app)

_FENCE = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^(#{1,6}) +(.+?)\s*$", re.MULTILINE)


def _id(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def _prose(text: str) -> str:
    """The text without its code blocks, and without what code spans hold."""
    return _SPAN.sub("``", _FENCE.sub("", text))


def _code(text: str) -> list[str]:
    """Every line of code in a page: of its blocks, and its spans."""
    spans = _SPAN.findall(_FENCE.sub("", text))
    return spans + [line for block in _FENCE.findall(text) for line in block.splitlines()]


def _headings(text: str) -> list[tuple[int, str]]:
    return [(len(marks), title) for marks, title in _HEADING.findall(_FENCE.sub("", text))]


def _anchors(text: str) -> set[str]:
    """The anchors that GitHub gives to a page's headings."""
    plain = (re.sub(r"[^\w\- ]", "", title.lower()) for _, title in _headings(text))
    return {title.replace(" ", "-") for title in plain}


class _Call(NamedTuple):
    words: list[str]
    options: list[str]


def _calls(text: str) -> list[_Call]:
    """Every call of our command in a page: the words after it, and the options among them."""
    found = []
    for line in _code(text):
        for rest in re.findall(r"(?:^|[\s(/])termledger +([^#)]*)", line):
            words = rest.split()
            options = [word.partition("=")[0] for word in words if word.startswith("--")]
            found.append(_Call([word for word in words if not word.startswith("-")], options))
    return found


def _options(words: list[str]) -> set[str]:
    """Follow the words down the command's tree and return the options there; KeyError when there is no such command."""
    # Any: typer carries a click of its own, which has no public name.
    found: Any = TREE
    for word in words:
        if not hasattr(found, "commands"):
            break
        found = found.commands[word]
    assert not hasattr(found, "commands"), f"{' '.join(words)} names no command"
    return {option for parameter in found.params for option in parameter.opts} | {"--help"}


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_relative_links_lead_somewhere(page: Path) -> None:
    lost = []
    for link in _LINK.findall(_prose(page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in _anchors(target.read_text(encoding="utf-8"))):
            lost.append(link)
    assert not lost


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_commands_and_their_options_exist(page: Path) -> None:
    for words, options in _calls(page.read_text(encoding="utf-8")):
        assert set(options) <= _options(words), f"termledger {' '.join(words)}"


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {name for line in _code(page.read_text(encoding="utf-8")) for name in re.findall(r"^make ([a-z]+)", line)}
    assert named <= targets


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_settings_exist(page: Path) -> None:
    read = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "cli").glob("*.py"))
    known = {f"TERMLEDGER_{name.upper()}" for name in Settings.model_fields} | set(
        re.findall(r"TERMLEDGER_[A-Z_]*[A-Z]", read)
    )
    assert set(re.findall(r"TERMLEDGER_[A-Z_]*[A-Z]", page.read_text(encoding="utf-8"))) <= known


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_readme_shows_the_filing_machine_as_it_is(name: str) -> None:
    assert f"```mermaid\n{FILING.mermaid(stays=False)}```" in (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_readme_quotes_a_duty_as_it_stands_in_the_county(name: str) -> None:
    (block,) = re.findall(r"^```yaml\n(.*?)^```", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    county = (ROOT / "programmes" / "pucheng-county.yaml").read_text(encoding="utf-8")
    assert "".join(f"  {line}\n" for line in block.splitlines()) in county


@pytest.mark.parametrize(("english", "chinese"), BOTH_LANGUAGES)
def test_both_languages_have_the_same_sections(english: str, chinese: str) -> None:
    levels = [
        [level for level, _ in _headings((ROOT / name).read_text(encoding="utf-8"))] for name in (english, chinese)
    ]
    assert levels[0] == levels[1]


def test_every_chinese_page_has_an_english_one_with_the_same_code() -> None:
    for page in PAGES:
        if not page.name.endswith(".zh-CN.md") or _id(page) in PARTIAL:
            continue
        english = page.with_name(page.name.replace(".zh-CN", ""))
        calls = [
            {" ".join(call.words[:1]) for call in _calls(one.read_text(encoding="utf-8"))} for one in (page, english)
        ]
        assert calls[0] == calls[1], _id(page)


def test_every_decision_is_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    for record in folder.glob("0*.md"):
        title = record.read_text(encoding="utf-8").partition("\n")[0]
        number, _, name = title.removeprefix("# ").partition(" ")
        assert f"| [{number}]({record.name}) | {name} |" in index
