"""Drafts and contents stand beside the events: the one may be lost to nobody, the other erased without a trace lost."""

from __future__ import annotations

import asyncio

import pytest

from domain.canonical import content_digest
from domain.filing import Recall
from domain.ids import SYSTEM, PersonId, StreamId, stream_id
from domain.person import Register
from ledger.contents import Draft, DraftMoved
from tests.conftest import START, Base, Bureau
from tests.ledger.given import School, changed, dump, opened, query, report

STREAM = StreamId("fil-0")
ANNA, BERTA = PersonId("per-anna"), PersonId("per-berta")


async def test_drafts_are_no_events(base: Base, bureau: Bureau) -> None:
    school = await School.founded(bureau)
    stream = await opened(bureau)
    before = dump(base)
    saved = await bureau.ledger.contents.save_draft(bureau.tenant, stream, {"overview": "一"}, school.lead, 0)
    assert saved == Draft({"overview": "一"}, 1, school.lead, START)
    assert await bureau.ledger.contents.draft(bureau.tenant, stream) == saved
    assert changed(before, dump(base)) == {"draft"}
    assert await bureau.ledger.contents.draft(bureau.tenant, STREAM) is None


async def test_a_draft_that_moved_carries_theirs(bureau: Bureau) -> None:
    save = bureau.ledger.contents.save_draft
    first = await save(bureau.tenant, STREAM, {"text": "安娜"}, ANNA, 0)
    second = await save(bureau.tenant, STREAM, {"text": "贝塔"}, BERTA, first.revision)
    assert second.revision == 2
    for expected in (0, 1, 3):
        with pytest.raises(DraftMoved) as moved:
            await save(bureau.tenant, STREAM, {"text": "又是安娜"}, ANNA, expected)
        assert moved.value.draft == second
    assert await bureau.ledger.contents.draft(bureau.tenant, STREAM) == second
    assert (await save(bureau.tenant, STREAM, {"text": "算了"}, ANNA, None)).revision == 3


async def test_many_saving_at_once_lose_nothing_in_silence(bureau: Bureau) -> None:
    async def save(number: int, expected: int) -> Draft | DraftMoved:
        try:
            body = {"text": str(number)}
            return await bureau.ledger.contents.save_draft(bureau.tenant, STREAM, body, ANNA, expected)
        except DraftMoved as moved:
            return moved

    for revision in range(5):
        answers = await asyncio.gather(*(save(number, revision) for number in range(8)))
        (won,) = [one for one in answers if isinstance(one, Draft)]
        assert won.revision == revision + 1
        assert all(one.draft == won for one in answers if isinstance(one, DraftMoved))


async def test_a_submitted_content_is_kept_by_its_digest(base: Base, bureau: Bureau) -> None:
    school = await School.founded(bureau)
    stream = await opened(bureau)
    command = report()
    await bureau.by(school.lead, stream, command)
    digest = content_digest(command.content)
    (event,) = query(base, "SELECT data FROM event WHERE type = 'filing.submitted'")
    assert event["data"]["content"] == digest
    assert "总体平稳" not in str(query(base, "SELECT data FROM event"))
    found = await bureau.ledger.contents.content(bureau.tenant, digest)
    assert found is not None
    assert (found.body, found.erased_at) == (command.content, None)
    assert await bureau.ledger.contents.content(bureau.tenant, "0" * 64) is None


async def test_erasing_leaves_every_proof(base: Base, bureau: Bureau) -> None:
    await (await School.founded(bureau)).history()
    head = (await bureau.ledger.verify(bureau.tenant)).head
    digests = [row["digest"] for row in query(base, "SELECT digest FROM content")]
    assert len(digests) == 5
    for digest in digests:
        assert await bureau.ledger.contents.erase(bureau.tenant, digest)
    assert not await bureau.ledger.contents.erase(bureau.tenant, "0" * 64)
    found = await bureau.ledger.contents.content(bureau.tenant, digests[0])
    assert found is not None
    assert found.body is None
    assert found.erased_at is not None
    after = await bureau.ledger.verify(bureau.tenant)
    assert (after.sound, after.head) == (True, head)
    assert (await bureau.ledger.rebuild_check(bureau.tenant))[1] == ()


async def test_what_was_erased_may_be_handed_in_again(bureau: Bureau) -> None:
    """Somebody of the same name comes; somebody hands in the same text again."""
    school = await School.founded(bureau)
    stream = await opened(bureau)
    await bureau.by(school.lead, stream, report())
    digest = content_digest(report().content)
    await bureau.ledger.contents.erase(bureau.tenant, digest)
    await bureau.by(school.lead, stream, Recall())
    await bureau.by(school.lead, stream, report())
    found = await bureau.ledger.contents.content(bureau.tenant, digest)
    assert found is not None
    assert (found.body, found.erased_at) == (report().content, None)


async def test_erasing_one_person_leaves_another_of_the_same_name(base: Base, bureau: Bureau) -> None:
    for number in "12":
        await bureau.by(SYSTEM, stream_id("person", "p", number), Register(full_name="张伟"))
    one, other = query(base, "SELECT data ->> 'profile' AS digest FROM event WHERE position > 1 ORDER BY position")
    await bureau.ledger.contents.erase(bureau.tenant, one["digest"])
    found = await bureau.ledger.contents.content(bureau.tenant, other["digest"])
    assert found is not None
    assert found.body is not None
