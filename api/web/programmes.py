"""The programme: its rules in readable sentences, pipelines and machines as pictures, and what versions differ in."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from ruamel.yaml import YAML

from api.deps import LedgerDep
from api.web.graph_drawing import Picture, picture
from api.web.kit import day, page, say
from api.web.visitor import Visitor, VisitorDep
from domain.bpmn import bpmn
from domain.machines import MACHINES
from domain.pipeline_graph import pipeline_graph
from domain.programme import Programme, Right
from domain.programme_check import dump
from domain.programme_difference import programme_difference
from domain.refusal import Kind, Refused
from domain.rulebook import rulebook_stream
from domain.rules_view import Part, machine_graph, rules
from domain.text import Text
from domain.view import Names
from ledger.ledger import Ledger
from ledger.tenants import PinnedCycle, StoredProgramme

router = APIRouter()

SHORT = 8
"""Letters of a digest by which versions are told apart on a page."""
_DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Version:
    """A stored programme as it is named in lists."""

    stored: StoredProgramme
    words: str


@dataclass(frozen=True, slots=True)
class Adoption:
    """A programme that was put in force, in words."""

    digest: str
    title: Text
    version: int
    at: datetime
    who: str
    reason: str | None
    before: str | None
    """Digest of what was in force until then; none for the first."""


@dataclass(frozen=True, slots=True)
class MachinePicture:
    """A machine with its name."""

    name: str
    title: str
    picture: Picture


@router.get("/programme")
async def in_force(request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """The rules that are in force."""
    versions = await ledger.tenants.programmes(visitor.tenant)
    now = next(one for one in versions if one.in_force)
    return _page(request, visitor, versions, now, visitor.programme, await adoptions(ledger, visitor))


@router.get("/programme/difference")
async def difference(request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """What differs between two versions; without a choice, between the one in force and the one stored before it."""
    versions = await ledger.tenants.programmes(visitor.tenant)
    usual = _usual_pair(versions)
    before = known_version(versions, request.query_params.get("from") or usual[0])
    after = known_version(versions, request.query_params.get("to") or usual[1])
    old = await ledger.programme(visitor.tenant, before.digest)
    new = await ledger.programme(visitor.tenant, after.digest)
    return page(
        request,
        visitor,
        "programme_difference.html",
        versions=[version_words(one, visitor) for one in versions],
        before=version_words(before, visitor),
        after=version_words(after, visitor),
        same=before.digest == after.digest,
        sections=programme_difference(old, new, Names(visitor.lang, new)),
    )


@router.get("/programme/{digest}.yaml")
async def download(digest: str, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """The rules as a file that `termledger programme check` reads."""
    programme = await stored_version(ledger, visitor, digest)
    name = f"{programme.id}-{programme.version}-{digest[:SHORT]}.yaml"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(as_yaml(programme), media_type="application/yaml; charset=utf-8", headers=headers)


@router.get("/programme/{digest}/{pipeline}.bpmn")
async def diagram(digest: str, pipeline: str, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """A pipeline as BPMN 2.0, for the modellers of others."""
    programme = await stored_version(ledger, visitor, digest)
    found = programme.pipeline_by_id.get(pipeline)
    if found is None:
        raise _unknown(f"{digest}/{pipeline}")
    headers = {"content-disposition": f'attachment; filename="{programme.id}-{programme.version}-{found.id}.bpmn"'}
    text = bpmn(found, programme, visitor.lang)
    return Response(text, media_type="application/xml; charset=utf-8", headers=headers)


@router.get("/programme/{digest}")
async def one(digest: str, request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """The rules of one stored version."""
    programme = await stored_version(ledger, visitor, digest)
    versions = await ledger.tenants.programmes(visitor.tenant)
    found = known_version(versions, digest)
    return _page(request, visitor, versions, found, programme, await adoptions(ledger, visitor))


def _page(
    request: Request,
    visitor: Visitor,
    versions: Sequence[StoredProgramme],
    shown: StoredProgramme,
    programme: Programme,
    adopted: Sequence[Adoption],
) -> Response:
    # In its own words: what a rule calls a role is what this version calls it.
    names = Names(visitor.lang, programme)
    return page(
        request,
        visitor,
        "programme.html",
        rules=programme,
        shown=shown,
        short=shown.digest[:SHORT],
        stored=_stored_on(shown, visitor),
        sections=rules(programme, names),
        inline=(Part.UNITS.value, Part.ROLES.value),
        pictures={one.id: picture(pipeline_graph(one, names)) for one in programme.pipelines},
        machines=[
            MachinePicture(name, say(visitor.lang, f"web.programme.machine.{name}"), picture(machine_graph(one, names)))
            for name, one in MACHINES.items()
        ],
        others=[version_words(one, visitor) for one in versions if one.digest != shown.digest],
        adoptions=adopted,
        rulebook=rulebook_stream(visitor.tenant),
        running=_running(versions, visitor),
    )


def _running(versions: Sequence[StoredProgramme], visitor: Visitor) -> Sequence[PinnedCycle]:
    """The cycles that could go over to these rules, for who runs them."""
    if not visitor.actor.has(Right.RUN_CYCLE, visitor.programme.root_path):
        return ()
    return [cycle for one in versions for cycle in one.cycles if cycle.status not in ("closing", "archived")]


async def adoptions(ledger: Ledger, visitor: Visitor) -> list[Adoption]:
    """Return what was put in force, the newest first. Two queries."""
    found = await ledger.tenants.adoptions(visitor.tenant)
    names = Names(visitor.lang, visitor.programme, await ledger.names(visitor.tenant, {one.by for one in found}))
    former = [None, *(one.digest for one in found)]
    told = [
        Adoption(one.digest, one.title, one.version, one.adopted_at, names.actor(one.by), one.reason, before)
        for one, before in zip(found, former, strict=False)
    ]
    return told[::-1]


async def stored_version(ledger: Ledger, visitor: Visitor, digest: str) -> Programme:
    """A stored version. Everybody of the tenant reads the rules; an unknown or foreign digest is refused as missing."""
    if _DIGEST.fullmatch(digest) is None:
        raise _unknown(digest)
    return await ledger.programme(visitor.tenant, digest)


def known_version(versions: Sequence[StoredProgramme], digest: str) -> StoredProgramme:
    """The version of a digest; refused as missing when there is none."""
    found = next((one for one in versions if one.digest == digest), None)
    if found is None:
        raise _unknown(digest)
    return found


def _unknown(digest: str) -> Refused:
    return Refused(Kind.MISSING, "programme_unknown", {"digest": digest[:80].replace("\x00", "?")})


def _usual_pair(versions: Sequence[StoredProgramme]) -> tuple[str, str]:
    """The version in force after the one stored before it; where it is the first, before the newest."""
    at = next(number for number, one in enumerate(versions) if one.in_force)
    before, after = (at + 1, at) if at + 1 < len(versions) else (at, 0)
    return versions[before].digest, versions[after].digest


def version_words(stored: StoredProgramme, visitor: Visitor) -> Version:
    """A version as it is named in lists."""
    words = say(
        visitor.lang,
        "web.programme.version_in_force" if stored.in_force else "web.programme.version_stored",
        version=stored.version,
        day=_stored_on(stored, visitor),
        digest=stored.digest[:SHORT],
    )
    return Version(stored, words)


def _stored_on(stored: StoredProgramme, visitor: Visitor) -> str:
    return day(visitor.lang, visitor.programme.local_day(stored.stored_at))


def as_yaml(programme: Programme) -> str:
    """Return a programme as YAML that `domain.programme_check.load` reads back to an equal one."""
    yaml: Any = YAML(typ="safe", pure=True)
    yaml.allow_unicode = True
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False
    yaml.width = 120
    written = io.StringIO()
    yaml.dump(_given(dump(programme)), written)
    return written.getvalue()


def _given(value: Any) -> Any:
    """Leave out what a programme does not say."""
    if isinstance(value, Mapping):
        return {name: _given(one) for name, one in value.items() if one is not None}
    return [_given(one) for one in value] if isinstance(value, list) else value
