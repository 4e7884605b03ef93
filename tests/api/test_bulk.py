"""Many filings with one request: a result for each, and nobody decided twice."""

from __future__ import annotations

import asyncio

from domain.filing import ApprovalGiven, FilingReturned, Return
from domain.ids import StreamId
from ledger.tokens import Scope
from tests.api.site import COORDINATOR, LEADER, OFFICE, Json, Site, accepted, is_problem

NOWHERE = StreamId(f"fil-{'0' * 20}")
SECOND = (*COORDINATOR, "second")


def approving(*streams: str, **more: object) -> Json:
    """A request that approves filings as they were just handed in."""
    return {"command": "approve", "items": [{"stream": one, "version": 3} for one in streams], **more}


async def decisions(site: Site, stream: StreamId) -> list[str]:
    """Who agreed to a filing or returned it."""
    events = await site.bureau.ledger.events(site.tenant, stream)
    return [one.actor for one in events if isinstance(one.event, ApprovalGiven | FilingReturned)]


async def test_bulk_approve_and_bulk_return_give_a_result_for_each(site: Site) -> None:
    one, other, elsewhere = [await site.filing("in_review") for _ in range(2)] + [
        await site.filing("in_review", unit="chengguan-maths")
    ]
    moved, judged = await site.filing("in_review"), await site.filing("open")
    await site.by(COORDINATOR, moved, Return(reason="缺日期"))
    decider = await site.as_(*COORDINATOR)
    body = approving(one, moved, elsewhere, NOWHERE, "not an id", other, comment="同意")
    body["items"].append({"stream": judged})
    told = accepted(await decider.post("/filings/bulk", body))
    assert (told["done"], told["refused"]) == (2, 5)
    assert [item["stream"] for item in told["results"]] == [item["stream"] for item in body["items"]]
    assert [item["status"] for item in told["results"]] == [200, 412, 403, 404, 404, 200, 409]
    codes = [item["problem"] and item["problem"]["type"].rpartition(":")[2] for item in told["results"]]
    assert codes == [None, "version_moved", "not_yours", "stream_unknown", "stream_unknown", None, "not_now"]
    assert told["results"][0]["filing"]["status"] == "in_review"
    assert (told["results"][1]["problem"]["version"], told["results"][1]["problem"]["stream_status"]) == (4, "returned")
    assert told["results"][1]["problem"]["instance"] == f"/api/v1/filings/{moved}/approve"
    for stream in (one, other):
        assert await decisions(site, stream) == [decider.person]
    assert await decisions(site, elsewhere) == []

    three = await site.filing("in_review")
    back = {"command": "return", "reason": "请补充日期", "items": [{"stream": three}, {"stream": one}]}
    told = accepted(await decider.post("/filings/bulk", back))
    assert [item["status"] for item in told["results"]] == [200, 403]
    assert told["results"][0]["filing"]["status"] == "returned"


async def test_each_answer_is_what_the_command_alone_would_get(site: Site) -> None:
    streams = [await site.filing(state) for state in ("open", "in_review", "second", "approved", "returned")]
    decider = await site.as_(*COORDINATOR)
    refused = [one for one in streams if one != streams[1]]
    body = {"command": "approve", "items": [{"stream": one, "version": 2} for one in streams]}
    told = accepted(await decider.post("/filings/bulk", body))["results"]
    for item in told:
        alone = await decider.having(if_match='"2"').post(f"/filings/{item['stream']}/approve")
        assert item["problem"] == alone.json()
        assert item["status"] == alone.status_code
    assert len(refused) == 4


async def test_two_who_decide_on_the_same_rows_at_the_same_instant(site: Site) -> None:
    """Each filing is decided once, and each of the two hears of every filing how it went."""
    first, second = await site.as_(*COORDINATOR), await site.as_(*SECOND)
    for _ in range(4):
        streams = [await site.filing("in_review") for _ in range(8)]
        back = {"command": "return", "reason": "请补充", "items": approving(*reversed(streams))["items"]}
        answers = await asyncio.gather(
            first.post("/filings/bulk", approving(*streams)), second.post("/filings/bulk", back)
        )
        results = [{one["stream"]: one for one in accepted(answer)["results"]} for answer in answers]
        for stream in streams:
            (who,) = await decisions(site, stream)
            told = (results[0][stream]["status"], results[1][stream]["status"])
            assert told == ((200, 412) if who == first.person else (412, 200))
    assert (await site.bureau.ledger.verify(site.tenant)).sound


