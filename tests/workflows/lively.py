"""The county with every kind of stage on its pipelines."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

import programmes
from domain.programme import Programme
from domain.programme_check import load
from workflows.rehearsal.driver import narrowed

_PIPELINES = Path(__file__).with_name("lively_pipelines.yaml")


_SHORT_YEAR: dict[str, Any] = {
    "school_year_starts": "09-01",
    "terms": [{"id": "autumn", "title": {"zh": "学期", "en": "Term"}, "first_day": "09-01", "last_day": "10-30"}],
}
_SOONER = {
    "quality_report": {"opens": "week 4", "due": "week 6"},
    "growth_file": {"opens": "end - 20 workdays", "due": "end - 12 workdays"},
    "special": {"opens": "week 3", "due": "week 5"},
}
"""The windows that such a year has no room for."""


def lively_county(units: int | None) -> Programme:
    """The shipped county, with so many clusters, on pipelines with every kind of stage."""
    return narrowed(_with({}, {}, {}), units)


def short_lively_year() -> Programme:
    """Two clusters of it with one teacher in each group, in a school year of one short term: all of it in less time."""
    return narrowed(_with({"calendar": _SHORT_YEAR}, _SOONER, {"teacher": 1}), 2)


def _with(changes: dict[str, Any], windows: dict[str, dict[str, str]], people: dict[str, int]) -> Programme:
    yaml, whole = YAML(typ="safe"), StringIO()
    county = yaml.load(programmes.text("pucheng-county"))
    for one in (*county["duties"], *county["inspections"]):
        one["window"] |= windows.get(one["id"], {})
    for role in county["roles"]:
        role["rehearse"] = people.get(role["id"], role.get("rehearse", 1))
    yaml.dump(county | yaml.load(_PIPELINES.read_text(encoding="utf-8")) | changes, whole)
    return load(whole.getvalue())
