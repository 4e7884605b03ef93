"""What was true when: a stream at any version, at any time, and in the words of an older release."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb

import domain.machines
from domain.filing import AbandonAmendment, Amend, Approve
from domain.ids import SYSTEM, StreamId
from domain.machine import Appointment, State, Unreadable
from domain.person import Appoint, PersonAppointed, Registered
from domain.refusal import Kind, Refused
from ledger import replay as replay_module
from ledger.chain import event_digest, event_link, stamp
from tests.conftest import START, Base, Bureau
from tests.ledger.given import School, opened, query, report

Seen = list[tuple[datetime, int, State]]


async def lived(bureau: Bureau) -> tuple[StreamId, Seen]:
    """A filing's life, with what everybody saw after each command."""
    school = await School.founded(bureau)
    seen: Seen = []
    stream = await opened(bureau)
    for who, command in (
        (school.lead, report()),
        (school.principal, Approve()),
        (school.office, Approve(comment="收到")),
        (school.lead, Amend(reason="有误")),
        (school.lead, AbandonAmendment()),
    ):
        version, state, _ = await bureau.ledger.head(bureau.tenant, stream)
        seen.append((await bureau.ledger.tenants.now(bureau.tenant), version, state))
        await school.later(hours=5)
        await bureau.by(who, stream, command)
    version, state, _ = await bureau.ledger.head(bureau.tenant, stream)
    seen.append((await bureau.ledger.tenants.now(bureau.tenant), version, state))
    return stream, seen


@pytest.mark.parametrize("page", [1, 2, 1000])
async def test_at_each_version_and_time_it_is_as_it_was_seen(
    bureau: Bureau, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay_module, "PAGE", page)
    stream, seen = await lived(bureau)
    assert [version for _, version, _ in seen] == [1, 3, 5, 7, 8, 9]
    for when, version, state in seen:
        assert await bureau.ledger.state_at(bureau.tenant, stream, version) == (version, state)
        assert await bureau.ledger.state_at(bureau.tenant, stream, when) == (version, state)
        assert await bureau.ledger.state_at(bureau.tenant, stream, when + timedelta(hours=4)) == (version, state)
    assert await bureau.ledger.state_at(bureau.tenant, stream, seen[-1][0] + timedelta(days=900)) == seen[-1][1:]


async def test_the_timeline_is_every_version(bureau: Bureau) -> None:
    stream, seen = await lived(bureau)
    steps = await bureau.ledger.timeline(bureau.tenant, stream)
    assert [event.version for event, _ in steps] == list(range(1, 10))
    for _, version, state in seen:
        assert steps[version - 1][1] == state
    for event, state in steps:
        assert await bureau.ledger.state_at(bureau.tenant, stream, event.version) == (event.version, state)


@pytest.mark.parametrize("page", [1, 2, 3, 9, 1000])
async def test_paging(bureau: Bureau, page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_module, "PAGE", page)
    stream, _ = await lived(bureau)

    async def versions(after: int = 0, limit: int | None = None) -> list[int]:
        return [one.version for one in await bureau.ledger.events(bureau.tenant, stream, after=after, limit=limit)]

    assert await versions() == list(range(1, 10))
    assert await versions(limit=0) == []
    assert await versions(after=9) == await versions(after=100) == []
    for after in range(10):
        for limit in (1, 2, 4, 9, 50):
            assert await versions(after, limit) == list(range(1, 10))[after : after + limit]
    collected: list[int] = []
    while more := await versions(collected[-1] if collected else 0, 4):
        collected += more
    assert collected == list(range(1, 10))


@pytest.mark.parametrize("version", [-1, 0, 10, 2**31, 2**62])
async def test_a_version_that_never_was_is_missing(bureau: Bureau, version: int) -> None:
    stream, _ = await lived(bureau)
    with pytest.raises(Refused) as refused:
        await bureau.ledger.state_at(bureau.tenant, stream, version)
    assert (refused.value.kind, refused.value.code) == (Kind.MISSING, "version_unknown")


async def test_before_it_began_it_is_missing(bureau: Bureau) -> None:
    stream, _ = await lived(bureau)
    with pytest.raises(Refused) as refused:
        await bureau.ledger.state_at(bureau.tenant, stream, START - timedelta(microseconds=1))
    assert (refused.value.kind, refused.value.code) == (Kind.MISSING, "not_yet_begun")
    with pytest.raises(Refused):
        await bureau.ledger.state_at(bureau.tenant, StreamId("fil-00000000000000000000"), START)


