"""Health, metrics, and the database away: 503 with Retry-After, then on again without a restart; no secret told."""

from __future__ import annotations

import logging
import re
import secrets
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from api.app import create_app
from deploy.postgres import Postgres
from domain.ids import TenantId
from domain.programme import Programme
from ledger.ledger import Ledger
from ledger.migrate import ensure_login, migrate
from tests.api.site import COORDINATOR, LEADER, PLAN, Running, Site, accepted, is_problem, serving, settings
from tests.conftest import START, Base, Bureau


async def test_without_temporal_everything_works_and_reminders_wait(site: Site) -> None:
    assert accepted(await site.http.get("/health/live")) == {"status": "live"}
    id = await site.filing()
    accepted(await (await site.as_(*LEADER)).post(f"/filings/{id}/submit", {"content": PLAN}))
    accepted(await (await site.as_(*COORDINATOR)).post(f"/filings/{id}/approve"))
    ready = accepted(await site.http.get("/health/ready"))
    assert (ready["status"], ready["missing"], ready["reminders"]) == ("degraded", ["temporal"], "waiting")
    assert ready["waiting"]["outbox"] > 0


async def test_metrics_count_commands_by_outcome(site: Site) -> None:
    id = await site.filing("in_review")
    before = _metrics(await site.http.get("/metrics"))
    decider = (await site.as_(*COORDINATOR)).having(idempotency_key="metrics")
    accepted(await decider.post(f"/filings/{id}/approve"))
    accepted(await decider.post(f"/filings/{id}/approve"))
    is_problem(await (await site.as_(*LEADER)).post(f"/filings/{id}/approve"), 403)
    after = _metrics(await site.http.get("/metrics"))
    for outcome in ("accepted", "repeated", "forbidden"):
        name = f'termledger_commands_total{{command="approve",machine="filing",outcome="{outcome}"}}'
        assert after[name] == before.get(name, 0) + 1, outcome
    events = (await site.bureau.ledger.tenants.positions())[site.tenant]
    assert after[f'termledger_events{{tenant="{site.tenant}"}}'] == events
    assert after["termledger_outbox_waiting"] > 0


def _metrics(answer: httpx.Response) -> dict[str, float]:
    assert answer.status_code == 200
    lines = (line for line in answer.text.splitlines() if line and not line.startswith("#"))
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


async def test_the_database_goes_and_comes_back(two_clusters: Programme, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.INFO, "asyncio")
    with tempfile.TemporaryDirectory(prefix="termledger-test-") as folder, Postgres(Path(folder) / "pg") as postgres:
        owner, password = postgres.dsn("postgres"), secrets.token_hex(16)
        migrate(owner)
        base = Base(owner, ensure_login(owner, "termledger_app", password))
        chosen = settings(base)
        app = create_app(chosen)
        async with (
            Ledger.connect(base.service, size=2) as ledger,
            serving(app) as url,
            httpx.AsyncClient(base_url=url, timeout=30) as http,
        ):
            bureau = Bureau(ledger, TenantId("pucheng"), two_clusters)
            await ledger.tenants.adopt(bureau.tenant, two_clusters)
            await ledger.tenants.freeze_clock(bureau.tenant, START)
            site = Site(Running(app, http, ledger, chosen, base), bureau)
            id, author = await site.filing(), (await site.as_(*LEADER)).having(idempotency_key="through the storm")
            accepted(await author.get(f"/filings/{id}"))
            postgres.stop("immediate")
            answers = [
                await author.post(f"/filings/{id}/submit", {"content": PLAN}),
                await author.get(f"/filings/{id}"),
            ]
            for answer in answers:
                is_problem(answer, 503, "database_away")
                assert int(answer.headers["retry-after"]) > 0
            ready = await http.get("/health/ready")
            assert (ready.status_code, ready.json()["missing"]) == (503, ["database", "temporal"])
            assert ready.json()["status"] == "unready"
            assert (await http.get("/health/live")).status_code == 200
            assert "termledger_commands_total" in (await http.get("/metrics")).text
            postgres.start()
            # Whoever retries as told, with the same key, gets through: no restart, and nothing twice.
            with_patience = [await author.post(f"/filings/{id}/submit", {"content": PLAN}) for _ in range(3)]
            assert [one.status_code for one in with_patience][-1] == 200, with_patience[-1].text
            assert accepted(await author.get(f"/filings/{id}"))["version"] == 3
            assert (await http.get("/health/ready")).json()["status"] == "degraded"
            told = caplog.text + "".join(one.text for one in answers) + ready.text
            owners = urlsplit(owner).password
            assert owners is not None
            for secret in (password, owners, str(author.token)):
                assert secret not in told
            assert not re.search(r"postgresql://\S+:\S+@", told)


def test_secrets_are_not_printed_with_the_settings(base: Base) -> None:
    chosen = settings(base)
    shown = f"{chosen!r} {chosen} {chosen.model_dump()}"
    assert str(urlsplit(base.service).password) not in shown


def test_the_service_may_not_touch_events(base: Base) -> None:
    with psycopg.connect(base.service) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("DELETE FROM event")
