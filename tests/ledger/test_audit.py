"""The audit's list of events: what it is narrowed to, and that narrowing does not read the whole ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.rows import DictRow

from domain.ids import SYSTEM, TenantId
from ledger.audit import EventFilter, Reach, events_query
from ledger.ledger import Ledger
from tests.conftest import Base
from tests.ledger.given import query

T = TenantId("large")
MANY = 20_000
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
EVERYWHERE = Reach(("county",))

# Nine busy days: usual events, a third of them the system's, some on behalf of another, and one kind
# that came up thrice.
FILL = """
INSERT INTO event (tenant, position, stream, version, type, data, actor, on_behalf_of, programme, command_id, ordinal,
                   command_digest, happened_at, recorded_at, hash, previous, digest, link)
SELECT 'large', n, 'fil-' || n / 5, n %% 5 + 1,
       CASE WHEN n %% 7000 = 1234 THEN 'filing.voided' WHEN n %% 2 = 0 THEN 'filing.opened' ELSE 'filing.submitted' END,
       jsonb_build_object('text', repeat(md5(n::text), 12)),
       CASE WHEN n %% 3 = 0 THEN 'system' ELSE 'per-' || n * 7919 %% 1000 END,
       CASE WHEN n %% 101 = 0 THEN 'per-' || n * 7919 %% 10 || 'x' END,
       'p', gen_random_uuid(), 0, '', at, at, 'sha256', '', '', ''
FROM (SELECT n, %s::timestamptz + n * interval '40 seconds' AS at FROM generate_series(1, %s) AS n) AS one
"""


# And the streams that they are of.
STREAMS = """
INSERT INTO stream (tenant, stream, machine, version, status, state, programme, digest, ended)
SELECT 'large', 'fil-' || n, 'filing', 5, 'approved', jsonb_build_object('period', 'p'), 'p', '', true
FROM generate_series(0, %s) AS n
"""
ITEMS = """
INSERT INTO item (tenant, stream, machine, unit, status, late, readers, changed_at)
SELECT tenant, stream, machine, 'school', status, false, '{school, county}', now() FROM stream
"""


@pytest.fixture
def large(base: Base) -> Base:
    with psycopg.connect(base.owner, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute(FILL, (FIRST, MANY))
        connection.execute(STREAMS, (MANY // 5,))
        connection.execute(ITEMS)
        connection.execute("VACUUM (ANALYZE) event, stream, item")
    return base


def day(number: int) -> dict[str, Any]:
    since = FIRST + timedelta(days=number)
    return {"since": since, "until": since + timedelta(days=1)}


NARROWED = {
    "one person": EventFilter(actors=["per-7"]),
    "several": EventFilter(actors=["per-7", "per-8", "per-9"]),
    "who acted for another": EventFilter(actors=["per-3x"]),
    "nobody": EventFilter(actors=["per-x"]),
    "a rare kind": EventFilter(type="filing.voided"),
    "a kind that never came up": EventFilter(type="filing.waived"),
    "a day long ago": EventFilter(**day(1)),
    "a day before all": EventFilter(**day(-30)),
    "a person's day": EventFilter(actors=["per-7", "per-8"], **day(8)),
}
MET_SOON = {
    "everything": EventFilter(),
    "the system": EventFilter(actors=[SYSTEM, "per-7"]),
    "a usual kind": EventFilter(type="filing.submitted"),
}


def expected(rows: Sequence[DictRow], wanted: EventFilter) -> list[int]:
    """The same by looking at every row."""
    found = [
        row["position"]
        for row in rows
        if (wanted.actors is None or row["actor"] in wanted.actors or row["on_behalf_of"] in wanted.actors)
        and (wanted.type is None or row["type"] == wanted.type)
        and (wanted.since is None or row["happened_at"] >= wanted.since)
        and (wanted.until is None or row["happened_at"] < wanted.until)
    ]
    return found[:30]


def pages_read(node: dict[str, Any]) -> int:
    """The pages of the events, and of their indexes, that a plan has read."""
    if node.get("Relation Name") == "event":
        return int(node["Shared Hit Blocks"] + node["Shared Read Blocks"])
    return sum(pages_read(one) for one in node.get("Plans", ()))


async def test_narrowing_the_list_of_events_does_not_read_the_ledger(large: Base) -> None:
    """Counted in pages, not in time: no filter reads more than a fifth of the table."""
    (table,) = query(large, "SELECT relpages FROM pg_class WHERE relname = 'event'")
    rows = query(large, "SELECT position, type, actor, on_behalf_of, happened_at FROM event ORDER BY position DESC")
    async with Ledger.connect(large.service, size=2) as ledger:
        for title, wanted in (NARROWED | MET_SOON).items():
            found = await ledger.audit.events(T, EVERYWHERE, wanted)
            assert [one["position"] for one in found] == expected(rows, wanted), title
            text, values = events_query(T, EVERYWHERE, wanted, MANY + 1, 30)
            async with ledger.database.connection(T) as reading:
                answer = await reading.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {text}", values, prepare=False)
                told = await answer.fetchone()
            assert told is not None
            (plan,) = told["QUERY PLAN"]
            read = pages_read(plan["Plan"])
            assert 0 < read < table["relpages"] / 5, f"{title}: {read} of {table['relpages']} pages"
