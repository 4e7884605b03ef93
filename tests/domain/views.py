"""What the tests of the views share: histories as the ledger hands them over, and the names of the small county."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import ModuleType

from domain.ids import PersonId
from domain.machine import Event, Fact, Machine
from domain.machines import MACHINES
from domain.messages import Lang
from domain.view import Names
from tests.domain import (
    given,
    test_cycle,
    test_filing,
    test_follow_up,
    test_inspection,
    test_moving,
    test_person,
    test_pipelines,
    test_rulebook,
    test_unit,
)
from tests.domain.given import PEOPLE, PROGRAMME, at, histories, together

MODULES: Mapping[str, tuple[ModuleType, ...]] = {
    "cycle": (test_cycle,),
    "filing": (test_filing, test_pipelines, test_moving),
    "inspection": (test_inspection,),
    "follow_up": (test_follow_up,),
    "person": (test_person,),
    "unit": (test_unit,),
    "rulebook": (test_rulebook,),
}
"""The modules that tell each machine's stories."""

NAMED: Mapping[PersonId, str] = {
    given.LEADER.person: "组长甲",
    given.SECOND_LEADER.person: "组长乙",
    given.TEACHER.person: "教师丙",
    given.COORDINATOR.person: "负责人丁",
    given.DEPUTY.person: "副局长戊",
    given.TWO_HATS.person: "副局长己",
    given.OFFICE.person: "教研员庚",
    given.PRINCIPAL.person: "校长辛",
    given.EXPERT.person: "专家壬",
    given.SECOND_EXPERT.person: "专家癸",
}
HELD = {one.person: frozenset(given.post(f"{held.role}@{held.unit}") for held in one.held) for one in PEOPLE}


def names(lang: Lang = "zh", now: str = "2025-12-01 09:00") -> Names:
    return Names(lang, PROGRAMME, people=NAMED, held=HELD, now=at(now))


@dataclass(frozen=True)
class Recorded:
    """An event as a view sees it."""

    version: int
    event: Event
    actor: PersonId
    happened_at: datetime
    on_behalf_of: PersonId | None = None


def recorded(facts: Iterable[Fact]) -> list[Recorded]:
    return [Recorded(number, one.event, one.by, one.at, one.on_behalf_of) for number, one in enumerate(facts, 1)]


@cache
def told_histories() -> tuple[tuple[Machine, tuple[Recorded, ...]], ...]:
    """Every history that the machines' tests tell."""
    return tuple(
        (MACHINES[name], tuple(recorded(history)))
        for name, modules in MODULES.items()
        for history in histories(MACHINES[name], together(*modules))
    )
