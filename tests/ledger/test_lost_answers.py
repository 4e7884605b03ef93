"""The wire breaks before or after the commit: the caller asks again with the same id, and it has happened once."""

from __future__ import annotations

import random
import socket
from collections.abc import AsyncIterator

import pytest

from domain.ids import SYSTEM, stream_id
from domain.person import Register
from ledger.database import Database, DatabaseAway
from ledger.ledger import Ledger
from ledger.order import Order, Outcome
from tests.conftest import Base, Bureau
from tests.ledger.given import School, opened, order, positions, query, report
from tests.ledger.proxy import Cut, Wire


@pytest.fixture
async def wire(base: Base) -> AsyncIterator[Wire]:
    async with Wire(base.service).laid() as laid:
        yield laid


@pytest.fixture
async def far(wire: Wire) -> AsyncIterator[Ledger]:
    """The ledger at the other end of the wire."""
    async with Ledger.connect(wire.dsn, size=2) as opened:
        yield opened


def person(bureau: Bureau, number: int) -> Order:
    return order(bureau, stream_id("person", "pucheng", "far", str(number)), Register(full_name=f"教师{number}"))


async def warm(far: Ledger, bureau: Bureau) -> None:
    """Use a connection until its statements are prepared: requests then carry no text of a query."""
    for number in range(900, 904):
        await far.execute(person(bureau, number))


@pytest.mark.parametrize("cut", list(Cut))
@pytest.mark.parametrize("prepared", [False, True])
async def test_one_order(base: Base, bureau: Bureau, wire: Wire, far: Ledger, cut: Cut, prepared: bool) -> None:
    school = await School.founded(bureau)
    stream = await opened(bureau)
    if prepared:
        await warm(far, bureau)
    before = positions(base, bureau.tenant)
    one = order(bureau, stream, report(), school.lead)
    wire.cut_at(str(one.command_id), cut)
    with pytest.raises(DatabaseAway):
        await far.execute(one)
    assert wire.cuts == 1
    known = query(base, "SELECT version FROM event WHERE command_id = %s ORDER BY version", one.command_id)
    assert [row["version"] for row in known] == ([2, 3] if cut is Cut.AFTER else [])

    again = await far.execute(one)
    assert (again.version, again.repeated) == (3, cut is Cut.AFTER)
    assert again.state == (await far.execute(one)).state
    assert positions(base, bureau.tenant) == [*before, len(before) + 1, len(before) + 2]
    assert (await bureau.ledger.verify(bureau.tenant)).sound
    assert (await bureau.ledger.rebuild_check(bureau.tenant))[1] == ()


@pytest.mark.parametrize("cut", list(Cut))
async def test_a_batch(base: Base, bureau: Bureau, wire: Wire, far: Ledger, cut: Cut) -> None:
    orders = [person(bureau, number) for number in range(50)]
    wire.cut_at(str(orders[7].command_id), cut)
    with pytest.raises(DatabaseAway):
        await far.execute_many(orders)
    assert len(positions(base, bureau.tenant)) == (50 if cut is Cut.AFTER else 0)
    again = await far.execute_many(orders)
    assert [one.repeated for one in again if isinstance(one, Outcome)] == [cut is Cut.AFTER] * 50
    assert positions(base, bureau.tenant) == list(range(1, 51))


async def test_a_bad_line_all_day(base: Base, bureau: Bureau, wire: Wire, far: Ledger) -> None:
    """Every order is retried until it is answered, whatever the line does to it: each has happened once."""
    rng = random.Random(7)
    orders = [person(bureau, number) for number in range(40)]
    for one in orders:
        for _ in range(rng.choice((0, 1, 1, 2))):
            wire.cut_at(str(one.command_id), rng.choice(list(Cut)))
            try:
                await far.execute(one)
            except DatabaseAway:
                continue
        wire.cut_at("nothing carries this", Cut.BEFORE)
        assert (await far.execute(one)).version == 1
    assert wire.cuts > 20
    rows = query(base, "SELECT command_id FROM event WHERE position > 1 ORDER BY position")
    assert [row["command_id"] for row in rows] == [one.command_id for one in orders]
    assert (await bureau.ledger.verify(bureau.tenant)).sound


async def test_reads_over_a_broken_wire(bureau: Bureau, wire: Wire, far: Ledger) -> None:
    stream = await opened(bureau)
    for read in (
        lambda: far.head(bureau.tenant, stream),
        lambda: far.events(bureau.tenant, stream),
        lambda: far.state_at(bureau.tenant, stream, 1),
        lambda: far.process_head(bureau.tenant, stream),
        lambda: far.contents.draft(bureau.tenant, stream),
        lambda: far.contents.save_draft(bureau.tenant, stream, {}, SYSTEM, None),
    ):
        wire.cut_at(stream, Cut.BEFORE)
        with pytest.raises(DatabaseAway):
            await read()
    wire.cut_at(bureau.tenant, Cut.BEFORE)
    with pytest.raises(DatabaseAway):
        await far.verify(bureau.tenant)
    wire.cut_at("shadow_item", Cut.BEFORE)
    with pytest.raises(DatabaseAway):
        await far.rebuild_check(bureau.tenant)
    assert (await far.head(bureau.tenant, stream))[0] == 1


async def test_the_server_ends_the_session_in_between(base: Base, bureau: Bureau, ledger: Ledger) -> None:
    """As at a restart of PostgreSQL: what rests in the pool is dead when it is used next."""
    await opened(bureau)
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'termledger_app' AND datname = %s"
    query(base, ended, base.owner.rpartition("/")[2])
    one = person(bureau, 1)
    for _ in range(3):
        try:
            outcome = await ledger.execute(one)
            break
        except DatabaseAway:
            continue
    assert outcome.version == 1
    assert len(query(base, "SELECT 1 FROM event WHERE command_id = %s", one.command_id)) == 1


async def test_nobody_answers() -> None:
    with socket.socket() as taken:  # bound and not listening: every connection is refused
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        database = Database(f"postgresql://nobody@127.0.0.1:{port}/nothing", size=1, wait=0.2)
        await database.open()
        try:
            with pytest.raises(DatabaseAway):
                async with database.connection(None):
                    raise AssertionError("nobody is there")
            with pytest.raises(DatabaseAway):
                async with database.transaction(None):
                    raise AssertionError("nobody is there")
        finally:
            await database.close()


async def test_every_connection_is_taken(base: Base) -> None:
    database = Database(base.service, size=1, wait=0.2)
    await database.open()
    try:
        async with database.connection(None):
            with pytest.raises(DatabaseAway):
                async with database.connection(None):
                    raise AssertionError("there is only one")
    finally:
        await database.close()
