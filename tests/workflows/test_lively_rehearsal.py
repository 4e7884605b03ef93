"""A rehearsal in which people do everything that a filing allows, come and go, and the rules change on the way."""

from __future__ import annotations

import os
from collections import Counter
from datetime import UTC, datetime

import pytest

from deploy.temporal import test_server_path as server_path
from domain.filing import FILING
from domain.ids import TenantId
from domain.programme import Programme
from ledger.ledger import Ledger
from tests.conftest import Base, _Server
from tests.workflows.lively import lively_county, short_lively_year
from tests.workflows.school import query
from workflows.rehearsal.report import Report
from workflows.rehearsal.run import rehearse

TENANT = TenantId("lively")
SEED = 11
"""In this year everything happens at least once; where the rules of a draw change, another may be needed."""
APART = {"seconds", "peak_mib"}
"""What may differ between two rehearsals of the same."""
ENDS = {"approved", "rejected", "waived", "voided", "lapsed"}
WHOLE_YEAR = "TERMLEDGER_WHOLE_YEAR"
"""Names how many clusters live through the real school year, for whoever has the time."""


async def rehearsed(base: Base, programme: Programme, until: datetime, seed: int = SEED) -> Report:
    return await rehearse(
        base.service, TENANT, programme, year=2026, until=until, seed=seed, server=server_path(), lively=True
    )


async def test_a_lively_year_ends_with_every_filing_closed_and_the_ledger_verified(base: Base, ledger: Ledger) -> None:
    report = await rehearsed(base, short_lively_year(), datetime(2027, 1, 15, 10, 0, tzinfo=UTC))
    await assert_closed(report, ledger)
    assert await types_of(ledger) >= set(FILING.events), set(FILING.events) - await types_of(ledger)
    assert report.absence["on_behalf_of"] > 0
    assert report.on_the_way["passed_by_time"] > 0
    assert {"delegated", "handed_over", "left", "appointment_revoked", "post_over", "post_begun"} <= set(report.absence)
    await assert_duties_separate(ledger)


async def assert_closed(report: Report, ledger: Ledger) -> None:
    """Every filing has ended, nothing falls due any more that has not, and the ledger is what it was."""
    assert report.sound
    assert report.drifts == 0
    assert set(report.filings) <= ENDS
    assert sum(report.filings.values()) == sum(one.due for one in report.duties) > 50
    overdue = await query(
        ledger,
        "SELECT s.stream FROM stream AS s JOIN tenant AS t USING (tenant) "
        "WHERE s.tenant = %s AND s.alarm_at <= t.clock_frozen",
        TENANT,
    )
    assert overdue == []


async def types_of(ledger: Ledger) -> set[str]:
    return {row["type"] for row in await query(ledger, "SELECT DISTINCT type FROM event WHERE tenant = %s", TENANT)}


async def assert_duties_separate(ledger: Ledger) -> None:
    """Nobody decides on a filing that they, or the one they act for, handed in."""
    rows = await query(
        ledger,
        "SELECT stream, type, actor, on_behalf_of FROM event WHERE tenant = %s AND type IN "
        "('filing.submitted', 'filing.approval_given', 'filing.objection_raised', 'filing.rejected') "
        "AND actor <> 'system' ORDER BY position",
        TENANT,
    )
    authors: dict[str, set[str]] = {}
    decided: Counter[str] = Counter()
    for row in rows:
        people = {row["actor"], row["on_behalf_of"]} - {None}
        if row["type"] == "filing.submitted":
            authors.setdefault(row["stream"], set()).update(people)
        else:
            decided[row["type"]] += 1
            assert people.isdisjoint(authors[row["stream"]])
    assert decided["filing.approval_given"] > 80


async def test_a_lively_rehearsal_repeats_with_its_seed(server: _Server, base: Base) -> None:
    until = datetime(2026, 9, 15, 10, 0, tzinfo=UTC)
    first = await rehearsed(base, short_lively_year(), until)
    other = server.create()
    try:
        again = await rehearsed(other, short_lively_year(), until)
    finally:
        server.drop(other)
    assert first.on_the_way
    assert again.model_dump(exclude=APART) == first.model_dump(exclude=APART)


@pytest.mark.skipif(WHOLE_YEAR not in os.environ, reason=f"set {WHOLE_YEAR} to a number of clusters")
async def test_a_lively_real_school_year_of_the_county(base: Base, ledger: Ledger) -> None:
    clusters = int(os.environ[WHOLE_YEAR])
    report = await rehearsed(base, lively_county(clusters), datetime(2027, 8, 23, 10, 0, tzinfo=UTC))
    await assert_closed(report, ledger)
    assert await types_of(ledger) >= set(FILING.events)
