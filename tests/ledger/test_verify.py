"""Behind the database's back: whatever is altered, the first bad position is named, and why."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
import struct
from datetime import UTC, datetime
from typing import Any, LiteralString

import pytest

from domain.ids import StreamId, TenantId
from domain.programme import Programme
from domain.refusal import Kind, Refused
from ledger import rebuild as rebuild_module
from ledger import verify as verify_module
from ledger.chain import event_digest, event_link, stamp
from ledger.ledger import Ledger
from tests.conftest import START, Base, Bureau
from tests.ledger.given import SCHOOL, School, changed, dump, once, query, spoil, variant

# The history: 1 the programme adopted; 2–4 three people; 5–11 the first filing (opened, submitted, reached, given,
# reached, given, approved); 12 its amendment begun; 13–15 the second filing (opened, submitted, reached); 16 the
# amendment abandoned.
LAST = 16


@pytest.fixture
async def streams(base: Base, bureau: Bureau) -> tuple[StreamId, StreamId]:
    """The history; made once, and put back as it was for each test."""
    return await once(base, "history", School.founded_with_history(bureau))


async def flaw(bureau: Bureau) -> tuple[int, str] | None:
    found = await bureau.ledger.verify(bureau.tenant)
    assert found.sound == (found.flaw is None)
    return None if found.flaw is None else (found.flaw.position, found.flaw.reason)


@pytest.mark.parametrize("page", [1, 2, 7, 16, 2000])
async def test_untouched_is_sound(
    base: Base, bureau: Bureau, streams: tuple[StreamId, StreamId], page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify_module, "PAGE", page)
    seen: list[tuple[int, int]] = []
    before = dump(base)
    found = await bureau.ledger.verify(bureau.tenant, lambda done, size: seen.append((done, size)))
    (tenant,) = query(base, "SELECT link, position FROM tenant")
    assert (found.sound, found.flaw, found.events, found.streams) == (True, None, LAST, 6)
    assert (found.head, tenant["position"]) == (bytes(tenant["link"]).hex(), LAST)
    assert seen[-1] == (LAST, LAST)
    assert changed(before, dump(base)) == set()


async def test_a_new_tenant_is_sound_and_an_unknown_one_is_missing(bureau: Bureau) -> None:
    found = await bureau.ledger.verify(bureau.tenant)
    assert (found.sound, found.events, found.streams) == (True, 1, 1), "what is in force was adopted"
    with pytest.raises(Refused) as refused:
        await bureau.ledger.verify(TenantId("pu-cheng"))
    assert (refused.value.kind, refused.value.code) == (Kind.MISSING, "tenant_unknown")


def test_every_column_of_an_event_is_altered_below(base: Base) -> None:
    rows = query(base, "SELECT column_name FROM information_schema.columns WHERE table_name = 'event'")
    altered = {one.split("SET ")[1].split(" = ")[0] for one, _ in ALTERED}
    assert {row["column_name"] for row in rows} - {"tenant", "position", "command_digest"} == altered


ALTERED: list[tuple[LiteralString, str]] = [
    ("UPDATE event SET actor = 'per-somebody-else' WHERE position = 8", "digest"),
    ("UPDATE event SET on_behalf_of = 'per-somebody' WHERE position = 8", "digest"),
    ("UPDATE event SET happened_at = happened_at - interval '1 microsecond' WHERE position = 8", "digest"),
    ("UPDATE event SET type = 'filing.approved' WHERE position = 8", "digest"),
    ("UPDATE event SET data = jsonb_set(data, '{comment}', '\"不同意\"') WHERE position = 8", "digest"),
    ("UPDATE event SET data = data || '{\"more\": null}' WHERE position = 8", "digest"),
    ("UPDATE event SET data = '{\"comment\": 99999999999999999999}' WHERE position = 8", "digest"),
    ("UPDATE event SET data = '[]' WHERE position = 8", "digest"),
    ("UPDATE event SET programme = repeat('0', 64) WHERE position = 8", "digest"),
    ("UPDATE event SET command_id = gen_random_uuid() WHERE position = 8", "digest"),
    ("UPDATE event SET ordinal = 5 WHERE position = 8", "digest"),
    ("UPDATE event SET hash = 'sm3' WHERE position = 8", "digest"),
    ("UPDATE event SET hash = 'none' WHERE position = 8", "digest"),
    ("UPDATE event SET digest = sha256('x') WHERE position = 8", "digest"),
    ("UPDATE event SET digest = '' WHERE position = 8", "digest"),
    ("UPDATE event SET previous = sha256('x') WHERE position = 8", "previous"),
    ("UPDATE event SET version = 99 WHERE position = 8", "version"),
    ("UPDATE event SET stream = 'fil-0' WHERE position = 8", "version"),
    ("UPDATE event SET recorded_at = recorded_at + interval '1 microsecond' WHERE position = 8", "link"),
    ("UPDATE event SET link = sha256('x') WHERE position = 8", "link"),
    ("UPDATE event SET happened_at = 'infinity' WHERE position = 8", "unreadable"),
    ("UPDATE event SET recorded_at = '-infinity' WHERE position = 8", "unreadable"),
]


async def test_an_altered_column(base: Base, bureau: Bureau, streams: tuple[StreamId, StreamId]) -> None:
    for statement, reason in ALTERED:
        spoil(base, statement)
        assert await flaw(bureau) == (8, reason), statement
        await once(base, "history", School.founded_with_history(bureau))


async def test_an_altered_command_digest(base: Base, bureau: Bureau, streams: tuple[StreamId, StreamId]) -> None:
    """It decides what a repeated command id is answered."""
    spoil(base, "UPDATE event SET command_digest = sha256('x') WHERE position = 8")
    assert await flaw(bureau) == (8, "digest")


CUT: LiteralString = "DELETE FROM event WHERE position = 16"
BACK: LiteralString = """
    UPDATE tenant AS t SET position = e.position, link = e.link FROM event AS e
    WHERE e.tenant = t.tenant AND e.position = 15
