"""`make screenshots`: pictures of every page, for people to look at; with `--readme`, the few that the README shows."""

from __future__ import annotations

import asyncio
import io
import secrets
import sys
import tempfile
from pathlib import Path

import psycopg
from PIL import Image
from playwright.async_api import FloatRect
from psycopg import sql

import programmes
from deploy.postgres import Postgres
from domain.programme_check import load
from ledger.migrate import ensure_login, migrate
from tests.conftest import Base
from tests.e2e.pages import PAGES
from tests.e2e.stage import Stage, staged
from tests.e2e.window import Lang, chromium, window
from workflows.rehearsal.driver import narrowed

LOOKS: tuple[tuple[Lang, bool, bool], ...] = (
    ("zh", True, False),
    ("zh", False, False),
    ("zh", True, True),
    ("zh", False, True),
    ("en", True, False),
    ("en", False, False),
    ("en", True, True),
    ("en", False, True),
)
"""Language, phone, dark."""


README: tuple[tuple[str, str, Lang, bool, int], ...] = (
    ("desk-phone", "desk-group-leader", "zh", True, 900),
    ("form-phone", "filing-form", "zh", True, 900),
    ("scoring-phone", "scoring", "zh", True, 900),
    ("filing", "filing-approved", "zh", False, 900),
    ("board", "board-office", "zh", False, 900),
    ("audit", "audit-then", "en", False, 900),
)
"""The README's pictures: name, page, language, phone, and how much of the page is shown (pixels from the top)."""


async def readme_pictures(stage: Stage, folder: Path) -> int:
    """Take the README's pictures, with few colours: they are kept in the repository."""
    pages = {one.name: one for one in PAGES}
    async with chromium() as browser:
        for name, shown, lang, phone, height in README:
            async with window(browser, stage, pages[shown].login, phone=phone, lang=lang) as person:
                await person.go(await pages[shown].where(stage))
                width = person.page.viewport_size["width"] if person.page.viewport_size else 0
                clip: FloatRect = {"x": 0, "y": 0, "width": width, "height": height}
                taken = await person.page.screenshot(clip=clip, full_page=True)
                Image.open(io.BytesIO(taken)).quantize(64).save(folder / f"{name}.png", optimize=True)
    return len(README)


async def pictures(stage: Stage, folder: Path) -> int:
    """Take every page in every look; returns how many pictures there are."""
    taken = 0
    async with chromium() as browser:
        for lang, phone, dark in LOOKS:
            for login in dict.fromkeys(one.login for one in PAGES):
                async with window(browser, stage, login, phone=phone, lang=lang, dark=dark) as person:
                    for shown in [one for one in PAGES if one.login == login]:
                        await person.go(await shown.where(stage))
                        name = f"{shown.name}-{lang}-{'phone' if phone else 'pc'}{'-dark' if dark else ''}.png"
                        await person.page.screenshot(path=folder / name, full_page=True)
                        taken += 1
    return taken


async def main(folder: Path, readme: bool) -> None:
    """Rehearse two clusters of the county and take the pictures."""
    with (
        tempfile.TemporaryDirectory(prefix="termledger-pictures-") as scratch,
        Postgres(Path(scratch) / "pg") as server,
    ):
        base = _database(server)
        async with staged(base, Path(scratch), narrowed(load(programmes.text("pucheng-county")), 2)) as stage:
            taken = await (readme_pictures if readme else pictures)(stage, folder)
    sys.stdout.write(f"{taken} pictures in {folder}\n")


def _database(postgres: Postgres) -> Base:
    owner = postgres.dsn("pictures")
    with psycopg.connect(postgres.dsn("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE pictures"))
    migrate(owner)
    return Base(owner, ensure_login(owner, "termledger_app", secrets.token_hex(16)))


if __name__ == "__main__":
    wanted = Path(sys.argv[1])
    wanted.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(wanted, readme="--readme" in sys.argv))
