"""A database that another version made is known as such before anything is done to it."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.types.json import Jsonb

from ledger.database import Database
from ledger.fitness import Unfit, Why, check_contents, check_schema, revisions
from ledger.migrate import migrate
from ledger.schema import FUNCTIONS
from tests.conftest import Base, Bureau
from tests.ledger.given import opened, query

NEWEST = revisions()[0]
REVISION = "UPDATE alembic_version SET version_num"


async def found(base: Base) -> Unfit | None:
    """What keeps the service from working on a database."""
    database = Database(base.service, size=1)
    await database.open()
    try:
        await check_schema(database)
    except Unfit as fault:
        return fault
    finally:
        await database.close()
    return None


def altered(base: Base, statement: str, *values: object) -> None:
    """Change a database as its owner, past the guards."""
    with psycopg.connect(base.owner) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("ALTER TABLE event DISABLE TRIGGER event_only_grows")
        connection.execute(statement.encode(), values)


async def test_what_this_version_migrated_is_fit(base: Base, bureau: Bureau) -> None:
    await opened(bureau)
    assert await found(base) is None
    check_contents(base.owner)
    bodies = query(base, "SELECT proname, md5(prosrc) AS md5 FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
    assert {row["proname"]: row["md5"] for row in bodies} == FUNCTIONS, "a migration changed a function: say so there"


@pytest.mark.parametrize(
    ("statement", "back", "why", "held", "detail"),
    [
        (f"{REVISION} = '0005'", f"{REVISION} = '{NEWEST}'", Why.BEHIND, "0005", ""),
        (f"{REVISION} = '9999'", f"{REVISION} = '{NEWEST}'", Why.UNKNOWN, "9999", ""),
        ("ALTER TABLE alembic_version RENAME TO x", "ALTER TABLE x RENAME TO alembic_version", Why.BEHIND, None, ""),
        ("ALTER TABLE panel RENAME TO x", "ALTER TABLE x RENAME TO panel", Why.OTHER, NEWEST, "panel.cycle"),
        (
            "ALTER TABLE stream RENAME COLUMN version TO at",
            "ALTER TABLE stream RENAME COLUMN at TO version",
            Why.OTHER,
            NEWEST,
            "stream.at",
        ),
        (
            "ALTER TABLE attempt ALTER COLUMN subject DROP NOT NULL",
            "ALTER TABLE attempt ALTER COLUMN subject SET NOT NULL",
            Why.OTHER,
            NEWEST,
            "attempt.subject",
        ),
        (
            "UPDATE pg_proc SET prosrc = prosrc || ' ' WHERE proname = 'append'",
            "UPDATE pg_proc SET prosrc = left(prosrc, -1) WHERE proname = 'append'",
            Why.OTHER,
            NEWEST,
            "append()",
        ),
    ],
)
async def test_another_schema(base: Base, statement: str, back: str, why: Why, held: str | None, detail: str) -> None:
    altered(base, statement)
    try:
        fault = await found(base)
        assert fault is not None
        assert (fault.why, fault.held, fault.needed, fault.detail) == (why, held, NEWEST, detail)
        with pytest.raises(Unfit) as owner:
            check_contents(base.owner)
        assert (owner.value.why, owner.value.detail) == (why, detail)
        if why is Why.UNKNOWN:
            with pytest.raises(Unfit, match=r"unknown: revision 9999"):
                migrate(base.owner)
    finally:
        altered(base, back)
    assert await found(base) is None


@pytest.mark.parametrize(
    ("statement", "value", "detail"),
    [
        ("UPDATE event SET data = %s WHERE type = 'filing.opened'", Jsonb({"duty": "report"}), "filing.opened"),
        ("UPDATE event SET type = %s WHERE type = 'filing.opened'", "filing.begun", "filing.begun"),
        ("UPDATE stream SET state = %s WHERE machine = 'filing'", Jsonb({"status": "open"}), "filing open"),
        ("UPDATE programme SET body = %s", Jsonb({"id": "pucheng-county"}), "programme"),
    ],
)
async def test_what_stands_in_it_is_sampled(
    base: Base, bureau: Bureau, statement: str, value: object, detail: str
) -> None:
    await opened(bureau)
    altered(base, statement, value)
    with pytest.raises(Unfit) as fault:
        check_contents(base.owner)
    assert (fault.value.why, fault.value.detail) == (Why.UNREADABLE, detail)
