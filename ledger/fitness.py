"""Whether this version can work on a database: its revision, its tables and functions, and what stands in them.

A database says by Alembic's revision which migrations made it. That is not enough for one that was made while a
migration was still being written: so the tables and functions are compared with what `ledger.schema` declares.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import LiteralString

import psycopg
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg.rows import DictRow, dict_row
from sqlalchemy.dialects import postgresql

from domain.machine import Unreadable
from domain.machines import load_event, machine_for
from domain.refusal import Refused
from ledger.database import Database
from ledger.programmes import read_programme
from ledger.schema import FUNCTIONS, metadata

MIGRATIONS = Path(__file__).parent / "migrations"

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]

_HAS_REVISION: LiteralString = "SELECT to_regclass('public.alembic_version') IS NOT NULL AS has"
_REVISION: LiteralString = "SELECT version_num AS revision FROM public.alembic_version"
_COLUMNS: LiteralString = """
SELECT c.relname AS of, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS needed
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY(%s) AND c.relkind = 'r'
  AND a.attnum > 0 AND NOT a.attisdropped
"""
_FUNCTIONS: LiteralString = """
SELECT proname AS name, md5(prosrc) AS digest FROM pg_proc
WHERE pronamespace = 'public'::regnamespace AND proname = ANY(%s)
"""
# Of each type the first and the last: a shape changes for all events of a type, from some moment on.
_EVENTS: LiteralString = """
SELECT e.stream, e.type, e.data FROM event AS e
JOIN (SELECT tenant, min(position) AS first, max(position) AS last FROM event GROUP BY tenant, type) AS t
  ON t.tenant = e.tenant AND e.position IN (t.first, t.last)
"""
_STATES: LiteralString = """
SELECT DISTINCT ON (tenant, machine, status) stream, status, state::text AS state FROM stream
ORDER BY tenant, machine, status
"""


class Why(StrEnum):
    """What keeps this version from working on a database."""

    BEHIND = "behind"
    """It was not migrated to this version's revision."""
    UNKNOWN = "unknown"
    """Its revision is none that this version knows: a newer version migrated it."""
    OTHER = "other"
    """The revision is right, tables or functions are not: it was made while a migration was still being written."""
    UNREADABLE = "unreadable"
    """Something stands in it that this version cannot read."""


class Unfit(Exception):
    """This version cannot work on a database."""

    def __init__(self, why: Why, held: str | None, needed: str, detail: str = "") -> None:
        """Take the revision that the database holds, the one that is needed, and what differs, if one thing does."""
        super().__init__(f"{why}: revision {held}, needed {needed} {detail}".strip())
        self.why = why
        self.held = held
        self.needed = needed
        self.detail = detail


def config() -> Config:
    """Alembic's settings."""
    made = Config(attributes={})
    made.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return made


@cache
def revisions() -> tuple[str, ...]:
    """Every revision that this version knows, the newest first."""
    return tuple(one.revision for one in ScriptDirectory.from_config(config()).walk_revisions())


async def check_schema(database: Database) -> None:
    """Raise `Unfit` unless the database has this version's schema. Takes the service's connections."""
    async with database.connection(None) as connection:
        has = await (await connection.execute(_HAS_REVISION)).fetchone()
        found = await (await connection.execute(_REVISION)).fetchone() if has and has["has"] else None
        columns = await (await connection.execute(_COLUMNS, (list(metadata.tables),))).fetchall()
        functions = await (await connection.execute(_FUNCTIONS, (list(FUNCTIONS),))).fetchall()
    held = found["revision"] if found else None
    _compare_revision(held)
    _compare_shape(held, columns, functions)


def check_revision(held: str | None) -> None:
    """Raise `Unfit` when a database holds a revision that none of our migrations leads on from."""
    if held is not None and held not in revisions():
        raise Unfit(Why.UNKNOWN, held, revisions()[0])


def check_contents(owner_dsn: str) -> None:
    """Raise `Unfit` unless a migrated database has this version's schema, and holds what this version can read.

    Takes the owner's connection string. A sample is read: of each type of event and each status something, and every
    programme.
    """
    with psycopg.connect(owner_dsn, row_factory=dict_row) as connection:
        has = connection.execute(_HAS_REVISION).fetchone()
        found = connection.execute(_REVISION).fetchone() if has and has["has"] else None
        held = found["revision"] if found else None
        _compare_revision(held)
        columns = connection.execute(_COLUMNS, (list(metadata.tables),)).fetchall()
        _compare_shape(held, columns, connection.execute(_FUNCTIONS, (list(FUNCTIONS),)).fetchall())
        try:
            for row in connection.execute(_EVENTS):
                load_event(machine_for(row["stream"]), row["type"], row["data"])
            for row in connection.execute(_STATES):
                machine_for(row["stream"]).load_state(row["status"], row["state"])
            for row in connection.execute("SELECT body FROM programme"):
                read_programme(row["body"])
        except (Unreadable, Refused) as fault:
            raise unreadable(fault) from fault


def unreadable(fault: Unreadable | Refused) -> Unfit:
    """Return what it means for the whole database that something in it, of this version's schema, cannot be read."""
    return Unfit(Why.UNREADABLE, revisions()[0], revisions()[0], str(fault))


def _compare_revision(held: str | None) -> None:
    check_revision(held)
    if held != revisions()[0]:
        raise Unfit(Why.BEHIND, held, revisions()[0])


def _compare_shape(held: str | None, columns: list[DictRow], functions: list[DictRow]) -> None:
    found = {f"{one['of']}.{one['name']}": (one["type"], one["needed"]) for one in columns}
    found |= {f"{one['name']}()": one["digest"] for one in functions}
    wanted = dict(_declared())
    for name in sorted(found.keys() | wanted.keys()):
        if found.get(name) != wanted.get(name):
            raise Unfit(Why.OTHER, held, revisions()[0], name)


def _declared() -> Iterator[tuple[str, object]]:
    for table in metadata.tables.values():
        for column in table.columns:
            type = column.type.compile(_DIALECT).lower()
            yield f"{table.name}.{column.name}", (type, not column.nullable)
    for name, digest in FUNCTIONS.items():
        yield f"{name}()", digest
