"""Lists show nobody what they may not read, leave out nothing, and ask the database once."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any, LiteralString

import pytest
from psycopg import sql
from sqlalchemy.sql import ClauseElement

from domain.access import Actor, Held, may_look, may_read
from domain.cycle import DraftCycle, Publish
from domain.filing import FILING, Amend, Approve, Escalate, Filing, InReview, Open, OpenFiling, Recall, Return, Waive
from domain.follow_up import OpenFollowUp
from domain.ids import SYSTEM, PersonId, StreamId, TenantId, UnitId, stream_id
from domain.inspection import Assign, PlanInspection
from domain.machine import Appointment
from domain.machines import MACHINES, machine_for
from domain.person import Register
from domain.programme import Programme, Right, Unit, UnitKind
from domain.units import path_of
from ledger import database as database_module
from ledger.database import Connection, Database
from ledger.ledger import Ledger
from ledger.lists import Counts, ItemFilter, Order
from ledger.order import Outcome
from tests.conftest import START, Base, Bureau
from tests.ledger.given import (
    CYCLE,
    DUE,
    GROUP,
    SCHOOL,
    School,
    filing_id,
    ids,
    once,
    opened,
    opening,
    order,
    plan,
    query,
    report,
    variant,
)
from tests.ledger.proxy import Wire

LISTED = ("cycle", "filing", "inspection", "follow_up")


def actor_of(programme: Programme, person: str, *posts: tuple[str, str]) -> Actor:
    """Somebody with posts, as `Ledger.actor` returns them."""
    held = tuple(
        Held(role, UnitId(unit), path_of(programme, UnitId(unit)), programme.role_by_id[role].rights)
        for role, unit in posts
    )
    return Actor(PersonId(person), held)


def all_posts(programme: Programme) -> list[tuple[str, str]]:
    return [
        (role.id, unit.id) for unit in programme.all_units.values() for role in programme.roles if unit.kind in role.at
    ]


async def crowded(bureau: Bureau) -> list[PersonId]:
    """Many people, and streams of every kind, at every stage a few commands lead to."""
    school = await School.founded(bureau)
    for command in (DraftCycle(school_year=2026), Publish()):
        await bureau.by(school.office, CYCLE, command)
    programme, rng = bureau.programme, random.Random(1)
    people = [PersonId(stream_id("person", "pucheng", "crowd", str(number))) for number in range(30)]
    orders = []
    for number, person in enumerate(people):
        chosen = rng.sample(all_posts(programme), rng.choice((1, 1, 2, 3)))
        posts = tuple(
            Appointment(id=str(n), role=role, unit=UnitId(unit), first_day=START.date())
            for n, (role, unit) in enumerate(chosen)
        )
        orders.append(order(bureau, person, Register(full_name=f"教师{number}", posts=posts)))
    for duty in programme.duties:
        for unit in programme.all_units.values():
            owners: list[PersonId | None] = [*rng.sample(people, 4)] if duty.stays_in else [None]
            for owner in owners if unit.kind is duty.owed_by.scope else ():
                owed = opening(duty.id, unit.id, "2026-autumn", owner)
                orders.append(order(bureau, filing_id("pucheng", owed), owed))
    experts = [await bureau.person("expert", "pucheng", f"expert{number}") for number in range(4)]
    assigned: list[tuple[StreamId, Assign]] = []
    for unit in programme.all_units.values():
        if unit.kind is UnitKind.CLUSTER:
            for rules in ("special", "year_end"):
                visit = PlanInspection(
                    cycle=CYCLE, rules=rules, period="2026", unit=UnitId(unit.id), due_at=DUE, remind_at=None
                )
                visited = stream_id("inspection", unit.id, rules)
                orders.append(order(bureau, visited, visit))
                panel = rng.sample(experts, 2 if rules == "special" else 3)
                assigned.append((visited, Assign(inspectors=tuple(panel))))
            for rules in ("commendation", "assistance", "rectification"):
                after = OpenFollowUp(cycle=CYCLE, rules=rules, unit=UnitId(unit.id), cause="x")
                orders.append(order(bureau, stream_id("follow_up", unit.id, rules), after))
    assert all(isinstance(one, Outcome) for one in await bureau.ledger.execute_many(orders))
    for visited, named in assigned:
        await bureau.by(school.office, visited, named)
    await _onwards(bureau, school, rng, sorted(one.stream for one in orders if isinstance(one.command, OpenFiling)))
    return [*people, *experts]


async def _onwards(bureau: Bureau, school: School, rng: random.Random, streams: list[StreamId]) -> None:
    stream = filing_id("pucheng", opening("quality_report", SCHOOL))
    await bureau.by(school.lead, stream, report())
    await bureau.by(school.principal, stream, Approve())
    for stream in rng.sample(streams, len(streams) // 2):
        _, state, _ = await bureau.ledger.head(bureau.tenant, stream)
        assert isinstance(state, Filing)
        if FILING.is_end(state):
            continue
        if state.person is not None and state.document == "personal_plan":
            await bureau.by(state.person, stream, plan())
        elif state.person is None and isinstance(state, Open) and rng.random() < 0.3:
            await bureau.by(school.office, stream, Waive(reason="停课"))


@pytest.fixture
async def people(base: Base, bureau: Bureau) -> list[PersonId]:
    return await once(base, "crowded", crowded(bureau))


async def everything(
    bureau: Bureau, machine: str, actor: Actor, limit: int, wanted: ItemFilter | None = None
) -> list[str]:
    """Page through a list to its end."""
    found: list[str] = []
    after, pages = "", 0
    while True:
        page = await bureau.ledger.lists.items(
            bureau.tenant, machine, actor, bureau.programme, wanted or ItemFilter(), after=after, limit=limit
        )
        found += ids(page.rows)
        pages += 1
        assert len(page.rows) <= limit
        if page.next is None:
            assert pages == max(1, -(-len(found) // limit))
            return found
        assert len(page.rows) == limit
        after = page.next


def by_right(actor: Actor, state_path: tuple[UnitId, ...], stays_in: UnitId | None) -> bool:
    below = state_path if stays_in is None else state_path[state_path.index(stays_in) :]
    return actor.has(Right.READ, below) or actor.has(Right.AUDIT, below)


async def test_a_list_is_what_one_may_read(base: Base, bureau: Bureau, people: list[PersonId]) -> None:
    """Many actors, those appointed and made-up ones: never more than `may_look`, never less than the right gives."""
    rng = random.Random(2)
    posts = all_posts(bureau.programme)
    actors = [(await bureau.ledger.actor(bureau.tenant, person))[0] for person in people]
    actors += [actor_of(bureau.programme, f"per-{n}", *rng.sample(posts, n % 4)) for n in range(20)]
    actors += [actor_of(bureau.programme, f"per-{role}", (role, unit)) for role, unit in posts if unit in PLACES]
    heads = {
        row["stream"]: machine_for(row["stream"]).load_state(row["status"], row["state"])
        for row in query(base, "SELECT stream, status, state::text AS state FROM stream WHERE machine <> 'person'")
    }
    waiting = query(base, "SELECT stream, person, role, unit FROM task")
    listed = hidden = 0
    for actor in actors:
        held = {(one.role, one.unit) for one in actor.held}
        waits = {
            row["stream"] for row in waiting if row["person"] == actor.person or (row["role"], row["unit"]) in held
        }
        for machine in LISTED:
            found = await everything(bureau, machine, actor, rng.choice((7, 50, 200)))
            assert found == sorted(set(found))
            mine = {stream for stream in heads if machine_for(stream).name == machine}
            scopes = {stream: MACHINES[machine].scope(heads[stream]) for stream in mine}
            readable = {stream for stream in mine if may_look(actor, scopes[stream])}
            owed = waits & mine | {
                stream
                for stream in mine
                if by_right(actor, scopes[stream].path, scopes[stream].stays_in)
                or (scopes[stream].everyone and actor.held)
                or getattr(heads[stream], "person", "") == actor.person
                or (may_look(actor, scopes[stream]) and not may_look(replace(actor, inspects=()), scopes[stream]))
            }
            assert set(found) <= readable
            assert set(found) == owed
            listed += len(found)
            hidden += len(mine) - len(found)
    assert listed > 500
    assert hidden > 500


PLACES = ("pucheng", "shiyan", SCHOOL, GROUP)


async def test_the_county_lists_no_personal_plans(bureau: Bureau, people: list[PersonId]) -> None:
    county = actor_of(bureau.programme, "per-x", ("director", "pucheng"), ("deputy", "pucheng"), ("office", "pucheng"))
    cluster = actor_of(bureau.programme, "per-x", ("coordinator", "shiyan"))
    for duty in ("personal_plan", "growth_file"):
        assert await everything(bureau, "filing", county, 50, ItemFilter(duty=duty)) == []
        assert len(await everything(bureau, "filing", cluster, 50, ItemFilter(duty=duty))) == 36
    assert len(await everything(bureau, "filing", county, 50, ItemFilter(duty="stage_report"))) == 9


async def test_a_new_programme_shows_nobody_what_a_stream_keeps_from_them(
    base: Base, bureau: Bureau, people: list[PersonId]
) -> None:
    """A list by the programme in force alone would: the duty is no longer bounded or known, or its unit was moved."""
    assert bureau.programme.duty_by_id["personal_plan"].stays_in is UnitKind.CLUSTER
    open_now = tuple(one.model_copy(update={"stays_in": None}) for one in bureau.programme.duties)
    without = tuple(one for one in bureau.programme.duties if one.stays_in is None)
    for programme in (variant(bureau.programme, duties=open_now), variant(bureau.programme, duties=without)):
        county = actor_of(programme, "per-x", ("director", "pucheng"))
        page = await bureau.ledger.lists.items(
            bureau.tenant, "filing", county, programme, ItemFilter(duty="personal_plan"), limit=200
        )
        assert page.rows == []
    other = Unit(id="newcluster", kind=UnitKind.CLUSTER, title=bureau.programme.title, parent="pucheng")
    units = tuple(
        one.model_copy(update={"parent": "newcluster"}) if one.id == SCHOOL else one for one in bureau.programme.units
    )
    programme = variant(bureau.programme, units=(*units, other))
    newcomer = actor_of(programme, "per-x", ("coordinator", "newcluster"))
    assert (await bureau.ledger.lists.items(bureau.tenant, "filing", newcomer, programme, ItemFilter())).rows == []


async def test_a_cluster_within_a_cluster(ledger: Ledger, small_county: Programme) -> None:
    """What stays in the inner one is not for the outer one, though both are clusters."""
    inner = Unit(id="inner", kind=UnitKind.CLUSTER, title=small_county.title, parent="shiyan")
    programme = variant(small_county, units=(*small_county.units, inner))
    bureau = Bureau(ledger, TenantId("pucheng"), programme)
    await ledger.tenants.adopt(bureau.tenant, programme)
    await bureau.at(START)
    teacher = await bureau.person("teacher", "inner-maths")
    stream = await opened(bureau, "personal_plan", "inner-maths", person=teacher)
    outside = actor_of(programme, "per-x", ("coordinator", "shiyan"))
    inside = actor_of(programme, "per-x", ("coordinator", "inner"))
    assert not may_read(outside, MACHINES["filing"].scope((await ledger.head(bureau.tenant, stream))[1]))
    assert await everything(bureau, "filing", outside, 50) == []
    assert await everything(bureau, "filing", inside, 50) == [stream]


@pytest.mark.parametrize(
    "wanted",
    [
        ItemFilter(cycle=CYCLE),
        ItemFilter(unit=SCHOOL),
        ItemFilter(unit="shiyan"),
        ItemFilter(unit="nowhere"),
        ItemFilter(duty="group_plan"),
        ItemFilter(period="2026-autumn"),
        ItemFilter(status="waived"),
        ItemFilter(subject="maths"),
        ItemFilter(late=False),
        ItemFilter(late=True),
        ItemFilter(unit="shiyan", status="open", subject="maths", late=False),
    ],
)
async def test_a_filter_only_narrows(base: Base, bureau: Bureau, people: list[PersonId], wanted: ItemFilter) -> None:
    office = actor_of(bureau.programme, "per-x", ("office", "pucheng"))
    whole = await everything(bureau, "filing", office, 200)
    rows = query(base, "SELECT * FROM item WHERE machine = 'filing'")
    names = ("cycle", "duty", "period", "status", "subject", "late")

    def fits(row: dict[str, object]) -> bool:
        path = bureau.programme.path_of(str(row["unit"]))
        return all(getattr(wanted, name) in (None, row[name]) for name in names) and wanted.unit in (None, *path)

    expected = sorted(row["stream"] for row in rows if fits(row) and row["stream"] in whole)
    assert await everything(bureau, "filing", office, 9, wanted) == expected


async def test_a_filter_by_statuses_person_and_due_time(base: Base, bureau: Bureau, people: list[PersonId]) -> None:
    office = actor_of(bureau.programme, "per-x", ("office", "pucheng"), ("coordinator", "shiyan"))
    whole = await everything(bureau, "filing", office, 200)
    query(base, "UPDATE item SET due_at = due_at + interval '1 day' WHERE stream > 'fil-8'")
    (owner,) = query(base, "SELECT person FROM item WHERE person IS NOT NULL ORDER BY stream LIMIT 1")
    for wanted, condition in (
        (ItemFilter(statuses=("waived", "in_review")), "status IN ('waived', 'in_review')"),
        (ItemFilter(person=owner["person"]), f"person = '{owner['person']}'"),
        (ItemFilter(due_from=DUE + timedelta(days=1)), f"due_at >= '{DUE + timedelta(days=1)}'"),
        (ItemFilter(due_before=DUE + timedelta(days=1)), f"due_at < '{DUE + timedelta(days=1)}'"),
    ):
        rows = query(base, sql.SQL("SELECT stream FROM item WHERE machine = 'filing' AND ") + sql.SQL(condition))
        expected = sorted(set(ids(rows)) & set(whole))
        assert 0 < len(expected) < len(whole)
        assert await everything(bureau, "filing", office, 9, wanted) == expected
    await once(base, "crowded", crowded(bureau))


@pytest.mark.parametrize("limit", [-5, 0, 1, 10_000])
async def test_any_limit_gives_a_page(bureau: Bureau, people: list[PersonId], limit: int) -> None:
    office = actor_of(bureau.programme, "per-x", ("office", "pucheng"))
    page = await bureau.ledger.lists.items(bureau.tenant, "filing", office, bureau.programme, ItemFilter(), limit=limit)
    assert 1 <= len(page.rows) <= 200


async def test_rows_tell_the_stream_as_it_is(base: Base, bureau: Bureau, people: list[PersonId]) -> None:
    office = actor_of(bureau.programme, "per-x", ("office", "pucheng"))
    page = await bureau.ledger.lists.items(bureau.tenant, "filing", office, bureau.programme, ItemFilter(), limit=200)
    heads = {row["stream"]: row for row in query(base, "SELECT stream, version, status FROM stream")}
    for row in page.rows:
        head = heads[row["stream"]]
        assert (row["version"], row["status"]) == (head["version"], head["status"])


async def test_tasks_are_for_the_person_and_for_the_post(bureau: Bureau) -> None:
    school = await School.founded(bureau)
    teacher = await bureau.person("teacher", GROUP)
    filing = await opened(bureau)
    diary = await opened(bureau, "personal_plan", GROUP, person=teacher)

    async def tasks(person: PersonId) -> list[tuple[str, str]]:
        actor, _, _ = await bureau.ledger.actor(bureau.tenant, person)
        rows = await bureau.ledger.desk.waiting(bureau.tenant, actor)
        assert all(row["duty"] and row["unit"] and row["machine"] == "filing" for row in rows)
        return [(row["stream"], row["kind"]) for row in rows]

    assert await tasks(school.lead) == [(filing, "submit")]
    assert await tasks(teacher) == [(diary, "submit")]
    assert await tasks(school.principal) == await tasks(school.office) == await tasks(PersonId("per-0")) == []
    await bureau.by(school.lead, filing, report())
    assert (await tasks(school.lead), await tasks(school.principal)) == ([], [(filing, "decide")])
    await bureau.by(school.principal, filing, Return(reason="太短"))
    assert (await tasks(school.lead), await tasks(school.principal)) == ([(filing, "mend")], [])
    await bureau.by(school.lead, filing, report())
    await bureau.by(school.lead, filing, Recall())
    assert (await tasks(school.lead), await tasks(school.principal)) == ([(filing, "submit")], [])
    await bureau.by(school.lead, filing, report())
    centre = await bureau.person("centre_principal", "shiyan")
    assert await tasks(centre) == []
    _, state, _ = await bureau.ledger.head(bureau.tenant, filing)
    due = machine_for(filing).alarms(state)
    await bureau.at(max(one.at for one in due))
    assert isinstance(state, InReview)
    await bureau.by(SYSTEM, filing, Escalate(stage=state.first.stage))
    assert await tasks(centre) == await tasks(school.principal) == [(filing, "decide")]
    await bureau.by(centre, filing, Approve())
    assert await tasks(centre) == await tasks(school.principal) == []
    assert await tasks(school.office) == [(filing, "decide")]


async def test_tasks_come_most_urgent_first(bureau: Bureau, people: list[PersonId]) -> None:
    everywhere = actor_of(bureau.programme, "per-x", *all_posts(bureau.programme))
    rows = await bureau.ledger.desk.waiting(bureau.tenant, everywhere)
    assert len(rows) > 5
    assert len({row["due_at"] for row in rows}) > 2
    keys = [(row["due_at"] is None, row["due_at"], row["stream"]) for row in rows]
    assert keys == sorted(keys)
    assert await bureau.ledger.desk.waiting(bureau.tenant, everywhere, limit=2) == rows[:2]


async def test_nobody_has_nothing(bureau: Bureau, people: list[PersonId]) -> None:
    nobody = Actor(PersonId("per-nobody"))
    for machine in LISTED:
        assert await everything(bureau, machine, nobody, 50) == []
    assert await bureau.ledger.desk.waiting(bureau.tenant, nobody) == []


ORDERS: tuple[Order, ...] = ("id", "due", "changed")


async def in_order(
    bureau: Bureau, actor: Actor, order: Order, limit: int, wanted: ItemFilter | None = None
) -> list[dict[str, Any]]:
    """Page through the filings to their end, in an order."""
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        page = await bureau.ledger.lists.items(
            bureau.tenant,
            "filing",
            actor,
            bureau.programme,
            wanted or ItemFilter(),
            after=after,
            limit=limit,
            order=order,
        )
        found += page.rows
        if page.next is None:
            return found
        after = page.next


@pytest.mark.parametrize("limit", [1, 7, 200])
async def test_every_order_shows_the_same_once(base: Base, bureau: Bureau, people: list[PersonId], limit: int) -> None:
    query(base, "UPDATE item SET due_at = NULL WHERE stream < 'fil-3'")
    query(base, "UPDATE item SET due_at = due_at - interval '1 day' WHERE stream > 'fil-a'")
    query(base, "UPDATE item SET changed_at = changed_at + interval '1 h' WHERE stream > 'fil-c'")
    for actor in (
        actor_of(bureau.programme, "per-x", ("office", "pucheng")),
        actor_of(bureau.programme, "per-x", ("coordinator", "shiyan"), ("teacher", GROUP)),
        (await bureau.ledger.actor(bureau.tenant, people[0]))[0],
    ):
        whole = await everything(bureau, "filing", actor, 200)
        for by in ORDERS:
            rows = await in_order(bureau, actor, by, limit)
            assert sorted(ids(rows)) == whole
            if by == "due":
                keys = [(row["due_at"] is None, row["due_at"] or START, row["stream"]) for row in rows]
                assert keys == sorted(keys)
            if by == "changed":
                changes = [(row["changed_at"], row["stream"]) for row in rows]
                assert changes == sorted(changes, reverse=True)
    await once(base, "crowded", crowded(bureau))


@pytest.mark.parametrize("after", ["x", "infinite/fil-0", "/"])
async def test_a_cursor_that_nobody_was_given_is_refused(bureau: Bureau, people: list[PersonId], after: str) -> None:
    office = actor_of(bureau.programme, "per-x", ("office", "pucheng"))
    with pytest.raises(ValueError, match="isoformat"):
        await bureau.ledger.lists.items(
            bureau.tenant, "filing", office, bureau.programme, ItemFilter(), after=after, order="due"
        )


async def test_counts_are_of_what_is_listed(bureau: Bureau, people: list[PersonId]) -> None:
    for actor in (
        actor_of(bureau.programme, "per-x", ("office", "pucheng")),
        actor_of(bureau.programme, "per-x", ("coordinator", "shiyan")),
        (await bureau.ledger.actor(bureau.tenant, people[1]))[0],
        Actor(PersonId("per-nobody")),
    ):
        for wanted in (ItemFilter(), ItemFilter(unit=SCHOOL), ItemFilter(statuses=("open", "waived"))):
            rows = await in_order(bureau, actor, "id", 200, wanted)
            counts = await bureau.ledger.lists.counts(bureau.tenant, "filing", actor, bureau.programme, wanted)
            assert counts == Counts(Counter(row["status"] for row in rows))


async def test_a_board_counts_what_one_may_see(bureau: Bureau, people: list[PersonId]) -> None:
    shown = 0
    for actor in (
        actor_of(bureau.programme, "per-x", ("office", "pucheng")),
        actor_of(bureau.programme, "per-x", ("coordinator", "shiyan")),
        (await bureau.ledger.actor(bureau.tenant, people[2]))[0],
        Actor(PersonId("per-nobody")),
    ):
        for unit, duty, subject in ((None, None, None), (SCHOOL, None, None), ("shiyan", "group_plan", "maths")):
            wanted = ItemFilter(cycle=CYCLE, unit=unit, duty=duty, subject=subject)
            rows = await in_order(bureau, actor, "id", 200, wanted)
            board = await bureau.ledger.lists.board(
                bureau.tenant, actor, bureau.programme, CYCLE, unit=unit, duty=duty, subject=subject
            )
            names = ("unit", "duty", "period", "status", "late")
            expected = Counter(tuple(row[name] for name in names) for row in rows)
            assert {tuple(getattr(one, name) for name in names): one.count for one in board} == expected
            shown += len(board)
    assert shown > 50


async def test_what_a_person_filed_and_owes(bureau: Bureau) -> None:
    school = await School.founded(bureau)
    teacher = await bureau.person("teacher", GROUP)
    first = await school.approved()
    diary = await opened(bureau, "personal_plan", GROUP, person=teacher)
    await bureau.at(START + timedelta(days=1))
    second = await opened(bureau, period="2027-spring")

    async def filed(person: PersonId, limit: int = 50, after: str = "") -> list[str]:
        actor, programme, _ = await bureau.ledger.actor(bureau.tenant, person)
        page = await bureau.ledger.lists.filed_by(bureau.tenant, actor, programme, after=after, limit=limit)
        rest = await filed(person, limit, page.next) if page.next else []
        return [*ids(page.rows), *rest]

    assert await filed(school.lead) == await filed(school.lead, 1) == [second, first]
    assert await filed(teacher) == [diary]
    assert await filed(school.principal) == await filed(school.office) == []
    await bureau.at(START + timedelta(days=2))
    await bureau.by(school.lead, first, Amend(reason="有误"))
    assert await filed(school.lead) == [first, second]


MORE: LiteralString = """
    INSERT INTO {table} SELECT (made.one).* FROM (
        SELECT jsonb_populate_record(t, jsonb_build_object(
            'stream', 'fil-' || left(md5(n::text), 20), 'unit', {unit}::text || mod(n, 500),
            'readers', jsonb_build_array('pucheng', 'cluster' || mod(n, 50), {unit}::text || mod(n, 500)),
            'due_at', '2026-09-01'::timestamptz + n * interval '1 min',
            'changed_at', '2026-08-01'::timestamptz + n * interval '1 min')) AS one
        FROM {table} AS t, generate_series({first}::integer, {last}::integer) AS n WHERE t.stream = {stream}) AS made