async def test_a_repeat_is_known_by_its_key_and_changes_nothing(site: Site) -> None:
    one, other = await site.filing("in_review"), await site.filing("in_review")
    decider = await site.as_(*COORDINATOR)
    body = {"command": "approve", "items": [{"stream": one, "version": 3, "key": "a"}, {"stream": other, "key": "b"}]}
    accepted(await decider.post("/filings/bulk", body))
    before = await site.written()
    again = accepted(await decider.post("/filings/bulk", body))
    assert [(item["status"], item["filing"]["repeated"]) for item in again["results"]] == [(200, True)] * 2
    # A key is the same key, wherever it was sent.
    alone = accepted(await decider.having(idempotency_key="a").post(f"/filings/{one}/approve"))
    assert alone["repeated"]
    changed = body | {"comment": "改了意见"}
    reused = accepted(await decider.post("/filings/bulk", changed))
    assert [(item["status"], item["problem"]["field"]) for item in reused["results"]] == [(422, "key")] * 2
    assert await site.written() == before

    third = await site.filing("in_review")
    reused = accepted(await decider.post("/filings/bulk", changed | {"items": [*body["items"], {"stream": third}]}))
    assert [item["status"] for item in reused["results"]] == [422, 422, 200]


async def test_one_key_for_the_whole_request(site: Site) -> None:
    streams = [await site.filing("in_review") for _ in range(2)]
    decider = (await site.as_(*COORDINATOR)).having(idempotency_key="whole")
    first = accepted(await decider.post("/filings/bulk", approving(*streams)))
    again = accepted(await decider.post("/filings/bulk", approving(*streams)))
    assert [[item["filing"]["repeated"] for item in told["results"]] for told in (first, again)] == [
        [False] * 2,
        [True] * 2,
    ]


async def test_what_cannot_be_read_is_refused_as_a_whole(site: Site) -> None:
    one = await site.filing("in_review")
    decider, before = await site.as_(*COORDINATOR), await site.written()
    item = {"stream": one, "version": 3}
    for body, field in (
        ({"command": "approve", "items": []}, "items"),
        ({"command": "approve", "items": [{"stream": f"fil-{n:020x}"} for n in range(101)]}, "items"),
        ({"command": "waive", "reason": "x", "items": [item]}, "command"),
        ({"command": "return", "items": [item]}, "reason"),
        ({"command": "return", "reason": " ", "items": [item]}, "reason"),
        ({"command": "return", "reason": "x", "comment": "y", "items": [item]}, "comment"),
        ({"command": "approve", "reason": "x", "items": [item]}, "reason"),
        ({"command": "approve", "items": [item, item]}, "items.1.stream"),
        ({"command": "approve", "items": [item | {"key": "k"}, {"stream": NOWHERE, "key": "k"}]}, "items.1.key"),
        ({"command": "approve", "items": [item | {"version": 0}]}, "items.0.version"),
        ({"command": "approve", "items": [item | {"judgement": "sound"}]}, "items.0.judgement"),
    ):
        assert is_problem(await decider.post("/filings/bulk", body), 422)["field"] == field, body
    assert await site.written() == before


async def test_every_denial_is_logged_once(site: Site) -> None:
    streams = [await site.filing("in_review") for _ in range(3)]
    author, told = await site.as_(*LEADER), len(await site.denials())
    answers = accepted(await author.post("/filings/bulk", approving(*streams)))
    assert [one["status"] for one in answers["results"]] == [403] * 3
    log = [(one["person"], one["stream"], one["action"]) for one in (await site.denials())[told:]]
    assert sorted(log) == sorted((author.person, stream, "approve") for stream in streams)


async def test_the_token_has_to_be_meant_for_acting(site: Site) -> None:
    one = await site.filing("in_review")
    reader = await site.client(await site.person(*COORDINATOR), scopes=[Scope.READ])
    is_problem(await reader.post("/filings/bulk", approving(one)), 403, "token_scope")
    assert await decisions(site, one) == []


async def test_a_stage_that_judges_is_not_approved_in_bulk(site: Site) -> None:
    report = await site.filing("second", duty="stage_report", period="2026-09")
    office = await site.as_(*OFFICE)
    body = {"command": "approve", "items": [{"stream": report}]}
    (told,) = accepted(await office.post("/filings/bulk", body))["results"]
    assert (told["status"], told["problem"]["field"]) == (422, "judgement")
    assert told["problem"]["detail"].startswith("This stage also judges.")
