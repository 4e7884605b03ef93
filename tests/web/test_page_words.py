"""How pages call people, posts and times: by which post somebody spoke, the year where it is another, no bare ids."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from api.web.kit import TONES
from api.web.words import WEB
from domain.filing import Comment, Return
from domain.machine import status_of
from domain.machines import MACHINES
from domain.messages import CATALOGUE
from ledger.tokens import Scope
from tests.api.site import COORDINATOR, LEADER
from tests.conftest import START
from tests.web.conftest import Web


def test_every_status_has_a_tone() -> None:
    assert set(TONES) == {f"{one.name}.{status_of(state)}" for one in MACHINES.values() for state in one.states}


def test_no_sentence_names_an_office_of_one_bureau() -> None:
    """A school of its own has no 教研室: what the product says by itself fits every programme."""
    assert [key for key, words in {**CATALOGUE, **WEB}.items() if "教研室" in words.zh] == []


_DENIED = re.compile(
    r"(?:deny|_check|_check_author|_kept|denials\.add)\([^\n]*?, \"([a-z_]+)\"|\baction(?:: str)? ?= ?\"([a-z_]+)\""
)


def test_the_log_of_refusals_has_words_for_whatever_somebody_may_be_refused() -> None:
    """Commands have words of their own; these are the things that are no command."""
    root = Path(__file__).parents[2]
    texts = [file.read_text(encoding="utf-8") for name in ("api", "ledger") for file in (root / name).rglob("*.py")]
    actions = {one or other for text in texts for one, other in _DENIED.findall(text)} | set(Scope)
    assert {"draft", "edit", "keep_account"} <= actions, "the pattern still finds them"
    commands = {"hand_over", "submit"}
    assert {f"web.audit.action.{one}" for one in actions - commands} <= set(WEB)


async def test_a_comment_says_by_which_post_it_was_made(web: Web) -> None:
    filing = await web.site.filing("in_review")
    await web.site.by(COORDINATOR, filing, Comment(text="请写明时间"))
    page = await (await web.signed_in(*LEADER)).get(f"/filings/{filing}")
    who = (await web.ledger.names(web.tenant, [await web.site.person(*COORDINATOR)])).popitem()[1]
    assert f"{who}（实验中学联片研修区的片区研修负责人）的意见：请写明时间" in page.text


async def test_dates_of_another_year_carry_it(web: Web) -> None:
    filing = await web.site.filing("in_review")
    leader = await web.signed_in(*LEADER)
    await web.site.by(COORDINATOR, filing, Return(reason="补充日期。"))
    page = await leader.get("/")
    assert "原因：补充日期。请修改后在 9月" in page.text
    assert "2026年9月" not in page.text
    await web.site.bureau.at(START + timedelta(days=150))
    page = await leader.get("/")
    assert "原因：补充日期。请修改后在 2026年9月" in page.text
    page = await leader.get(f"/filings/{filing}")
    assert page.text.count("2026年9月") > 2


async def test_notices_name_the_term_on_the_desk_and_over_the_api(web: Web) -> None:
    client = await web.site.as_(*COORDINATOR, lang="zh")
    await web.site.filing("in_review", period="2026-autumn")
    page = await (await web.signed_in(*COORDINATOR)).get("/")
    texts = [one["text"] for one in (await client.get("/notices")).json()]
    assert any("（2026–2027 学年秋季学期）" in one for one in texts)
    assert all(one in page.text for one in texts)
    assert "2026-autumn" not in page.text
