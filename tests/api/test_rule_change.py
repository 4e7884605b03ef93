"""Rules that change in mid-flight over the API: a dry run, then each filing's own command."""

from __future__ import annotations

from domain.cycle import DraftCycle
from domain.ids import stream_id
from tests.api.site import OFFICE, Site, accepted
from tests.web.test_rule_change import with_a_look


async def test_dry_run_then_move(site: Site) -> None:
    # The site's filings belong to the year 2026.
    cycle = stream_id("cycle", site.tenant, "2026")
    await site.by(OFFICE, cycle, DraftCycle(school_year=2026))
    filing = await site.filing("in_review")
    digest = await site.bureau.ledger.moves.store(site.tenant, with_a_look(site.bureau.programme))
    office = await site.as_(*OFFICE)
    told = accepted(await office.get(f"/cycles/{cycle}/dry-run", programme=digest))
    assert [one["stream"] for one in told["filings"]] == [filing]
    one = told["filings"][0]
    assert (one["at"], one["may_move"], one["may_go_back_to"]) == (
        ["coordinator_review"],
        True,
        ["look", "coordinator_review"],
    )
    order = {"programme": digest, "choice": "back", "to": "look", "reason": "县局批复"}
    moved = accepted(await office.post(f"/filings/{filing}/move-rules", order))
    assert [visit["stage"] for visit in moved["state"]["visits"]] == ["look"]
    again = accepted(await office.get(f"/cycles/{cycle}/dry-run", programme=digest))
    assert again["filings"] == []
