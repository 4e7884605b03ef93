"""The audit side over HTTP: events, past states, contents, verification, and what stays out of the county's sight."""

from __future__ import annotations

from datetime import timedelta

from domain.filing import Submit
from tests.api.site import (
    COORDINATOR,
    DEPUTY,
    DIRECTOR,
    LEADER,
    OFFICE,
    PERSONAL,
    PLAN,
    TEACHER,
    Site,
    accepted,
    is_problem,
)
from tests.conftest import START


async def test_events_are_paged_and_complete(site: Site) -> None:
    id = await site.filing("approved")
    reader = await site.as_(*DIRECTOR)
    whole = accepted(await reader.get(f"/streams/{id}/events"))
    assert whole["next"] is None
    found, after = [], 0
    while after is not None:
        page = accepted(await reader.get(f"/streams/{id}/events", after=after, limit=2))
        assert len(page["events"]) <= 2
        found += page["events"]
        after = page["next"]
    assert found == whole["events"]
    assert [one["version"] for one in found] == list(range(1, len(found) + 1))
    assert (found[0]["type"], found[-1]["type"]) == ("filing.opened", "filing.approved")
    assert found[1]["actor"] == await site.person(*LEADER)
    assert {len(one["digest"]) for one in found} == {64}
    assert "单元整体教学" not in str(found), "contents stand beside the events, not in them"


async def test_a_state_at_a_version_and_at_a_time(site: Site) -> None:
    id = await site.filing("open")
    reader = await site.as_(*DIRECTOR)
    await site.bureau.at(START + timedelta(hours=2))
    await site.by(LEADER, id, Submit(content=PLAN))
    for asked, version, status in (
        ({"version": 1}, 1, "open"),
        ({"version": 3}, 3, "in_review"),
        ({"at": "2026-09-01T10:00:00+08:00"}, 1, "open"),
        ({"at": "2026-09-01T11:59:59+08:00"}, 1, "open"),
        ({"at": "2026-09-01T04:00:00Z"}, 3, "in_review"),
    ):
        answer = await reader.get(f"/streams/{id}/state", **asked)
        then = accepted(answer)
        assert (then["version"], then["status"], answer.headers["etag"]) == (version, status, f'"{version}"'), asked
    is_problem(await reader.get(f"/streams/{id}/state", version=4), 404, "version_unknown")
    is_problem(await reader.get(f"/streams/{id}/state", at="2026-09-01T09:59:59+08:00"), 404, "not_yet_begun")


async def test_contents_are_for_readers_of_their_own_filing(site: Site) -> None:
    id, other = await site.filing("in_review"), await site.filing("open")
    reader = await site.as_(*DIRECTOR)
    (revision,) = accepted(await reader.get(f"/filings/{id}"))["state"]["revisions"]
    digest = revision["content"]
    stored = accepted(await reader.get(f"/filings/{id}/contents/{digest}"))
    assert (stored["body"], stored["erased_at"]) == (PLAN, None)
    stranger = await site.as_("group_leader", "chengguan-maths")
    is_problem(await stranger.get(f"/filings/{id}/contents/{digest}"), 403, "not_yours")
    # Nobody reaches a content through a filing it does not belong to, not even their own.
    is_problem(await reader.get(f"/filings/{other}/contents/{digest}"), 404, "content_unknown")
    own = await site.filing("open", unit="chengguan-maths")
    is_problem(await stranger.get(f"/filings/{own}/contents/{digest}"), 404, "content_unknown")
    await site.bureau.ledger.contents.erase(site.tenant, digest)
    erased = accepted(await reader.get(f"/filings/{id}/contents/{digest}"))
    assert erased["body"] is None
    assert erased["erased_at"]


async def test_personal_plans_stay_in_the_cluster(site: Site) -> None:
    teacher = await site.as_(*TEACHER)
    id = await site.filing("in_review", "personal_plan", person=teacher.person)
    (revision,) = accepted(await teacher.get(f"/filings/{id}"))["state"]["revisions"]
    paths = (
        f"/filings/{id}",
        f"/streams/{id}/events",
        f"/streams/{id}/state?version=1",
        f"/filings/{id}/contents/{revision['content']}",
    )
    for who in (LEADER, COORDINATOR):
        caller = await site.as_(*who)
        for path in paths:
            accepted(await caller.get(path))
        assert [one["id"] for one in accepted(await caller.get("/filings"))["items"]] == [id]
    assert accepted(await teacher.get(paths[-1]))["body"] == PERSONAL
    for who in (DIRECTOR, DEPUTY, OFFICE, ("coordinator", "chengguan"), ("teacher", "shiyan-english")):
        caller = await site.as_(*who)
        for path in paths:
            is_problem(await caller.get(path), 403, "not_yours")
        assert accepted(await caller.get("/filings"))["items"] == []
    is_problem(await (await site.as_(*OFFICE)).post(f"/filings/{id}/waive", {"reason": "x"}), 403, "not_yours")


async def test_only_auditors_verify_and_a_forged_event_is_found(site: Site) -> None:
    await site.filing("approved")
    auditor = await site.as_(*DIRECTOR)
    found = accepted(await auditor.post("/verify"))
    assert (found["sound"], found["flaw"]) == (True, None)
    assert found["events"] == (await site.bureau.ledger.tenants.positions())[site.tenant]
    office = await site.as_(*OFFICE)
    assert "audit" in is_problem(await office.post("/verify"), 403, "right_missing")["detail"]
    await site.forge(
        "UPDATE event SET data = data || '{\"revision\": 7}' WHERE type = 'filing.submitted' AND tenant = %s"
    )
    forged = accepted(await auditor.post("/verify"))
    assert forged["sound"] is False
    assert forged["flaw"]["reason"] == "digest"
