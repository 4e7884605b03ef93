"""Filings over HTTP: lists, drafts, the way through the stages, conditions and repeats."""

from __future__ import annotations

import asyncio
from datetime import date
from uuid import uuid4

from domain.filing import Approve, AskExtension, Recall, Return, SendCopy, Submit
from domain.ids import StreamId
from domain.machine import Command
from tests.api.site import (
    COORDINATOR,
    DEPUTY,
    DIRECTOR,
    EXPERT,
    LEADER,
    OFFICE,
    PLAN,
    PRINCIPAL,
    TEACHER,
    Json,
    Site,
    accepted,
    is_problem,
)


async def test_from_the_first_draft_to_the_last_approval(site: Site) -> None:
    id = await site.filing()
    author = await site.as_(*LEADER)
    is_problem(await author.get(f"/filings/{id}/draft"), 404, "no_draft")
    saved = await author.put(f"/filings/{id}/draft", {"body": {"analysis": "起了头"}})
    assert accepted(saved)["revision"] == 1
    assert saved.headers["etag"] == '"1"'
    assert accepted(await author.get(f"/filings/{id}"))["status"] == "drafting"
    assert accepted(await author.get(f"/filings/{id}/draft"))["body"] == {"analysis": "起了头"}
    is_problem(await author.post(f"/filings/{id}/submit"), 422, "field_missing")
    assert accepted(await author.get(f"/filings/{id}/draft"))["revision"] == 1
    assert accepted(await author.put(f"/filings/{id}/draft", {"body": PLAN}))["revision"] == 2
    submitted = accepted(await author.post(f"/filings/{id}/submit"))
    assert (submitted["status"], _stages(submitted)) == ("in_review", ["coordinator_review"])
    assert await site.rows("draft") == []
    for who, stage in ((COORDINATOR, "principal_approval"), (PRINCIPAL, "office_filing")):
        answer = accepted(await (await site.as_(*who)).post(f"/filings/{id}/approve", {"comment": "同意"}))
        assert (answer["status"], _stages(answer)) == ("in_review", [stage])
    approved = await (await site.as_(*OFFICE)).post(f"/filings/{id}/approve")
    assert accepted(approved)["status"] == "approved"
    assert approved.headers["etag"] == f'"{approved.json()["version"]}"'
    digest = approved.json()["state"]["in_force"]["content"]
    assert accepted(await author.get(f"/filings/{id}/contents/{digest}"))["body"] == PLAN


def _stages(filing: Json) -> list[str]:
    """The stages that a filing is at."""
    return [visit["stage"] for visit in filing["state"]["visits"]]


async def test_returned_recalled_rejected_waived_amended(site: Site) -> None:
    id = await site.filing("in_review")
    author, decider, principal = await site.as_(*LEADER), await site.as_(*COORDINATOR), await site.as_(*PRINCIPAL)
    assert is_problem(await decider.post(f"/filings/{id}/return"), 422, "request_invalid")["field"] == "reason"
    assert accepted(await decider.post(f"/filings/{id}/return", {"reason": "补充"}))["status"] == "returned"
    assert accepted(await author.post(f"/filings/{id}/submit", {"content": PLAN}))["status"] == "in_review"
    assert accepted(await author.post(f"/filings/{id}/recall"))["status"] == "recalled"
    assert accepted(await author.post(f"/filings/{id}/submit", {"content": PLAN}))["status"] == "in_review"
    assert _stages(accepted(await decider.post(f"/filings/{id}/approve"))) == ["principal_approval"]
    back = {"reason": "请片区再核", "to": "coordinator_review"}
    assert _stages(accepted(await principal.post(f"/filings/{id}/return", back))) == ["coordinator_review"]
    is_problem(await decider.post(f"/filings/{id}/reject", {"reason": "重复"}), 403, "stage_may_not_reject")
    accepted(await decider.post(f"/filings/{id}/approve"))
    assert accepted(await principal.post(f"/filings/{id}/reject", {"reason": "重复"}))["status"] == "rejected"
    is_problem(await author.post(f"/filings/{id}/submit", {"content": PLAN}), 409, "not_now")
    waived = await (await site.as_(*OFFICE)).post(f"/filings/{await site.filing()}/waive", {"reason": "合并"})
    assert accepted(waived)["status"] == "waived"
    other = await site.filing("approved")
    assert accepted(await author.post(f"/filings/{other}/amend", {"reason": "改期"}))["status"] == "amending"
    assert is_problem(await author.post(f"/filings/{other}/submit", {"content": PLAN}), 422)["field"] == "content"
    assert accepted(await author.post(f"/filings/{other}/abandon-amendment"))["status"] == "approved"


