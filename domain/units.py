"""The unit tree: where a role@scope points, seen from a unit."""

from __future__ import annotations

from domain.access import Post
from domain.ids import UnitId
from domain.programme import Programme, RoleAt, Unit, UnitKind
from domain.refusal import conflict, invalid


def unit_of(programme: Programme, unit: UnitId) -> Unit:
    """A unit of the tree; refused when there is none, or it was closed."""
    found = programme.all_units.get(unit)
    if found is not None:
        return found
    if unit in programme.former_units:
        title = programme.former_units[unit].title
        raise conflict("unit_closed", unit=title.zh, unit_en=title.en)
    raise invalid("unit_unknown", at="unit", unit=unit)


def path_of(programme: Programme, unit: UnitId) -> tuple[UnitId, ...]:
    """The unit's ancestors, root first, and the unit itself; refused as by `unit_of`."""
    return tuple(UnitId(one) for one in programme.path_of(unit_of(programme, unit).id))


def nearest(programme: Programme, unit: UnitId, kind: UnitKind) -> UnitId:
    """The nearest unit of the kind at or above `unit`; refused when there is none on its path."""
    for one in reversed(path_of(programme, unit)):
        if programme.known_units[one].kind is kind:
            return one
    title = programme.known_units[unit].title
    raise invalid("no_unit_of_kind", at="unit", unit=title.zh, unit_en=title.en, kind=kind.value)


def post_of(programme: Programme, unit: UnitId, role_at: RoleAt) -> Post:
    """The post that role@scope means, seen from `unit`."""
    return Post(role=role_at.role, unit=nearest(programme, unit, role_at.scope))


def root_of(programme: Programme) -> UnitId:
    """The one unit without a parent."""
    return programme.root_path[0]
