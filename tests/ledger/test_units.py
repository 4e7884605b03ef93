"""The tree of units is what the ledger's events say: founded once from the programme, then kept by the directory."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from domain.filing import Approve
from domain.ids import SYSTEM, PersonId, StreamId, TenantId, UnitId
from domain.machine import Appointment, Command
from domain.person import Appoint
from domain.programme import Programme, UnitKind
from domain.refusal import Kind, Refused
from domain.text import Text
from domain.unit import Close, Found, Move, Rename, Reopen, unit_stream
from domain.units import path_of
from ledger.ledger import Ledger
from ledger.lists import ItemFilter
from ledger.order import Outcome
from tests.conftest import Base, Bureau
from tests.ledger.given import GROUP, SCHOOL, School, ids, opened, order, query, report, variant

NEW = "xincheng"
TITLE = Text(zh="新城学校", en="Xincheng School")
FOUND = Found(unit=NEW, kind=UnitKind.SCHOOL, title=TITLE, parent="shiyan")


@pytest.fixture
async def bureau(bureau: Bureau) -> Bureau:
    """The bureau, with its units founded."""
    await bureau.ledger.tenants.adopt(bureau.tenant, bureau.programme)
    return bureau


async def does(bureau: Bureau, unit: str, command: Command, actor: PersonId = SYSTEM) -> Outcome:
    return await bureau.by(actor, unit_stream(bureau.tenant, unit), command)


async def listed(bureau: Bureau, person: PersonId, unit: str | None = None) -> list[str]:
    actor, programme, _ = await bureau.ledger.actor(bureau.tenant, person)
    page = await bureau.ledger.lists.items(bureau.tenant, "filing", actor, programme, ItemFilter(unit=unit))
    return ids(page.rows)


async def tree(bureau: Bureau) -> Programme:
    return (await bureau.ledger.actor(bureau.tenant, SYSTEM))[1]


async def test_a_programmes_units_are_founded_once(base: Base, bureau: Bureau) -> None:
    declared = variant(bureau.programme).all_units
    rows = query(base, "SELECT unit, kind, title_zh, title_en, parent, subject, centre FROM unit WHERE NOT closed")
    assert {row["unit"]: tuple(row.values())[1:] for row in rows} == {
        one.id: (one.kind.value, one.title.zh, one.title.en, one.parent, one.subject, one.centre)
        for one in declared.values()
    }
    before = await bureau.ledger.tenants.positions()
    assert before == {bureau.tenant: 1 + len(declared)}
    await bureau.ledger.tenants.adopt(bureau.tenant, bureau.programme)
    assert await bureau.ledger.tenants.positions() == before
    assert query(base, "SELECT tree FROM tenant") == [{"tree": 1}]
    assert (await tree(bureau)).all_units == declared


async def test_the_ledgers_tree_is_the_truth_at_once_and_everywhere(base: Base, bureau: Bureau) -> None:
    """Also in another process, and under the rules that a stream pinned long ago."""
    keeper = await bureau.person("admin", "pucheng")
    await does(bureau, NEW, FOUND, keeper)
    assert path_of(await tree(bureau), UnitId(NEW)) == ("pucheng", "shiyan", NEW)
    async with Ledger.connect(base.service, size=1) as another:
        (digest,) = query(base, "SELECT programme FROM tenant")
        assert NEW in (await another.programme(bureau.tenant, digest["programme"])).all_units
        await does(bureau, SCHOOL, Rename(title=TITLE), keeper)
        assert (await another.actor(bureau.tenant, SYSTEM))[1].all_units[SCHOOL].title == TITLE
    assert query(base, "SELECT tree FROM tenant") == [{"tree": 3}]
    principal = await bureau.person("principal", NEW)
    actor, _, _ = await bureau.ledger.actor(bureau.tenant, principal)
    assert [one.path for one in actor.held] == [("pucheng", "shiyan", NEW)]
    # A newer programme does not put the directory back.
    await bureau.ledger.tenants.adopt(bureau.tenant, variant(bureau.programme, version=9))
    units = (await tree(bureau)).all_units
    assert units[SCHOOL].title == TITLE
    assert NEW in units


async def test_rights_follow_a_unit_that_moves(bureau: Bureau) -> None:
    keeper = await bureau.person("admin", "pucheng")
    other = Found(unit="xinqu", kind=UnitKind.CLUSTER, title=TITLE, parent="pucheng")
    await does(bureau, "xinqu", other, keeper)
    lead = await bureau.person("group_leader", GROUP)
    await does(bureau, GROUP, Move(parent="xinqu"), keeper)
    actor, programme, _ = await bureau.ledger.actor(bureau.tenant, lead)
    assert [one.path for one in actor.held] == [("pucheng", "xinqu", GROUP)]
    assert programme.ever_below(["shiyan"]) >= {GROUP}


async def test_a_closed_unit_gives_nothing_and_is_still_named(bureau: Bureau) -> None:
    school = await School.founded(bureau)
    stream = await opened(bureau)
    await bureau.by(school.lead, stream, report())
    for group in [one.id for one in (await tree(bureau)).all_units.values() if one.parent == SCHOOL]:
        await does(bureau, group, Close())
    await does(bureau, SCHOOL, Close(reason="并校"))
    programme = await tree(bureau)
    assert SCHOOL not in programme.all_units
    assert programme.known_units[SCHOOL].title.zh
    assert programme.path_of(SCHOOL) == ("pucheng", "shiyan", SCHOOL)
    actor, _, _ = await bureau.ledger.actor(bureau.tenant, school.principal)
    assert actor.held == ()
    with pytest.raises(Refused):
        await bureau.by(school.principal, stream, Approve())
    with pytest.raises(Refused) as refused:
        await opened(bureau, period="2027-spring")
    assert (refused.value.kind, refused.value.code) == (Kind.CONFLICT, "unit_closed")
    post = Appointment(id="9", role="principal", unit=UnitId(SCHOOL), first_day=date(2026, 9, 1))
    with pytest.raises(Refused) as refused:
        await bureau.by(SYSTEM, StreamId(school.lead), Appoint(post=post))
    assert refused.value.code == "unit_unknown"
    assert await listed(bureau, school.office) == await listed(bureau, school.office, "shiyan") == [stream]
    await does(bureau, SCHOOL, Reopen())
    await bureau.by(school.principal, stream, Approve())


async def test_what_was_begun_stays_with_who_read_it_then(bureau: Bureau) -> None:
    """A list goes by the path that each stream keeps, wherever its unit stands today."""
    group = await bureau.person("group_leader", GROUP)
    old = await opened(bureau, "group_plan", GROUP)
    await does(bureau, "xinqu", Found(unit="xinqu", kind=UnitKind.CLUSTER, title=TITLE, parent="pucheng"))
    here, there = await bureau.person("coordinator", "shiyan"), await bureau.person("coordinator", "xinqu")
    office = await bureau.person("office", "pucheng")
    await does(bureau, GROUP, Move(parent="xinqu"))
    new = await opened(bureau, "group_plan", GROUP, period="2027-spring")
    assert await listed(bureau, here) == [old]
    assert await listed(bureau, there) == [new]
    assert await listed(bureau, office) == await listed(bureau, group) == sorted([old, new])


async def test_two_changes_of_the_tree_never_rest_on_the_same_one(base: Base, bureau: Bureau) -> None:
    """A school is closed while groups are founded below it: either may come first, never both on one tree."""
    await does(bureau, NEW, FOUND)
    for number in range(6):
        group = f"{NEW}-{number}"
        found = Found(unit=group, kind=UnitKind.GROUP, title=TITLE, parent=NEW)
        keeper = await bureau.person("admin", "pucheng", str(number))
        orders = [
            order(bureau, unit_stream(bureau.tenant, group), found, keeper),
            order(bureau, unit_stream(bureau.tenant, NEW), Close(), keeper),
        ]
        async with Ledger.connect(base.service, size=2) as another:
            answers = await asyncio.gather(
                bureau.ledger.execute(orders[number % 2]),
                (another if number > 2 else bureau.ledger).execute(orders[1 - number % 2]),
                return_exceptions=True,
            )
        assert sorted(isinstance(one, Outcome) for one in answers) == [False, True]
        orphans = query(
            base,
            """SELECT 1 FROM unit AS u JOIN unit AS p ON p.tenant = u.tenant AND p.unit = u.parent
               WHERE p.closed AND NOT u.closed""",
        )
        assert orphans == []
        units = (await tree(bureau)).all_units
        if group in units:
            await does(bureau, group, Close())
        else:
            await does(bureau, NEW, Reopen())


async def test_the_tree_is_rebuilt_from_the_events(base: Base, bureau: Bureau) -> None:
    await does(bureau, NEW, FOUND)
    await does(bureau, NEW, Move(parent="pucheng"))
    await does(bureau, NEW, Close())
    assert (await bureau.ledger.rebuild_check(bureau.tenant))[1] == ()
    query(base, "UPDATE unit SET parent = 'shiyan' WHERE unit = %s", NEW)
    found = (await bureau.ledger.rebuild_check(bureau.tenant))[1]
    assert {(one.table, one.side) for one in found} == {("unit", "stored"), ("unit", "rebuilt")}
    assert (await bureau.ledger.verify(bureau.tenant)).sound


async def test_a_ledger_of_before_has_its_programmes_tree(ledger: Ledger, small_county: Programme, base: Base) -> None:
    """Until its programme is adopted again, which founds what has always been there."""
    old = Bureau(ledger, TenantId("old"), small_county)
    await ledger.tenants.put_in_force(old.tenant, small_county)
    office = await old.person("office", "pucheng")
    assert (await tree(old)).all_units == small_county.all_units
    await ledger.tenants.adopt(old.tenant, small_county)
    actor, programme, _ = await ledger.actor(old.tenant, office)
    assert [one.unit for one in actor.held] == ["pucheng"]
    assert programme.all_units == small_county.all_units
    assert query(base, "SELECT count(*) AS n FROM unit WHERE tenant = 'old'") == [{"n": len(small_county.all_units)}]
