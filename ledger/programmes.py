"""Programmes by digest, over the tree of units that the ledger keeps.

A stored programme never changes, so each is read and parsed once per process; the tree is read anew when it changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, LiteralString

from psycopg.types.json import Jsonb
from pydantic import ValidationError

from domain.canonical import content_digest
from domain.ids import TenantId
from domain.machine import Unreadable
from domain.programme import Place, Programme, Unit, UnitKind
from domain.refusal import Kind, Refused
from domain.text import Text
from ledger.database import Connection

_TREE: LiteralString = """
SELECT t.tree, u.unit, u.kind, u.title_zh, u.title_en, u.parent, u.parents, u.subject, u.centre, u.closed
FROM tenant AS t LEFT JOIN unit AS u ON u.tenant = t.tenant
WHERE t.tenant = %s ORDER BY u.unit
"""


class Programmes:
    """Stores and loads programmes."""

    def __init__(self) -> None:
        self._rules: dict[tuple[TenantId, str], Programme] = {}
        self._trees: dict[TenantId, tuple[int, Sequence[Place]]] = {}
        self._loaded: dict[tuple[TenantId, str], tuple[int, Programme]] = {}

    async def store(self, connection: Connection, tenant: TenantId, programme: Programme) -> str:
        """Keep a programme and return its digest."""
        body = as_json(programme)
        digest = content_digest(body)
        await connection.execute(
            "INSERT INTO programme (tenant, digest, name, body) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (tenant, digest, programme.id, Jsonb(body)),
        )
        return digest

    async def load(self, connection: Connection, tenant: TenantId, digest: str, tree: int) -> Programme:
        """Return a stored programme over the tree as it is since `tree` changes, or newer.

        While no unit was founded, that is the programme's own. Refused as missing when none has that digest.
        """
        known = self._loaded.get((tenant, digest))
        if known is None or known[0] < tree:
            rules = await self.rules(connection, tenant, digest)
            now, places = await self._tree(connection, tenant, tree)
            known = self._loaded[tenant, digest] = now, rules.over(places) if places else rules
        return known[1]

    async def over(self, connection: Connection, tenant: TenantId, programme: Programme) -> Programme:
        """Return rules that are not stored over the tree as it is now; their own while no unit was founded."""
        row = await (await connection.execute("SELECT tree FROM tenant WHERE tenant = %s", (tenant,))).fetchone()
        _, places = await self._tree(connection, tenant, row["tree"] if row else 0)
        return programme.over(places) if places else programme

    async def rules(self, connection: Connection, tenant: TenantId, digest: str) -> Programme:
        """Return a programme as it was stored, over its own tree. Refused as missing when none has that digest.

        Raises `Unreadable` when another version's model stored it.
        """
        rules = self._rules.get((tenant, digest))
        if rules is None:
            query = "SELECT body FROM programme WHERE tenant = %s AND digest = %s"
            row = await (await connection.execute(query, (tenant, digest))).fetchone()
            if row is None:
                raise Refused(Kind.MISSING, "programme_unknown", {"digest": digest})
            rules = self._rules[tenant, digest] = read_programme(row["body"])
        return rules

    async def _tree(self, connection: Connection, tenant: TenantId, tree: int) -> tuple[int, Sequence[Place]]:
        known = self._trees.get(tenant)
        if known is None or known[0] < tree:
            rows = await (await connection.execute(_TREE, (tenant,))).fetchall()
            places = [_place(row) for row in rows if row["unit"] is not None]
            known = self._trees[tenant] = (rows[0]["tree"] if rows else 0), places
        return known


def _place(row: dict[str, Any]) -> Place:
    # Not validated again: it was when it was decided.
    unit = Unit.model_construct(
        id=row["unit"],
        kind=UnitKind(row["kind"]),
        title=Text.model_construct(zh=row["title_zh"], en=row["title_en"]),
        parent=row["parent"],
        subject=row["subject"],
        centre=row["centre"],
    )
    return Place(unit, tuple(row["parents"]), row["closed"])


def read_programme(body: Any) -> Programme:
    """Return the programme that a stored body holds. Raises `Unreadable`."""
    try:
        return Programme.model_validate(body)
    except ValidationError as fault:
        raise Unreadable("programme") from fault


def as_json(programme: Programme) -> Any:
    """Return the programme as JSON values in a stable order: equal programmes have equal digests.

    What was added to the model later is left out where it says nothing, so that older programmes keep their digests.
    """
    body = programme.model_dump(mode="json")
    for role in body["roles"]:
        role["rights"] = sorted(role["rights"])
        if not role["totp"]:
            del role["totp"]
    for item in (item for rubric in body["rubrics"] for group in rubric["groups"] for item in group["items"]):
        if not item["evidence"]:
            del item["evidence"]
    return body