async def test_a_draft_goes_over_the_revision_that_was_seen_only(site: Site) -> None:
    id = await site.filing("drafting")
    one, other = await site.as_(*LEADER), await site.as_(*LEADER, "deputy leader")
    accepted(await one.having(if_match='"0"').put(f"/filings/{id}/draft", {"body": {"analysis": "甲"}}))
    accepted(await other.having(if_match='"1"').put(f"/filings/{id}/draft", {"body": {"analysis": "乙"}}))
    moved = await one.having(if_match='"1"').put(f"/filings/{id}/draft", {"body": {"analysis": "丙"}})
    problem = is_problem(moved, 412, "draft_moved")
    assert problem["draft"]["body"] == {"analysis": "乙"}
    assert (problem["draft"]["saved_by"], moved.headers["etag"]) == (other.person, '"2"')
    assert accepted(await one.get(f"/filings/{id}/draft"))["body"] == {"analysis": "乙"}


async def test_a_draft_is_its_authors_and_only_while_they_have_the_filing(site: Site) -> None:
    id = await site.filing("drafting")
    author = await site.as_(*LEADER)
    accepted(await author.put(f"/filings/{id}/draft", {"body": PLAN}))
    reader = await site.as_(*DIRECTOR)
    is_problem(await reader.get(f"/filings/{id}/draft"), 403, "not_author")
    is_problem(await reader.put(f"/filings/{id}/draft", {"body": {}}), 403, "not_author")
    is_problem(await reader.post(f"/filings/{id}/submit"), 403, "not_author")
    assert accepted(await author.get(f"/filings/{id}/draft"))["revision"] == 1
    accepted(await author.post(f"/filings/{id}/submit"))
    for answer in (
        await author.get(f"/filings/{id}/draft"),
        await author.put(f"/filings/{id}/draft", {"body": {}}),
        await author.post(f"/filings/{id}/submit"),
    ):
        is_problem(answer, 409, "not_now")
    assert await site.rows("draft") == []


async def test_handing_in_the_draft_again_under_its_key_gives_the_stored_answer(site: Site) -> None:
    id = await site.filing("drafting")
    author = await site.as_(*LEADER)
    keyed = author.having(idempotency_key="hand-in-1")
    accepted(await author.put(f"/filings/{id}/draft", {"body": PLAN}))
    first = accepted(await keyed.post(f"/filings/{id}/submit"))
    again = accepted(await keyed.post(f"/filings/{id}/submit"))
    assert again == first | {"repeated": True}
    # Returned and begun anew: the old key still stands for the old text, and leaves the new draft alone.
    await site.by(COORDINATOR, id, _return())
    accepted(await author.put(f"/filings/{id}/draft", {"body": PLAN | {"analysis": "改过"}}))
    third = accepted(await keyed.post(f"/filings/{id}/submit"))
    assert (third["repeated"], third["version"], third["permitted"]) == (True, first["version"], [])
    assert accepted(await author.get(f"/filings/{id}/draft"))["body"]["analysis"] == "改过"
    is_problem(await keyed.post(f"/filings/{id}/submit", {"content": PLAN | {"analysis": "另一篇"}}), 422)
    # A key that stood for another command of this filing never hands in a draft.
    recalling = author.having(idempotency_key="recall-1")
    accepted(await author.post(f"/filings/{id}/submit"))
    accepted(await recalling.post(f"/filings/{id}/recall"))
    is_problem(await recalling.post(f"/filings/{id}/submit"), 422, "idempotency_key_reused")


async def test_handing_in_a_text_removes_the_draft_it_replaces(site: Site) -> None:
    id = await site.filing("drafting")
    author = await site.as_(*LEADER)
    accepted(await author.put(f"/filings/{id}/draft", {"body": {"analysis": "旧稿"}}))
    is_problem(await author.post(f"/filings/{id}/submit", {"content": {}}), 422, "field_missing")
    assert len(await site.rows("draft")) == 1
    accepted(await author.post(f"/filings/{id}/submit", {"content": PLAN}))
    assert await site.rows("draft") == []


