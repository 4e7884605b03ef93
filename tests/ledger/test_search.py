"""Filings are found by their words, by those who may look at them, until they are erased."""

from __future__ import annotations

import psycopg
import pytest

from domain.filing import Filing, Recall
from domain.ids import PersonId, StreamId, TenantId
from ledger import lists as lists_module
from ledger.lists import ItemFilter
from tests.conftest import Base, Bureau
from tests.ledger.given import GROUP, School, ids, opened, plan, query, report, spoil


async def found(bureau: Bureau, person: PersonId, text: str, **narrowed: str) -> list[str]:
    actor, programme, _ = await bureau.ledger.actor(bureau.tenant, person)
    wanted = ItemFilter(text=text, **narrowed)  # type: ignore[arg-type]
    return ids((await bureau.ledger.lists.items(bureau.tenant, "filing", actor, programme, wanted)).rows)


async def last_content(bureau: Bureau, stream: StreamId) -> str:
    _, state, _ = await bureau.ledger.head(bureau.tenant, stream)
    assert isinstance(state, Filing)
    return state.revisions[-1].content


@pytest.fixture
async def school(bureau: Bureau) -> School:
    return await School.founded(bureau)


async def test_found_by_text_title_unit_and_post(bureau: Bureau, school: School) -> None:
    first, second = await opened(bureau), await opened(bureau, period="2027-spring")
    assert await found(bureau, school.office, "计算") == []  # nothing was handed in yet
    await bureau.by(school.lead, first, report("三年级乘法 Multiplication 掌握较好"))
    await bureau.by(school.lead, second, report("五年级阅读"))
    _, state, _ = await bureau.ledger.head(bureau.tenant, first)
    assert isinstance(state, Filing)
    role = bureau.programme.role_by_id[state.author.role]
    for text in ("三年级", "乘法", "multiplication", "MULTIPLICATION 三年级"):
        assert await found(bureau, school.office, text) == [first], text
    for text in ("计算薄弱", "2026", state.title.zh, state.unit_title.zh, role.title.zh, role.title.en):
        assert await found(bureau, school.office, text) == sorted([first, second]), text
    for text in ("三年级 阅读", "级三", "", "！"):
        assert await found(bureau, school.office, text) == [], text
    assert await found(bureau, school.office, "计算薄弱", period="2027-spring") == [second]


async def test_the_latest_submission_is_what_is_found(bureau: Bureau, school: School) -> None:
    stream = await opened(bureau)
    await bureau.by(school.lead, stream, report("乘法"))
    await bureau.by(school.lead, stream, Recall())
    assert await found(bureau, school.office, "乘法") == [stream]
    await bureau.by(school.lead, stream, report("除法"))
    assert await found(bureau, school.office, "乘法") == []
    assert await found(bureau, school.office, "除法") == [stream]


@pytest.mark.parametrize("rare", [0, 1, 1000])
async def test_nobody_finds_what_they_may_not_see(
    bureau: Bureau, school: School, rare: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the words are looked up or looked for."""
    monkeypatch.setattr(lists_module, "RARE", rare)
    teacher, leader = await bureau.person("teacher", GROUP), await bureau.person("group_leader", GROUP)
    diary, open_to_all = await opened(bureau, "personal_plan", GROUP, person=teacher), await opened(bureau)
    await bureau.by(teacher, diary, plan())
    await bureau.by(school.lead, open_to_all, report("研修"))
    unit = "实验"
    assert await found(bureau, teacher, unit) == [diary]
    assert diary in await found(bureau, leader, unit)
    assert await found(bureau, school.office, unit) == [open_to_all]
    assert await found(bureau, PersonId("per-nobody"), unit) == []


async def test_what_is_erased_is_found_no_more(base: Base, bureau: Bureau, school: School) -> None:
    first, second = await opened(bureau), await opened(bureau, period="2027-spring")
    await bureau.by(school.lead, first, report("乘法"))
    digest = await last_content(bureau, first)
    assert await bureau.ledger.contents.erase(bureau.tenant, digest)
    assert await found(bureau, school.office, "乘法") == []
    assert query(base, "SELECT grams FROM search") == [{"grams": []}]
    assert (await bureau.ledger.rebuild_check(bureau.tenant))[1] == ()
    # The very same text of another filing is that filing's own.
    await bureau.by(school.lead, second, report("乘法"))
    assert await last_content(bureau, second) == digest
    assert await found(bureau, school.office, "乘法") == [second]
    assert (await bureau.ledger.rebuild_check(bureau.tenant))[1] == ()


async def test_drift_of_the_search_is_found(base: Base, bureau: Bureau, school: School) -> None:
    stream = await opened(bureau)
    await bureau.by(school.lead, stream, report())
    assert (await bureau.ledger.rebuild_check(bureau.tenant))[1] == ()
    spoil(base, "UPDATE search SET grams = grams || ARRAY['x']")
    drifts = (await bureau.ledger.rebuild_check(bureau.tenant))[1]
    assert {(one.table, one.side) for one in drifts} == {("search", "stored"), ("search", "rebuilt")}
    spoil(base, "DELETE FROM search")
    (drift,) = (await bureau.ledger.rebuild_check(bureau.tenant))[1]
    assert (drift.table, drift.side) == ("search", "rebuilt")


async def test_another_tenants_words_are_not_looked_up(bureau: Bureau, school: School) -> None:
    """The lookup passes row-level security, so it keeps tenants apart by itself."""
    stream = await opened(bureau)
    await bureau.by(school.lead, stream, report("乘法"))
    look_up = "SELECT find_filings('pucheng', ARRAY['乘法'], 9) AS found"
    database = bureau.ledger.database
    async with database.connection(bureau.tenant) as connection:
        assert await (await connection.execute(look_up)).fetchall() == [{"found": stream}]
    for tenant in (TenantId("other"), None):
        async with database.connection(tenant) as connection:
            with pytest.raises(psycopg.Error) as refused:
                await connection.execute(look_up)
            assert refused.value.sqlstate == "TL403"
    async with database.connection(bureau.tenant) as connection:
        with pytest.raises(psycopg.Error):
            await connection.execute("SELECT find_filings(NULL, ARRAY['乘法'], 9)")