"""


@pytest.fixture
def compact(base: Base) -> Iterator[None]:
    """Tables without what earlier tests left dead in them, and left alone: the planner goes by how large they are."""
    tables = [sql.Identifier(name) for name in ("stream", "item")]
    for table in tables:
        query(base, sql.SQL("ALTER TABLE {} SET (autovacuum_enabled = false)").format(table))
        query(base, sql.SQL("VACUUM FULL {}").format(table))
    yield
    for table in tables:
        query(base, sql.SQL("ALTER TABLE {} RESET (autovacuum_enabled)").format(table))


@pytest.mark.usefixtures("compact")
async def test_a_page_costs_the_same_among_many(base: Base, bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in the pages that the database touches, for one who reads all and for one who reads a five-hundredth."""
    stream = await opened(bureau)
    units = tuple(
        Unit(id=f"school{n}", kind=UnitKind.SCHOOL, title=bureau.programme.title, parent="shiyan") for n in range(500)
    )
    programme = variant(bureau.programme, units=(*bureau.programme.units, *units))
    actors = (
        actor_of(programme, "per-x", ("office", "pucheng")),
        actor_of(programme, "per-x", ("principal", "school7")),
    )
    for first, last in ((1, 1_000), (1_001, 20_000)):
        for table in ("stream", "item"):
            text = sql.SQL(MORE).format(
                table=sql.Identifier(table),
                unit=sql.Literal("school"),
                stream=sql.Literal(stream),
                first=sql.Literal(first),
                last=sql.Literal(last),
            )
            query(base, text)
            query(base, sql.SQL("ANALYZE {}").format(sql.Identifier(table)))
        for actor, by in product(actors, ORDERS):
            with monkeypatch.context() as patched:
                told = tell_cost(patched, bureau.ledger.database)
                page = await bureau.ledger.lists.items(
                    bureau.tenant, "filing", actor, programme, ItemFilter(), order=by
                )
            (plan,) = told
            pages = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
            assert len(page.rows) == (50 if actor is actors[0] else last // 500)
            assert pages <= 10 * len(page.rows) + 50, (last, by, plan)


def tell_cost(patched: pytest.MonkeyPatch, database: Database) -> list[dict[str, Any]]:
    """Let each query of a pool tell how it was carried out, and how many pages it touched."""
    told: list[dict[str, Any]] = []
    run = database_module.run

    async def telling(connection: Connection, statement: ClauseElement) -> Any:
        if connection.pool is not database:
            return await run(connection, statement)  # of another test's server, which is at work beside this one
        compiled = statement.compile(dialect=database_module._DIALECT, compile_kwargs={"render_postcompile": True})
        text = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {compiled}"
        cursor = await connection.execute(text.encode(), database_module._parameters(compiled))
        row = await cursor.fetchone()
        assert row is not None, "an explanation is always given"
        told.append(row["QUERY PLAN"][0]["Plan"])
        return await run(connection, statement)

    patched.setattr(database_module, "run", telling)
    return told


@pytest.fixture
async def wire(base: Base) -> AsyncIterator[Wire]:
    async with Wire(base.service).laid() as laid:
        yield laid


async def test_a_list_is_one_query_however_long(
    bureau: Bureau, people: list[PersonId], wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "STALE_AFTER", 3600.0)  # a slow machine is not to be probed
    office = actor_of(bureau.programme, "per-x", ("office", "pucheng"), ("coordinator", "shiyan"))
    async with Ledger.connect(wire.dsn, size=1) as ledger:
        lists, tenant, programme = ledger.lists, bureau.tenant, bureau.programme
        for list_them in (
            lambda n: lists.items(tenant, "filing", office, programme, ItemFilter(), limit=n),
            lambda n: lists.items(tenant, "cycle", office, programme, ItemFilter(), limit=n),
            lambda n: ledger.desk.waiting(tenant, office, limit=n),
            lambda n: lists.appointments(tenant),
            lambda n: lists.items(tenant, "filing", office, programme, ItemFilter(), limit=n, order="due"),
            lambda n: lists.items(tenant, "filing", office, programme, ItemFilter(), limit=n, order="changed"),
        ):
            for _ in range(3):  # by then psycopg has prepared it, which is a question of its own
                await list_them(1)
            for limit in (1, 20, 200):
                before = wire.asked
                await list_them(limit)
                assert wire.asked == before + 1


async def test_what_waits_for_two_posts_of_one_person_is_one_task(bureau: Bureau) -> None:
    school = await School.founded(bureau)
    await bureau.person("centre_principal", "shiyan")
    filing = await opened(bureau)
    await bureau.by(school.lead, filing, report())
    _, state, _ = await bureau.ledger.head(bureau.tenant, filing)
    await bureau.at(max(one.at for one in machine_for(filing).alarms(state)))
    assert isinstance(state, InReview)
    await bureau.by(SYSTEM, filing, Escalate(stage=state.first.stage))
    _, state, _ = await bureau.ledger.head(bureau.tenant, filing)
    assert isinstance(state, InReview)
    posts = [seat.post for seat in state.turns(state.first) if seat.post is not None]
    both = actor_of(bureau.programme, "per-x", *((one.role, str(one.unit)) for one in posts))
    assert len(both.held) == 2
    assert [row["stream"] for row in await bureau.ledger.desk.waiting(bureau.tenant, both)] == [filing]