async def test_lists_are_filtered_and_paged(site: Site) -> None:
    mine = sorted([await site.filing() for _ in range(5)])
    late = await site.filing("in_review", unit="shiyan-english", period="2026-09")
    await site.filing(unit="chengguan-maths")
    reader = await site.as_(*COORDINATOR)
    pages, after = [], ""
    while after is not None:
        page = accepted(await reader.get("/filings", limit=2, after=after))
        pages.append([one["id"] for one in page["items"]])
        after = page["next"]
    assert [id for page in pages for id in page] == sorted([*mine, late])
    assert [len(page) for page in pages] == [2, 2, 2]
    county = await site.as_(*DIRECTOR)
    for wanted, count in (
        ({}, 7),
        ({"unit": "shiyan"}, 6),
        ({"unit": "shiyan-english"}, 1),
        ({"status": "in_review"}, 1),
        ({"period": "2026-09"}, 1),
        ({"duty": "stage_report"}, 0),
        ({"subject": "maths"}, 6),
        ({"late": "true"}, 0),
        ({"late": "false", "status": "open"}, 6),
        ({"unit": "nowhere"}, 0),
    ):
        assert len(accepted(await county.get("/filings", **wanted))["items"]) == count, wanted
    (line,) = accepted(await county.get("/filings", period="2026-09"))["items"]
    assert (line["id"], line["stage"], line["unit"]) == (late, "coordinator_review", "shiyan-english")
    assert "tenant" not in line


async def test_reading_again_what_has_not_changed_costs_nothing(site: Site) -> None:
    id = await site.filing("in_review")
    reader = await site.as_(*DIRECTOR)
    first = await reader.get(f"/filings/{id}")
    etag = first.headers["etag"]
    assert etag == f'"{accepted(first)["version"]}"'
    for tags in (etag, f"W/{etag}", f'"99", {etag}'):
        same = await reader.having(if_none_match=tags).get(f"/filings/{id}")
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", etag)
    await site.by(COORDINATOR, id, _return())
    assert accepted(await reader.having(if_none_match=etag).get(f"/filings/{id}"))["status"] == "returned"


async def test_a_decision_on_a_version_that_moved_is_not_carried_out(site: Site) -> None:
    id = await site.filing("in_review")
    decider = await site.as_(*COORDINATOR)
    seen = (await decider.get(f"/filings/{id}")).headers["etag"]
    await site.by(LEADER, id, _recall())
    await site.by(LEADER, id, _submit())
    moved = await decider.having(if_match=seen).post(f"/filings/{id}/approve")
    problem = is_problem(moved, 412, "version_moved")
    now = accepted(await decider.get(f"/filings/{id}"))
    assert (problem["version"], problem["stream_status"]) == (now["version"], now["status"])
    assert moved.headers["etag"] == f'"{now["version"]}"'
    accepted(await decider.having(if_match=moved.headers["etag"]).post(f"/filings/{id}/approve"))


async def test_of_two_deciders_at_once_one_wins_and_the_other_is_told(site: Site) -> None:
    await site.person(*COORDINATOR, "second")
    ids = [await site.filing("in_review") for _ in range(8)]
    one, other = await site.as_(*COORDINATOR), await site.as_(*COORDINATOR, "second")
    for id in ids:
        answers = await asyncio.gather(
            one.post(f"/filings/{id}/return", {"reason": "甲"}), other.post(f"/filings/{id}/return", {"reason": "乙"})
        )
        won, lost = sorted(answers, key=lambda answer: answer.status_code)
        assert accepted(won)["status"] == "returned"
        assert "returned" in is_problem(lost, 409, "not_now")["detail"].lower()
        events = accepted(await one.get(f"/streams/{id}/events"))["events"]
        assert [event["type"] for event in events].count("filing.returned") == 1


