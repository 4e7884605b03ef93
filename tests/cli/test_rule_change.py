"""`termledger programme diff`, `dry-run` and `move`, as an operator types them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.web.programmes import as_yaml
from cli.main import app
from domain.cycle import DraftCycle, Publish, Start
from domain.ids import SYSTEM, PersonId, StreamId, stream_id
from domain.programme import Programme
from tests.conftest import Base, Bureau
from tests.ledger.given import School, opened, report
from tests.ledger.test_moves import with_stage


async def termledger(base: Base, *words: str, lang: str = "zh") -> Result:
    environment = {"TERMLEDGER_DSN": base.service, "TERMLEDGER_LANG": lang, "COLUMNS": "200"}
    # The command runs an event loop of its own.
    return await asyncio.to_thread(lambda: CliRunner().invoke(app, list(words), env=environment))


@pytest.fixture
def newer(small_county: Programme, tmp_path: Path) -> str:
    """A file with a new version: the coordinator sees reports before the principal signs them."""
    file = tmp_path / "newer.yaml"
    file.write_text(as_yaml(with_stage(small_county)), encoding="utf-8")
    return str(file)


async def under_way(bureau: Bureau) -> tuple[StreamId, PersonId]:
    """A report that waits for the principal, in a cycle that runs; and the office."""
    school = await School.founded(bureau)
    cycle = stream_id("cycle", bureau.tenant, "2026")
    for actor, command in (
        (school.office, DraftCycle(school_year=2026)),
        (school.office, Publish()),
        (SYSTEM, Start()),
    ):
        await bureau.by(actor, cycle, command)
    stream = await opened(bureau)
    await bureau.by(school.lead, stream, report())
    return stream, school.office


async def test_diff_says_what_differs_in_both_languages_and_ends_like_diff(base: Base, newer: str) -> None:
    same = await termledger(base, "programme", "diff", "pucheng-county", "pucheng-county")
    assert (same.exit_code, same.stdout.strip()) == (0, "两个方案的规则没有不同。")
    other = await termledger(base, "programme", "diff", "pucheng-county", newer)
    assert other.exit_code == 1
    assert "+ 质检分析报告报送 › 片区阅" in other.stdout
    english = await termledger(base, "programme", "diff", "pucheng-county", newer, lang="en")
    assert "+ Submission of test analyses › Look" in english.stdout
    found = await termledger(base, "programme", "diff", "pucheng-county", newer, "--json")
    keys = {one["key"] for one in json.loads(found.stdout)["sections"]}
    assert {"pipelines", "units"} <= keys


async def test_diff_knows_stored_programmes_by_the_beginning_of_their_digest(
    base: Base, bureau: Bureau, newer: str
) -> None:
    (stored,) = await bureau.ledger.tenants.programmes(bureau.tenant)
    found = await termledger(base, "programme", "diff", stored.digest[:12], newer)
    assert (found.exit_code, "片区阅" in found.stdout) == (1, True)
    unknown = await termledger(base, "programme", "diff", "0123456789", newer)
    assert (unknown.exit_code, "0 个" in unknown.stderr) == (2, True)


async def test_dry_run_lists_filings_and_choices_and_changes_nothing(base: Base, bureau: Bureau, newer: str) -> None:
    stream, _ = await under_way(bureau)
    told = await termledger(base, "programme", "dry-run", newer, "--cycle", "2026")
    assert told.exit_code == 0, told.output
    for words in (
        "在办 1 件，其中 1 件会有变化",
        stream,
        "新增“片区阅”环节",
        "停在原环节（校长签发），已有的同意意见有效；不再经过新增的：片区阅",
        "--to look",
    ):
        assert words in told.stdout
    found: dict[str, Any] = json.loads(
        (await termledger(base, "programme", "dry-run", newer, "--cycle", "2026", "--json")).stdout
    )
    assert [one["stream"] for one in found["filings"]] == [stream]
    assert found["filings"][0]["may_go_back_to"] == ["look", "principal_signature"]
    assert (await bureau.ledger.head(bureau.tenant, stream))[0] == 3
    assert len(await bureau.ledger.tenants.programmes(bureau.tenant)) == 1


async def test_move_carries_it_out_once_and_takes_the_cycle_along(base: Base, bureau: Bureau, newer: str) -> None:
    stream, office = await under_way(bureau)
    words = ["programme", "move", newer, "--cycle", "2026", "--by", office, "--reason", "县局批复", "--windows"]
    for told in ("已改按新方案 1 件，未办成 0 件。", "已改按新方案 0 件，未办成 0 件。"):
        done = await termledger(base, *words, "--choice", "back", "--to", "look")
        assert (done.exit_code, done.stdout.strip()) == (0, told), done.output
    _, state, digest = await bureau.ledger.head(bureau.tenant, stream)
    assert [one.stage for one in state.visits] == ["look"]  # type: ignore[attr-defined]
    assert (await bureau.ledger.head(bureau.tenant, stream_id("cycle", bureau.tenant, "2026")))[2] == digest


async def test_move_says_what_was_not_done_and_why(base: Base, bureau: Bureau, newer: str) -> None:
    stream, office = await under_way(bureau)
    words = ["programme", "move", newer, "--cycle", "2026", "--by", office, "--reason", "县局批复", "--choice", "back"]
    done = await termledger(base, *words, "--to", "nowhere")
    assert (done.exit_code, stream in done.stdout, "只能退回到新流程中" in done.stdout) == (1, True, True)
    assert (await termledger(base, *words, "--only", "fil-0")).stdout.startswith("已改按新方案 0 件")
    assert (await termledger(base, *(one if one != "2026" else "1999" for one in words))).exit_code == 2
