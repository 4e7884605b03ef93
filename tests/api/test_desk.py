"""The desk over HTTP: tasks by urgency, notices in two languages, and only one's own are marked as read."""

from __future__ import annotations

from datetime import timedelta

from domain.filing import Return
from tests.api.site import COORDINATOR, LEADER, PRINCIPAL, TEACHER, Site, accepted, is_problem


async def test_tasks_come_most_urgent_first(site: Site) -> None:
    later = await site.filing(due_in=timedelta(days=30))
    sooner = await site.filing(due_in=timedelta(days=3))
    middle = await site.filing("drafting", due_in=timedelta(days=9))
    amending = await site.filing("amending")
    await site.filing("in_review", due_in=timedelta(days=1))
    leader = await site.as_(*LEADER)
    desk = accepted(await leader.get("/tasks"))
    assert [one["stream"] for one in desk["tasks"]] == [sooner, middle, later, amending]
    assert desk["tasks"][-1]["due_at"] is None
    first = desk["tasks"][0]
    assert (first["kind"], first["unit"], first["duty"], first["status"]) == (
        "submit",
        "shiyan-maths",
        "group_plan",
        "open",
    )
    assert desk["now"] == "2026-09-01T02:00:00Z"
    assert len(accepted(await leader.get("/tasks", limit=2))["tasks"]) == 2
    decisions = accepted(await (await site.as_(*COORDINATOR)).get("/tasks"))["tasks"]
    assert [one["kind"] for one in decisions] == ["decide"]
    assert accepted(await (await site.as_("group_leader", "chengguan-maths")).get("/tasks"))["tasks"] == []
    assert accepted(await (await site.as_(*TEACHER)).get("/tasks"))["tasks"] == []


async def test_notices_are_told_in_the_language_asked_for_and_read_by_their_owner_only(site: Site) -> None:
    leader, decider = await site.as_(*LEADER), await site.as_(*COORDINATOR)
    id = await site.filing("in_review", period="2026-09")
    await site.by(COORDINATOR, id, Return(reason="补充日期"))
    english = accepted(await leader.get("/notices"))
    chinese = accepted(await (await site.as_(*LEADER, lang="zh")).get("/notices"))
    texts = {one["id"]: (one["text"], other["text"]) for one, other in zip(english, chinese, strict=True)}
    assert any("was returned. Reason: 补充日期" in en and "已退回，原因：补充日期" in zh for en, zh in texts.values())
    assert all("…" not in text and "notice." not in text for pair in texts.values() for text in pair)
    assert {one["stream"] for one in english} == {id}
    ids = [one["id"] for one in english]
    assert accepted(await decider.post("/notices/read", {"ids": ids})) == {"marked": 0}
    assert all(one["read_at"] is None for one in accepted(await leader.get("/notices")))
    assert accepted(await leader.post("/notices/read", {"ids": ids})) == {"marked": len(ids)}
    assert accepted(await leader.post("/notices/read", {"ids": ids})) == {"marked": 0}
    assert all(one["read_at"] for one in accepted(await leader.get("/notices")))
    assert is_problem(await leader.post("/notices/read", {"ids": ["x"]}), 422)["field"] == "ids.0"
    is_problem(await leader.post("/notices/read", {"ids": ids * 200}), 422, "request_invalid")


async def test_notices_come_newest_first_and_to_who_held_the_post_then(site: Site) -> None:
    principal = await site.as_(*PRINCIPAL)
    assert accepted(await principal.get("/notices")) == []
    await site.filing("second")
    (one,) = accepted(await principal.get("/notices"))
    assert "has reached you" in one["text"]
    late = await site.as_(*PRINCIPAL, "came later")
    assert accepted(await late.get("/notices")) == []
