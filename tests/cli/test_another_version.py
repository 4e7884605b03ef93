"""Commands on a database that another version made end in a sentence that says what to do."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner, Result

from cli.connection import Address, write_private
from cli.main import app
from ledger.fitness import revisions
from tests.conftest import Base, Bureau

NEWEST = revisions()[0]


async def termledger(base: Base, *words: str, lang: str = "en") -> Result:
    environment = {
        "TERMLEDGER_DSN": base.service,
        "TERMLEDGER_OWNER_DSN": base.owner,
        "TERMLEDGER_LANG": lang,
        "COLUMNS": "200",
    }
    # The command runs an event loop of its own.
    return await asyncio.to_thread(lambda: CliRunner().invoke(app, list(words), env=environment))


def held(base: Base, revision: str) -> None:
    with psycopg.connect(base.owner) as connection:
        connection.execute("UPDATE alembic_version SET version_num = %s", (revision,))


@pytest.mark.parametrize("command", ["verify", "api", "worker"])
async def test_an_earlier_schema_asks_for_a_migration(base: Base, command: str) -> None:
    held(base, "0005")
    english, chinese = await termledger(base, command), await termledger(base, command, lang="zh")
    assert (english.exit_code, english.stdout) == (2, "")
    assert english.stderr == (
        f"The database is of an earlier version (schema 0005; this Termledger needs {NEWEST}). "
        "Run termledger migrate first.\n"
    )
    assert chinese.stderr == (
        f"数据库是旧版本的（结构版本 0005，本程序需要 {NEWEST}）。请先运行 termledger migrate。\n"
    )


async def test_a_newer_schema_is_left_alone(base: Base) -> None:
    held(base, "9999")
    for command in ("migrate", "verify"):
        done = await termledger(base, command)
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr == (
            f"The database is of another, newer version (schema 9999; this Termledger knows up to {NEWEST}). "
            "Use the version that made it, or an empty database.\n"
        )


async def test_what_to_do_depends_on_whose_folder_it_is(base: Base, tmp_path: Path) -> None:
    address = Address(dsn=base.service, temporal="", temporal_ui=None, api="http://127.0.0.1:1", totp_keys=tmp_path)
    write_private(tmp_path / "address.json", address.model_dump_json())
    words = ("verify", "--data", str(tmp_path))
    held(base, "0005")
    behind = await termledger(base, *words)
    assert f"run termledger up --data {tmp_path} again" in behind.stderr
    held(base, "9999")
    ours = await termledger(base, *words)
    assert ours.stderr.startswith(f"The data in {tmp_path} is of another, newer version (schema 9999;")
    assert "delete" not in ours.stderr, "nobody is told to delete a bureau's ledger"
    (tmp_path / "rehearsal.json").touch()
    demo = await termledger(base, *words, lang="zh")
    assert "请删除该目录再运行，或用 --data 另选目录" in demo.stderr


async def test_an_event_that_cannot_be_read(base: Base, bureau: Bureau) -> None:
    person = await bureau.person("office", "pucheng")
    with psycopg.connect(base.owner) as connection:
        connection.execute("ALTER TABLE event DISABLE TRIGGER event_only_grows")
        connection.execute("UPDATE event SET data = '{}' WHERE stream = %s", (person,))
    for words in (("replay", person), ("rebuild", "--check")):
        done = await termledger(base, *words)
        assert (done.exit_code, done.stderr.splitlines()) == (
            2,
            [
                "The database was written by another version of Termledger: this one cannot read person.registered "
                "in it. Use the version that made it, or an empty database."
            ],
        )


async def test_migrating_what_is_not_there(base: Base) -> None:
    nowhere = Base(owner="postgresql://nobody@127.0.0.1:1/none", service=base.service)
    done = await termledger(nowhere, "migrate")
    assert (done.exit_code, len(done.stderr.splitlines())) == (3, 1)
    assert done.stderr.startswith("The database cannot be reached; check TERMLEDGER_OWNER_DSN: connection failed")