async def test_a_key_stands_for_one_command_of_one_person(site: Site) -> None:
    id = await site.filing("in_review")
    other = await site.filing("in_review")
    key = str(uuid4())
    decider = (await site.as_(*COORDINATOR)).having(idempotency_key=key)
    first = accepted(await decider.post(f"/filings/{id}/approve", {"comment": "同意"}))
    before = await site.written()
    assert accepted(await decider.post(f"/filings/{id}/approve", {"comment": "同意"})) == first | {"repeated": True}
    for path, body in (
        (f"/filings/{id}/approve", {"comment": "不同"}),
        (f"/filings/{other}/approve", {"comment": "同意"}),
        (f"/filings/{id}/return", {"reason": "同意"}),
    ):
        problem = is_problem(await decider.post(path, body), 422, "idempotency_key_reused")
        assert problem["field"] == "Idempotency-Key"
    assert await site.written() == before
    # The same key of somebody else is another command.
    principal = (await site.as_(*PRINCIPAL)).having(idempotency_key=key)
    assert accepted(await principal.post(f"/filings/{id}/approve", {"comment": "同意"}))["repeated"] is False


async def test_many_repeats_at_once_are_carried_out_once(site: Site) -> None:
    id = await site.filing("in_review")
    decider = (await site.as_(*COORDINATOR)).having(idempotency_key="at-once")
    answers = await asyncio.gather(*(decider.post(f"/filings/{id}/approve") for _ in range(8)))
    bodies: list[Json] = [accepted(one) for one in answers]
    assert sorted(body["repeated"] for body in bodies) == [False] + [True] * 7
    assert len({body["version"] for body in bodies}) == 1


async def test_what_is_permitted_is_what_succeeds(site: Site) -> None:
    """Every button the API offers works, and every other one is refused."""
    expert, deputy, successor = [str(await site.person(*who)) for who in (EXPERT, DEPUTY, DIRECTOR)]
    bodies: dict[str, Json] = {
        "begin_draft": {},
        "submit": {"content": PLAN | {"analysis": "改过"}},
        "approve": {},
        "return": {"reason": "补充"},
        "reject": {"reason": "重复"},
        "recall": {},
        "waive": {"reason": "合并"},
        "amend": {"reason": "改期"},
        "abandon_amendment": {},
        "comment": {"text": "请补充分工"},
        "transfer": {"to": expert, "reason": "出差"},
        "add_signer": {"people": [expert], "where": "beside", "reason": "涉及经费"},
        "assign": {"people": [deputy], "reason": "无人审批"},
        "copy": {"people": [successor]},
        "mark_read": {},
        "urge": {},
        "void": {"reason": "撤并"},
        "ask_extension": {"until": "2026-11-30", "reason": "停课"},
        "grant_extension": {},
        "refuse_extension": {"reason": "时间足够"},
        "agree_recall": {},
        "refuse_recall": {"reason": "已上会"},
    }
    asked: dict[str, tuple[str, list[tuple[tuple[str, str], Command]]]] = {
        "copied": ("in_review", [(LEADER, SendCopy(people=(await site.person(*OFFICE),)))]),
        "extension asked": ("open", [(LEADER, AskExtension(until=date(2026, 11, 30), reason="停课"))]),
        "recall asked": ("in_review", [(COORDINATOR, Approve()), (LEADER, Recall())]),
    }

    async def brought(state: str) -> StreamId:
        usual, orders = asked.get(state, (state, []))
        id = await site.filing(usual)
        for who, order in orders:
            await site.by(who, id, order)
        return id

    offered = set()
    usual = ("open", "drafting", "in_review", "second", "returned", "recalled", "approved", "amending", "amended")
    for state in (*usual, *asked):
        id = await brought(state)
        for who in (LEADER, COORDINATOR, PRINCIPAL, OFFICE, TEACHER):
            caller = await site.as_(*who)
            seen = await caller.get(f"/filings/{id}")
            if who == TEACHER:
                is_problem(seen, 403, "not_yours")
            permitted = set(seen.json().get("permitted", []))
            for name, body in bodies.items():
                answer = await caller.post(f"/filings/{id}/{name.replace('_', '-')}", body)
                if name in permitted:
                    accepted(answer)
                    id = await brought(state)
                else:
                    assert answer.status_code in (403, 409), (state, who, name, answer.text)
            offered |= permitted
    # To move what is in flight to other rules takes a second version of them; it is tested with those.
    assert offered - {"move_rules"} == set(bodies)


def _return() -> Return:
    return Return(reason="补充")


def _recall() -> Recall:
    return Recall()


def _submit() -> Submit:
    return Submit(content=PLAN)