"""
BACK_STREAM: LiteralString = """
    UPDATE stream AS s SET version = 8, digest = e.digest FROM event AS e
    WHERE s.stream = e.stream AND e.position = 12
"""
MORE: LiteralString = """
    INSERT INTO stream SELECT tenant, 'fil-0', machine, version, status, state, programme, digest, alarm_at, ended
    FROM stream LIMIT 1
"""
SWAP: LiteralString = """
    UPDATE event AS e SET position = -o.position, link = o.link, recorded_at = o.recorded_at
    FROM event AS o WHERE (e.position, o.position) IN (({0}, {1}), ({1}, {0}))
"""


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        (("DELETE FROM event WHERE position = 6",), (6, "gap")),
        (("DELETE FROM event WHERE position = 1",), (1, "gap")),
        (("DELETE FROM event WHERE position BETWEEN 5 AND 12",), (5, "gap")),
        (  # deleted, and what follows moved up
            ("DELETE FROM event WHERE position = 12", "UPDATE event SET position = 12 WHERE position = 13"),
            (12, "link"),
        ),
        ((CUT,), (16, "tail")),
        ((CUT, BACK), (16, "head")),
        ((CUT, BACK_STREAM), (16, "tail")),
        (("DELETE FROM event",), (1, "tail")),
        ((BACK,), (17, "tail")),
        (("UPDATE tenant SET link = sha256('x')",), (17, "tail")),
        (("UPDATE tenant SET position = 17",), (17, "tail")),
        (("DELETE FROM tenant",), (17, "tail")),
        ((BACK_STREAM,), (17, "head")),
        (("UPDATE stream SET digest = sha256('x') WHERE status = 'in_review'",), (17, "head")),
        (("UPDATE stream SET version = 2 WHERE status = 'in_review'",), (17, "head")),
        (("DELETE FROM stream WHERE status = 'in_review'",), (17, "head")),
        ((MORE,), (17, "head")),
        (("UPDATE stream SET stream = 'fil-0' WHERE status = 'in_review'",), (17, "head")),
    ],
)  # fmt: skip
async def test_something_taken_away(
    base: Base,
    bureau: Bureau,
    streams: tuple[StreamId, StreamId],
    statements: tuple[LiteralString, ...],
    found: tuple[int, str],
) -> None:
    spoil(base, *statements)
    assert await flaw(bureau) == found


@pytest.mark.parametrize(("one", "other"), [(12, 13), (2, 5), (6, 7), (8, 10), (15, 16)])
async def test_two_events_in_the_other_order(
    base: Base, bureau: Bureau, streams: tuple[StreamId, StreamId], one: int, other: int
) -> None:
    """12 and 13, 2 and 5, 15 and 16 are of different streams: only the tenant's chain tells."""
    swap = SWAP.replace("{0}", str(one)).replace("{1}", str(other))
    spoil(base, swap, "UPDATE event SET position = -position WHERE position < 0")
    expected = {(12, 13): "link", (2, 5): "link", (6, 7): "version", (8, 10): "version", (15, 16): "link"}
    assert await flaw(bureau) == (one, expected[one, other])


