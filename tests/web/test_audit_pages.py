"""Audit over real HTTP: a past that can be replayed, proved and printed; what was forged shows; who may look."""

from __future__ import annotations

from tests.web.conftest import Web

DIRECTOR = ("director", "pucheng")
ADMIN = ("admin", "pucheng")


async def test_smoke(web: Web) -> None:
    filing = await web.site.filing("amended")
    admin = await web.signed_in(*ADMIN)
    for path in (
        "/audit",
        "/audit?q=计划",
        "/audit/events",
        "/audit/verify",
        "/audit/denials",
        "/audit/sign-ins",
        f"/audit/{filing}",
        f"/audit/{filing}?version=2",
        f"/audit/{filing}/sheet",
        f"/audit/{filing}/events.json",
        f"/audit/{filing}/events.csv",
        f"/audit/{filing}?at=2026-09-01",
    ):
        page = await admin.get(path)

        assert page.status == 200, page.text
