"""Applying the migrations, and creating the least-privileged login that the service uses."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

import psycopg
from alembic import command
from alembic.migration import MigrationContext
from psycopg import sql
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from ledger.fitness import check_revision, config

SERVICE_ROLE = "termledger_service"

WAIT = 10.0
"""Seconds that a migration waits for a lock, unless told otherwise."""


def migrate(owner_dsn: str, *, wait: float = WAIT) -> None:
    """Bring the schema to the newest revision. Takes the owner's connection string; safe to repeat.

    A migration that waits longer than `wait` seconds for a lock gives up with psycopg's LockNotAvailable, so that it
    never queues in front of people's commands. Nothing is done to a database that a newer version migrated: `Unfit`.
    """
    engine = create_engine(make_url(owner_dsn).set(drivername="postgresql+psycopg"))
    settings = config()
    try:
        with engine.connect() as connection:
            connection.execute(text(f"SET lock_timeout = {int(wait * 1000)}"))
            connection.execute(text("SELECT pg_advisory_lock(726521)"))  # one migration at a time, whoever starts it
            connection.commit()
            check_revision(MigrationContext.configure(connection).get_current_revision())
            settings.attributes["connection"] = connection
            command.upgrade(settings, "head")
            connection.commit()
    except OperationalError as fault:
        if isinstance(fault.orig, psycopg.errors.LockNotAvailable):
            raise fault.orig from fault
        raise
    finally:
        engine.dispose()


def ensure_login(owner_dsn: str, login: str, password: str) -> str:
    """Create the service's login, or set its password; return its connection string.

    It may do what the service role may, and nothing else.
    """
    with psycopg.connect(owner_dsn, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (login,)).fetchone()
        verb = sql.SQL("ALTER" if known else "CREATE")
        connection.execute(
            sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}").format(
                verb, sql.Identifier(login), sql.Literal(password)
            )
        )
        connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(SERVICE_ROLE), sql.Identifier(login)))
    owner = urlsplit(owner_dsn)
    return f"postgresql://{quote(login)}:{quote(password)}@{owner.hostname}:{owner.port}{owner.path}"