def lift_hired(data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """2026.1: the post was written as role@unit, and its first day was called since."""
    role, unit = data["place"].split("@")
    return "person.appointed.v2", {"role": role, "unit": unit, "since": data["since"]}


def lift_appointed(data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """2026.2: flat, and without an id."""
    post = {"id": "old", "role": data["role"], "unit": data["unit"], "first_day": data["since"]}
    return "person.appointed", {"post": post}


def write_old(base: Base, stream: StreamId, type: str, data: dict[str, Any], state: Registered) -> None:
    """Leave behind what an older release left: an event under the name and in the shape of its day."""
    (head,) = query(base, "SELECT tenant, version, digest, programme FROM stream WHERE stream = %s", stream)
    (tenant,) = query(base, "SELECT position, link FROM tenant")
    version, position, id = head["version"] + 1, tenant["position"] + 1, uuid4()
    signed = {
        "tenant": head["tenant"],
        "stream": stream,
        "version": version,
        "type": type,
        "data": data,
        "actor": SYSTEM,
        "on_behalf_of": None,
        "programme": head["programme"],
        "command_id": str(id),
        "ordinal": 0,
        "happened_at": stamp(START),
        "command_digest": "",
    }
    digest = event_digest("sha256", bytes(head["digest"]), signed)
    link = event_link(bytes(tenant["link"]), position, START, digest)
    query(
        base,
        """INSERT INTO event (tenant, position, stream, version, type, data, actor, programme, command_id, ordinal,
                              command_digest, happened_at, recorded_at, hash, previous, digest, link)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, 0, '', %s, %s, 'sha256', %s, %s, %s)""",
        head["tenant"], position, stream, version, type, Jsonb(data), SYSTEM, head["programme"], id, START, START,
        head["digest"], digest, link,
    )  # fmt: skip
    query(base, "UPDATE tenant SET position = %s, link = %s", position, link)
    snapshot = Jsonb(state.model_dump(mode="json"))
    text = "UPDATE stream SET version = %s, digest = %s, state = %s WHERE stream = %s"
    query(base, text, version, digest, snapshot, stream)
    post = state.posts[-1]
    text = "INSERT INTO appointment (tenant, stream, id, role, unit, first_day) VALUES (%s, %s, %s, %s, %s, %s)"
    query(base, text, head["tenant"], stream, post.id, post.role, post.unit, post.first_day)


async def test_an_old_event_is_lifted(base: Base, bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    upcasts = cast(dict[str, Callable[[dict[str, Any]], tuple[str, dict[str, Any]]]], domain.machines.UPCASTS)
    stream = StreamId(await bureau.person("office", "pucheng"))
    _, state, _ = await bureau.ledger.head(bureau.tenant, stream)
    assert isinstance(state, Registered)
    old = Appointment(id="old", role="teacher", unit=bureau.programme.root_path[0], first_day=START.date())
    old = old.model_copy(update={"unit": "shiyan-maths"})
    lifted = state.model_copy(update={"posts": (*state.posts, old)})
    data = {"place": "teacher@shiyan-maths", "since": "2026-09-01"}
    write_old(base, stream, "person.hired", data, lifted)

    with pytest.raises(Unreadable, match=r"^person\.hired$"):
        await bureau.ledger.events(bureau.tenant, stream)
    monkeypatch.setitem(upcasts, "person.hired", lift_hired)
    monkeypatch.setitem(upcasts, "person.appointed.v2", lift_appointed)
    _, event = await bureau.ledger.events(bureau.tenant, stream)
    assert event.event == PersonAppointed(post=old)
    assert await bureau.ledger.state_at(bureau.tenant, stream, 2) == (2, lifted)
    assert (await bureau.ledger.rebuild_check(bureau.tenant))[1] == ()

    post = Appointment(id="new", role="expert", unit=bureau.programme.root_path[0], first_day=START.date())
    outcome = await bureau.by(SYSTEM, stream, Appoint(post=post))
    assert isinstance(outcome.state, Registered)
    assert [one.id for one in outcome.state.posts] == ["1", "old", "new"]
    (row,) = query(base, "SELECT type, data FROM event WHERE version = 2")
    assert row == {"type": "person.hired", "data": data}  # the ledger itself is never touched
    assert (await bureau.ledger.verify(bureau.tenant)).sound