def copied(position: int, version: str) -> LiteralString:
    """The statement that doubles the last event."""
    return f"""
        INSERT INTO event (tenant, position, stream, version, type, data, actor, on_behalf_of, programme, command_id,
                           ordinal, command_digest, happened_at, recorded_at, hash, previous, digest, link)
        SELECT tenant, {position}, stream, {version}, type, data, actor, on_behalf_of, programme, gen_random_uuid(),
               ordinal, command_digest, happened_at, recorded_at, hash, previous, digest, link
        FROM event WHERE position = 16
    """


@pytest.mark.parametrize(
    ("position", "version", "found"),
    [(17, "version + 1", (17, "previous")), (18, "version + 1", (17, "gap")), (17, "99", (17, "version"))],
)
async def test_a_doubled_event(
    base: Base, bureau: Bureau, streams: tuple[StreamId, StreamId], position: int, version: str, found: tuple[int, str]
) -> None:
    spoil(base, copied(position, version))
    assert await flaw(bureau) == found


@pytest.mark.parametrize("position", [0, -5])
async def test_an_event_before_all_others(
    base: Base, bureau: Bureau, streams: tuple[StreamId, StreamId], position: int
) -> None:
    """It would stand in its stream's history, so the walk must meet it."""
    spoil(base, copied(position, "version + 1"))
    assert len(await bureau.ledger.events(bureau.tenant, streams[0])) == 10
    assert await flaw(bureau) == (1, "gap")


async def test_a_well_made_event_that_nobody_committed(
    base: Base, bureau: Bureau, streams: tuple[StreamId, StreamId]
) -> None:
    """Digest and link are right: the heads do not know of it."""
    (last,) = query(base, "SELECT * FROM event WHERE position = 16")
    forge(
        base,
        bureau.tenant,
        last | {"version": last["version"] + 1, "position": 17},
        bytes(last["digest"]),
        last["link"],
    )
    assert await flaw(bureau) == (18, "tail")


def forge(base: Base, tenant: str, row: dict[str, Any], previous: bytes, link: bytes) -> tuple[bytes, bytes]:
    """Write an event with the digests it should have."""
    signed = {
        "tenant": tenant,
        **{name: row[name] for name in ("stream", "version", "type", "data", "actor", "on_behalf_of", "programme")},
        "command_id": "00000000-0000-0000-0000-000000000000",
        "ordinal": row["ordinal"],
        "happened_at": stamp(row["happened_at"]),
        "command_digest": "",
    }
    digest = event_digest(row["hash"], previous, signed)
    linked = event_link(bytes(link), row["position"], row["recorded_at"], digest)
    query(
        base,
        """INSERT INTO event (tenant, position, stream, version, type, data, actor, programme, command_id, ordinal,
                              command_digest, happened_at, recorded_at, hash, previous, digest, link)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, '00000000-0000-0000-0000-000000000000', %s, '', %s, %s, %s, %s, %s,
                   %s)""",
        tenant, row["position"], row["stream"], row["version"], row["type"], json.dumps(row["data"]), row["actor"],
        row["programme"], row["ordinal"], row["happened_at"], row["recorded_at"], row["hash"], previous, digest, linked,
    )  # fmt: skip
    return digest, linked


async def test_who_rewrites_everything_consistently_is_told_by_the_head_alone(
    base: Base, bureau: Bureau, streams: tuple[StreamId, StreamId]
) -> None:
    """What no ledger can find in itself: that is why the head is to be kept elsewhere."""
    before = await bureau.ledger.verify(bureau.tenant)
    (last,) = query(base, "SELECT * FROM event WHERE position = 16")
    (fifteenth,) = query(base, "SELECT link FROM event WHERE position = 15")
    spoil(base, CUT)
    lie = last | {"actor": "per-somebody-else"}
    digest, link = forge(base, bureau.tenant, lie, bytes(last["previous"]), fifteenth["link"])
    query(base, "UPDATE tenant SET link = %s", link)
    query(base, "UPDATE stream SET digest = %s WHERE stream = %s", digest, last["stream"])
    after = await bureau.ledger.verify(bureau.tenant)
    assert after.sound
    assert after.head != before.head


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE content SET body = jsonb_set(body, '{findings}', '\"很好\"') WHERE body ? 'findings'", (6, "content")),
        ("UPDATE content SET body = jsonb_set(body, '{findings}', '1e400') WHERE body ? 'findings'", (6, "content")),
        ("UPDATE content SET body = NULL WHERE body ? 'findings'", (6, "content")),
        ("UPDATE content SET erased_at = now(), body = '{}' WHERE body ? 'findings'", (6, "content")),
        ("DELETE FROM content WHERE body ? 'findings'", (6, "content")),
        ("UPDATE content SET body = '{\"name\": \"李四\"}' WHERE body ->> 'name' LIKE '%principal'", (3, "content")),
        ("UPDATE programme SET body = jsonb_set(body, '{version}', '2')", (1, "programme")),
    ],
)
async def test_an_altered_content_or_programme(
    base: Base, bureau: Bureau, streams: tuple[StreamId, StreamId], statement: LiteralString, found: tuple[int, str]
) -> None:
    spoil(base, statement)
    assert await flaw(bureau) == found


