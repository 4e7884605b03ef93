"""What stays within a unit is excused there; what goes further is excused by the office it goes to. On what ships."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import date

import pytest

import programmes
from domain.filing.commands import AskExtension, GrantExtension, Waive
from domain.filing.states import Waived
from domain.programme_check import advice
from domain.refusal import Refused
from tests.conftest import Base, Bureau
from tests.ledger.given import GROUP, SCHOOL, opened, query


@pytest.mark.parametrize("name", programmes.names())
def test_what_ships_has_nothing_to_think_over(name: str) -> None:
    assert advice(programmes.text(name)) == ()


async def refused(work: Awaitable[object]) -> str:
    with pytest.raises(Refused) as found:
        await work
    return found.value.code


async def test_the_cluster_excuses_from_what_it_keeps_and_from_nothing_else(base: Base, bureau: Bureau) -> None:
    centre = await bureau.person("centre_principal", "shiyan")
    office = await bureau.person("office", "pucheng")
    teacher, colleague = [await bureau.person("teacher", GROUP, one) for one in ("甲", "乙")]
    lead = await bureau.person("research_lead", SCHOOL)

    diary = await opened(bureau, "personal_plan", GROUP, person=teacher)
    await bureau.by(teacher, diary, AskExtension(until=date(2026, 10, 12), reason="支教"))
    asked = query(base, "SELECT role, unit FROM task WHERE stream = %s AND kind = 'extend'", diary)
    assert asked == [{"role": "centre_principal", "unit": "shiyan"}]
    await bureau.by(centre, diary, GrantExtension())
    leave = await opened(bureau, "personal_plan", GROUP, person=colleague)
    assert await refused(bureau.by(office, leave, Waive(reason="产假"))) == "not_yours"
    await bureau.by(centre, leave, Waive(reason="产假"))
    assert isinstance((await bureau.ledger.head(bureau.tenant, leave))[1], Waived)

    sent_up = await opened(bureau)
    await bureau.by(lead, sent_up, AskExtension(until=date(2026, 12, 12), reason="停电"))
    asked = query(base, "SELECT role, unit FROM task WHERE stream = %s AND kind = 'extend'", sent_up)
    assert asked == [{"role": "office", "unit": "pucheng"}]
    for command in (GrantExtension(), Waive(reason="停办")):
        assert await refused(bureau.by(centre, sent_up, command)) == "right_missing"
    await bureau.by(office, sent_up, GrantExtension())
