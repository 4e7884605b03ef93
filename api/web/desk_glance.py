"""What a filing says, at a glance: its fields in a few lines each, to be read on the desk before one agrees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.web.document_form import Said, as_text
from api.web.kit import say
from api.web.visitor import Visitor
from domain.filing import Filing
from domain.ids import StreamId
from domain.machine import State
from domain.programme import Programme
from domain.view import Names, beginning
from ledger.ledger import Ledger

_LARGEST = 16 * 1024
"""Bytes, as the database keeps it, of a content that is worth a glance: a longer one is read on its page."""

_FIELDS = 8
_MOST = 120
"""Characters of a field that are shown."""


@dataclass(frozen=True, slots=True)
class Glance:
    """The beginning of what each field says. Without fields there is nothing to be shown here."""

    fields: Sequence[tuple[str, str]] = ()
    """Title and text."""
    more: bool = False
    """Something was left out or cut off."""


async def glances(
    ledger: Ledger, visitor: Visitor, filings: Mapping[StreamId, tuple[State, str]]
) -> dict[StreamId, Glance]:
    """Return what filings say, each given by its state and the digest of its rules.

    One query for all of them; rules that were read before cost none.
    """
    revisions = {
        stream: (state, state.revisions[-1].content, digest)
        for stream, (state, digest) in filings.items()
        if isinstance(state, Filing) and state.revisions
    }
    bodies = await ledger.contents.bodies(visitor.tenant, {one for _, one, _ in revisions.values()}, _LARGEST)
    rules = await ledger.rules(visitor.tenant, {digest for _, _, digest in revisions.values()})
    return {
        stream: _glance(visitor, rules[digest], state, bodies.get(content))
        for stream, (state, content, digest) in revisions.items()
    }


def _glance(visitor: Visitor, programme: Programme, state: Filing, body: Any) -> Glance:
    document = programme.document_by_id.get(state.document)
    if document is None or not isinstance(body, dict):
        return Glance()
    names = Names(visitor.lang, programme, now=visitor.now)
    said = [one for one in as_text(document, body, names) if not one.is_empty]
    texts = [(one.title, _text(visitor, one)) for one in said]
    shown = [(title, beginning(text, _MOST)) for title, text in texts[:_FIELDS]]
    return Glance(shown, len(said) > _FIELDS or any(text.endswith("…") for _, text in shown))


def _text(visitor: Visitor, one: Said) -> str:
    if one.rows:
        return _listed(visitor, (" · ".join(cell for cell in row if cell) for row in one.rows), len(one.rows))
    return _listed(visitor, one.items, len(one.items)) if one.items else one.text


def _listed(visitor: Visitor, said: Iterable[str], count: int) -> str:
    """Rows or items on one line; how many there are comes first where there are several: the line may be cut off."""
    rows = ("；" if visitor.lang == "zh" else "; ").join(said)
    return rows if count == 1 else say(visitor.lang, "web.desk.glance_rows", count=count, rows=rows)