async def test_the_first_of_two_flaws_is_named(base: Base, bureau: Bureau, streams: tuple[StreamId, StreamId]) -> None:
    spoil(base, ALTERED[0][0], "UPDATE event SET recorded_at = now() WHERE position = 10", CUT)
    assert await flaw(bureau) == (8, "digest")
    spoil(base, "DELETE FROM event WHERE position = 4")
    assert await flaw(bureau) == (4, "gap")


async def test_people_may_go_on_working_meanwhile(
    bureau: Bureau, streams: tuple[StreamId, StreamId], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It sees one moment: what is written between two of its pages is neither a flaw nor counted."""
    monkeypatch.setattr(verify_module, "PAGE", 4)
    monkeypatch.setattr(rebuild_module, "_PAGE", 4)
    working, written = True, asyncio.Event()

    async def work() -> None:
        for number in itertools.count():
            if not working:
                return
            await bureau.person("teacher", "shiyan-maths", str(number))
            written.set()

    workers = [asyncio.create_task(work())]
    counts = []
    for _ in range(3):
        written.clear()
        await asyncio.wait_for(written.wait(), 60)
        found = await bureau.ledger.verify(bureau.tenant)
        assert found.flaw is None
        counts.append(found.events)
        assert (await bureau.ledger.rebuild_check(bureau.tenant))[1] == ()
    working = False
    await asyncio.gather(*workers)
    assert counts == sorted(set(counts))  # there was work in between


async def test_another_tenants_flaw_is_not_ours(
    base: Base, bureau: Bureau, streams: tuple[StreamId, StreamId], small_county: Programme
) -> None:
    other = Bureau(bureau.ledger, TenantId("other"), small_county)
    await bureau.ledger.tenants.adopt(other.tenant, small_county)
    await other.person("office", "pucheng")
    spoil(base, "UPDATE event SET actor = 'x' WHERE tenant = 'other'")
    assert await flaw(bureau) is None
    assert await flaw(other) == (1, "digest")


async def test_sm3(base: Base, ledger: Ledger, small_county: Programme) -> None:
    bureau = Bureau(ledger, TenantId("national"), variant(small_county, hash="sm3"))
    await ledger.tenants.adopt(bureau.tenant, bureau.programme)
    await bureau.at(START)
    await (await School.founded(bureau)).history()
    assert {row["hash"] for row in query(base, "SELECT hash FROM event")} == {"sm3"}
    assert await flaw(bureau) is None
    spoil(base, "UPDATE event SET hash = 'sha256' WHERE position = 8")
    assert await flaw(bureau) == (8, "digest")
    spoil(base, "UPDATE event SET hash = 'sm3' WHERE position = 8", ALTERED[0][0])
    assert await flaw(bureau) == (8, "digest")


async def test_the_formula_as_documented(base: Base, bureau: Bureau, streams: tuple[StreamId, StreamId]) -> None:
    """Computed by hand: hashlib, struct and json alone, so that an auditor needs nothing of ours."""
    before, row = query(base, "SELECT * FROM event WHERE position IN (7, 8) ORDER BY position")
    signed = {
        "tenant": "pucheng",
        "stream": row["stream"],
        "version": 4,
        "type": "filing.approval_given",
        "data": {
            "stage": "principal_signature",
            "capacity": {"role": "principal", "unit": SCHOOL},
            "comment": "同意",
            "judgement": None,
            "completes": True,
            "by_time": False,
            "chosen": {},
        },
        "actor": row["actor"],
        "on_behalf_of": None,
        "programme": row["programme"],
        "command_id": str(row["command_id"]),
        "ordinal": 0,
        "happened_at": "2026-09-01T04:00:00.000000Z",
        "command_digest": bytes(row["command_digest"]).hex(),
    }
    # RFC 8785 of ASCII names, strings, nulls and small integers is this.
    form = json.dumps(signed, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert hashlib.sha256(bytes(before["digest"]) + form).digest() == bytes(row["digest"])

    since = row["recorded_at"] - datetime(2000, 1, 1, tzinfo=UTC)
    micros = (since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds
    said = bytes(before["link"]) + struct.pack(">q", 8) + struct.pack(">q", micros) + bytes(row["digest"])
    assert hashlib.sha256(said).digest() == bytes(row["link"])

    (first,) = query(base, "SELECT previous FROM event WHERE position = 5")
    assert bytes(first["previous"]) == bytes(32)
