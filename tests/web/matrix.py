"""Who may do what on the pages, as a table: every route, what is sent to it, and the posts that may.

Declared by rule, not found by asking: a row says who may, everybody else of the tenant may not.
"""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

import openpyxl

from domain.access import SYSTEM_ACTOR
from domain.filing import OpenFiling, Submit
from domain.ids import SYSTEM, PersonId, StreamId, UnitId, stream_id
from domain.person import Delegate
from domain.programme import UnitKind
from domain.rulebook import rulebook_stream
from domain.text import Text
from domain.unit import Close, Found, unit_stream
from ledger.tokens import Scope
from tests.api.site import ADMIN, LEADER, PERSONAL, PLAN, Site
from tests.conftest import START

UNITS: Mapping[UnitKind, tuple[str, ...]] = {
    UnitKind.COUNTY: ("pucheng",),
    UnitKind.CLUSTER: ("shiyan", "chengguan"),
    UnitKind.SCHOOL: ("shiyan-zhongxue", "chengguan-zhenzhong"),
    UnitKind.GROUP: ("shiyan-maths", "chengguan-maths"),
}
"""Of each kind the unit in whose cluster the things of the table are, and its sister in another cluster."""

EVERYBODY = frozenset({"everybody"})
"""Whoever holds a post: their own account and desk, and lists, which show each what they may look at."""

_COUNTY = frozenset({"director@pucheng", "deputy@pucheng", "office@pucheng"})
_CLUSTER = frozenset({"centre_principal@shiyan", "coordinator@shiyan"})
_GROUP_LEADER = frozenset({"group_leader@shiyan-maths"})
_TEACHER = frozenset({"teacher@shiyan-maths"})
_ADMIN = frozenset({"admin@pucheng"})
_OFFICE = frozenset({"office@pucheng"})
_DEPUTY = frozenset({"deputy@pucheng"})
_EXPERT = frozenset({"expert@pucheng"})
_COORDINATOR = frozenset({"coordinator@shiyan"})
_PRINCIPAL = frozenset({"centre_principal@shiyan"})
_LEDGER = frozenset({"director@pucheng", "admin@pucheng"})
"""Readers of the whole ledger."""
_READS_GROUP = _COUNTY | _CLUSTER | _GROUP_LEADER
"""Who reads what a group hands in, by right."""
_INSPECTOR = frozenset({"inspector@shiyan"})
"""On the panel of the cluster's inspection: looks at what bears on the sheet, what stays in the cluster too."""
_LOOKS_GROUP = _READS_GROUP | _ADMIN | _INSPECTOR
"""Who looks at what a group hands in: those readers, the readers of the ledger and the inspectors."""
_READS_CLUSTER = _COUNTY | _CLUSTER
"""Who reads what is owed by a cluster: those above it and in it, nobody below."""
_READS_PERSONAL = _CLUSTER | _GROUP_LEADER | _TEACHER
"""Who reads what stays in the cluster: nobody of the county, whatever their rights."""

Fields = Mapping[str, str | tuple[str, ...]]
Target = Mapping[str, str]
"""What the parts of an address in braces stand for."""


@dataclass(frozen=True)
class Thing:
    """What a row is about: the values in its address, and words that only its readers may see."""

    at: Target
    words: tuple[Text, ...] = ()
    fields: Fields = field(default_factory=dict)
    """Fields that name it."""

    @property
    def stream(self) -> StreamId | None:
        """Its stream, where it is one."""
        id = self.at.get("id", "")
        return StreamId(id) if id[3:4] == "-" and len(id) == 24 else None


Prepare = Callable[[Site], Awaitable[Thing]]


@dataclass(frozen=True)
class Row:
    """A route, who may use it, and what is sent to it."""

    method: str
    path: str
    allowed: frozenset[str]
    prepare: Prepare | None = None
    fields: Fields = field(default_factory=dict)
    query: str = ""
    status: int = 0
    """What those who may are answered; unless told otherwise 200 to GET and 303 to POST."""
    readers: frozenset[str] = frozenset()
    """Who may look at the thing besides, and is shown it when they try what they may not."""
    sheet: bool = False
    """Whether a file is sent."""
    right_first: bool = False
    """Whether the right is asked for before the thing: others of another tenant learn no more than at home."""
    shows: bool = True
    """Whether the answer has the thing's words in it; one in figures has not."""

    @property
    def name(self) -> str:
        """The row in a failure's message."""
        return f"{self.method} {self.path}{'?' if self.query else ''}{self.query}"

    @property
    def wanted(self) -> int:
        """The status for those who may."""
        return self.status or (200 if self.method == "GET" else 303)

    def may(self, who: str) -> bool:
        """What the table says."""
        return self.allowed is EVERYBODY or who in self.allowed


# -- what the rows are about


async def _words(site: Site, stream: StreamId) -> tuple[Text, ...]:
    _, state, _ = await site.bureau.ledger.head(site.tenant, stream)
    return (state.model_copy().title,) if hasattr(state, "title") else ()


async def _of(site: Site, stream: StreamId, *words: str) -> Thing:
    said = tuple(Text(zh=one, en=one) for one in words)
    return Thing({"id": stream}, said or await _words(site, stream))


def filing(state: str) -> Prepare:
    """A plan of the mathematics group: to those of its cluster and the county a unit below, to the group its own."""

    async def prepare(site: Site) -> Thing:
        stream = await site.filing(state)
        handed_in = state not in ("open", "drafting", "extension")
        return await _of(site, stream, *([PLAN["analysis"]] if handed_in and state != "amended" else []))

    return prepare


async def drafted(site: Site) -> Thing:
    """A plan whose draft is saved and not handed in."""
    stream = await site.filing("drafting")
    author = await site.person(*LEADER)
    draft = await site.bureau.ledger.contents.save_draft(site.tenant, stream, PLAN, author, None)
    return Thing({"id": stream}, (Text(zh=PLAN["analysis"], en=PLAN["analysis"]),), {"revision": str(draft.revision)})


async def cluster_filing(site: Site) -> Thing:
    """What the cluster itself owes: its own unit to those of the cluster, and above the groups."""
    cycle = stream_id("cycle", site.tenant, "2026")
    period = f"p{next(site.numbers)}"
    stream = stream_id("filing", site.tenant, cycle, "cluster_plan", period, "shiyan", "")
    due_at = START + timedelta(days=20)
    opens = OpenFiling(
        cycle=cycle,
        duty="cluster_plan",
        period=period,
        unit=UnitId("shiyan"),
        person=None,
        due_at=due_at,
        lapses_at=due_at + timedelta(days=20),
    )
    await site.by(SYSTEM, stream, opens)
    return await _of(site, stream)


async def personal_filing(site: Site) -> Thing:
    """A teacher's own plan, which stays in the cluster."""
    teacher = await site.person("teacher", "shiyan-maths")
    stream = await site.filing("open", "personal_plan", person=teacher)
    await site.by(teacher, stream, Submit(content=PERSONAL))
    return await _of(site, stream, PERSONAL["self_analysis"])


def inspection(state: str) -> Prepare:
    """An inspection of the cluster."""

    async def prepare(site: Site) -> Thing:
        return await _of(site, await site.inspection(state))

    return prepare


def follow_up(state: str, rules: str = "assistance") -> Prepare:
    """A follow-up of the cluster."""

    async def prepare(site: Site) -> Thing:
        return await _of(site, await site.follow_up(state, rules))

    return prepare


def cycle(state: str) -> Prepare:
    """A school year."""

    async def prepare(site: Site) -> Thing:
        return Thing({"id": await site.cycle(state)})

    return prepare


async def person(site: Site) -> Thing:
    """Somebody of the mathematics group."""
    return Thing({"id": await site.person("teacher", "shiyan-maths", f"n{next(site.numbers)}")})


async def person_with_colleague(site: Site) -> Thing:
    """Somebody, and who could act for them."""
    colleague = await site.person("teacher", "shiyan-english", "colleague")
    return Thing((await person(site)).at, fields={"delegate": colleague})


async def person_leaving(site: Site) -> Thing:
    """Somebody, and who takes over."""
    thing = await person_with_colleague(site)
    return Thing(thing.at, fields={"successor": thing.fields["delegate"]})


async def person_away(site: Site) -> Thing:
    """Somebody for whom another acts."""
    thing = await person_with_colleague(site)
    command = Delegate(
        delegate=PersonId(str(thing.fields["delegate"])),
        first_day=date(2026, 9, 1),
        last_day=date(2026, 9, 5),
        reason="外出培训",
    )
    await site.bureau.by(SYSTEM, StreamId(thing.at["id"]), command)
    return Thing(thing.at)


async def somebody(site: Site) -> Thing:
    """Another person, named in a field."""
    return Thing({}, fields={"person": (await person(site)).at["id"]})


async def token(site: Site) -> Thing:
    """A token of the group leader."""
    leader = await site.person(*LEADER)
    made = await site.bureau.ledger.tokens.issue(site.tenant, SYSTEM_ACTOR, leader, "统计", [Scope.READ])
    return Thing({}, fields={"id": made.token.id})


async def account(site: Site) -> Thing:
    """Somebody with an account, chosen from a list."""
    made = await person(site)
    await site.bureau.ledger.accounts.create(site.tenant, PersonId(made.at["id"]), f"login-{next(site.numbers)}")
    return Thing({}, fields={"pick": made.at["id"]})


async def _founded(site: Site) -> tuple[StreamId, str]:
    title = Text(zh="组", en="Group")
    name = f"group-{next(site.numbers)}"
    stream = unit_stream(site.tenant, name)
    found = Found.model_validate({"unit": name, "kind": "group", "title": title, "parent": "shiyan"})
    await site.bureau.by(SYSTEM, stream, found)
    return stream, name


async def unit(site: Site) -> Thing:
    """A group of the cluster."""
    return Thing({"id": (await _founded(site))[0]})


async def closed_unit(site: Site) -> Thing:
    """A group that was closed."""
    stream, _ = await _founded(site)
    await site.bureau.by(SYSTEM, stream, Close())
    return Thing({"id": stream})


async def unit_to_found(site: Site) -> Thing:
    """An id that no unit has yet."""
    return Thing({}, fields={"unit": f"group-{next(site.numbers)}"})


async def person_to_enter(site: Site) -> Thing:
    """A staff number that nobody has yet."""
    return Thing({}, fields={"staff_no": f"9{next(site.numbers):05}"})


async def year_to_draft(site: Site) -> Thing:
    """A school year that has no cycle yet."""
    return Thing({}, fields={"school_year": str(next(site.years))})


async def panel(site: Site) -> Thing:
    """An inspection without inspectors, and two who could."""
    stream = await site.inspection("planned")
    one, other = await site.panel()
    return Thing({"id": stream}, await _words(site, stream), {"inspectors": (one, other)})


async def import_job(site: Site) -> Thing:
    """An import that was checked and changes nothing yet."""
    admin = await site.person(*ADMIN)
    id: UUID = await site.bureau.ledger.imports.check(site.tenant, admin, "名册-机密.xlsx", [])
    return Thing({"id": str(id)}, (Text(zh="名册-机密", en="名册-机密"),))


async def programmes(site: Site) -> Thing:
    """Rules that only this tenant has had: another version was in force once, and has been read."""
    ours = Text(zh=f"旧规则{next(site.numbers)}", en="Former rules")
    former = site.bureau.programme.model_copy(update={"title": ours})
    ledger = site.bureau.ledger
    digest = await ledger.tenants.put_in_force(site.tenant, former)
    await ledger.tenants.put_in_force(site.tenant, site.bureau.programme)
    await ledger.programme(site.tenant, digest)
    return Thing({"digest": digest, "pipeline": former.pipelines[0].id})


async def rulebook(site: Site) -> Thing:
    """The rules in force, and a stored version that has never been."""
    newer = site.bureau.programme.model_copy(update={"version": 100 + next(site.numbers)})
    digest = await site.bureau.ledger.moves.store(site.tenant, newer)
    return Thing({"id": rulebook_stream(site.tenant)}, fields={"programme": digest})


async def year_and_other_version(site: Site) -> Thing:
    """A running year, and a version of the rules to see it by."""
    former = await programmes(site)
    return Thing({"id": await site.cycle("running")}, fields={"to": former.at["digest"]})


async def saved_view(site: Site) -> Thing:
    """The id of a view; only one's own is ever dropped."""
    return Thing({}, fields={"id": "3f0c4c5e-0d7a-4f8e-8a55-5f5f5b0a4a10"})


def sheet() -> bytes:
    """An empty roster."""
    out = io.BytesIO()
    openpyxl.Workbook().save(out)
    return out.getvalue()


# -- the table

_REASON: dict[str, str] = {"reason": "日期有误"}
_NAME = {"full_name": "王晓"}
_POST: dict[str, str] = {
    "post.id": "2",
    "post.role": "teacher",
    "post.unit": "shiyan-maths",
    "post.first_day": "2026-09-01",
}
_AWAY = {"first_day": "2026-09-01", "last_day": "2026-09-05", "reason": "外出培训"}
_UNIT = {"kind": "group", "title.zh": "新组", "title.en": "New group", "parent": "shiyan"}
_TYPED = {"content.analysis": "新的分析。", "do": "save"}

_READS_INSPECTION = _READS_CLUSTER | _EXPERT | _ADMIN
_READS_FOLLOW_UP = _READS_CLUSTER | _ADMIN


def _command(
    machine: str, command: str, allowed: frozenset[str], prepare: Prepare, readers: frozenset[str], **fields: str
) -> Row:
    path = f"/{machine}/{{id}}/{command}"
    return Row("POST", path, allowed, prepare, {n.replace("__", "."): v for n, v in fields.items()}, readers=readers)


def _filing(command: str, allowed: frozenset[str], state: str, **fields: str) -> Row:
    return _command("filings", command, allowed, filing(state), _LOOKS_GROUP, **fields)


def _inspection(command: str, allowed: frozenset[str], state: str, **fields: str) -> Row:
    return _command("inspections", command, allowed, inspection(state), _READS_INSPECTION, **fields)


def _follow_up(command: str, allowed: frozenset[str], state: str, rules: str = "assistance", **fields: str) -> Row:
    return _command("follow-ups", command, allowed, follow_up(state, rules), _READS_FOLLOW_UP, **fields)


def _keeps(kind: str, command: str, prepare: Prepare, fields: Fields, status: int = 0) -> Row:
    return Row("POST", f"/{kind}/{{id}}/{command}", _ADMIN, prepare, fields, status=status, readers=EVERYBODY)


DESK = (
    Row("GET", "/", EVERYBODY),
    Row("GET", "/desk/many", EVERYBODY, status=303),
    Row("POST", "/desk/many", EVERYBODY, status=422),
    Row("GET", "/notices", EVERYBODY),
    Row("POST", "/notices/read", EVERYBODY),
    Row("GET", "/live", EVERYBODY),
    Row("GET", "/account", EVERYBODY),
    Row("GET", "/account/password", EVERYBODY),
    Row("POST", "/account/password", EVERYBODY, status=422),
    Row("GET", "/account/totp", EVERYBODY),
    Row("POST", "/account/totp", EVERYBODY),
    Row("POST", "/account/totp/remove", EVERYBODY, status=422),
    Row("POST", "/account/sessions/end", EVERYBODY, fields={"session": "nowhere"}),
    Row("GET", "/account/tokens", EVERYBODY),
    Row("POST", "/account/tokens", EVERYBODY, status=422),
    Row("POST", "/account/tokens", _ADMIN, somebody, status=422),
    Row("POST", "/account/tokens/revoke", EVERYBODY, fields={"id": "0" * 16}, status=404),
    Row("POST", "/account/tokens/revoke", _GROUP_LEADER | _ADMIN, token),
    Row("GET", "/sign-in/kept", EVERYBODY, query="key=nowhere", status=404),
    Row("POST", "/sign-out", EVERYBODY),
)

FILINGS = (
    Row("GET", "/filings", EVERYBODY),
    Row("POST", "/filings/views", EVERYBODY, fields={"name": "本月", "status": "open"}),
    Row("POST", "/filings/views/drop", EVERYBODY, saved_view),
    Row("GET", "/board", _READS_GROUP | _ADMIN, query="unit=shiyan-maths"),
    Row("GET", "/board", _READS_CLUSTER | _ADMIN, query="unit=shiyan"),
    Row("GET", "/board", _COUNTY | _ADMIN, query="unit=pucheng"),
    Row("GET", "/board.xlsx", _READS_CLUSTER | _ADMIN, query="unit=shiyan"),
    Row("GET", "/filings/{id}", _LOOKS_GROUP, filing("open")),
    Row("GET", "/filings/{id}", _LOOKS_GROUP, filing("in_review")),
    Row("GET", "/filings/{id}", _READS_CLUSTER | _ADMIN | _INSPECTOR, cluster_filing),
    Row("GET", "/filings/{id}", _READS_PERSONAL | _INSPECTOR, personal_filing),
    Row("GET", "/filings/{id}/edit", _GROUP_LEADER, drafted),
    Row("GET", "/filings/{id}/preview", _GROUP_LEADER, drafted),
    Row("POST", "/filings/{id}/edit", _GROUP_LEADER, drafted, _TYPED),
    Row("POST", "/filings/{id}/draft", _GROUP_LEADER, drafted, _TYPED, status=200),
    Row("POST", "/filings/{id}/submit", _GROUP_LEADER, drafted),
    _filing("begin-draft", _GROUP_LEADER, "open"),
    _filing("approve", _COORDINATOR, "in_review"),
    _filing("return", _COORDINATOR, "in_review", **_REASON),
    _filing("reject", _PRINCIPAL, "second", **_REASON),
    _filing("recall", _GROUP_LEADER, "in_review"),
    _filing("waive", _OFFICE, "open", **_REASON),
    _filing("amend", _GROUP_LEADER, "approved", **_REASON),
    _filing("abandon-amendment", _GROUP_LEADER, "amending"),
    _filing("comment", _READS_GROUP, "approved", text="已阅"),
    Row("GET", "/filings/{id}/people", _LOOKS_GROUP, filing("in_review"), query="q=x", shows=False),
    # No stage of the county counts votes.
    _filing("object", frozenset(), "in_review", **_REASON),
    _filing("transfer", _COORDINATOR, "in_review", to="pucheng deputy", **_REASON),
    _filing("add-signer", _COORDINATOR, "in_review", people="pucheng deputy", where="before", **_REASON),
    _filing("assign", _OFFICE, "in_review", people="pucheng deputy", **_REASON),
    _filing("agree-recall", _PRINCIPAL, "recall_asked"),
    _filing("refuse-recall", _PRINCIPAL, "recall_asked", **_REASON),
    _filing("void", _OFFICE, "approved", **_REASON),
    _filing("ask-extension", _GROUP_LEADER, "open", until="2026-10-09", **_REASON),
    _filing("grant-extension", _OFFICE, "extension"),
    _filing("refuse-extension", _OFFICE, "extension", **_REASON),
    _filing("copy", _GROUP_LEADER | _COORDINATOR | _OFFICE, "in_review", people="pucheng deputy"),
    Row("POST", "/filings/{id}/mark-read", _TEACHER, filing("copied"), readers=_LOOKS_GROUP | _TEACHER),
    _filing("urge", _GROUP_LEADER, "in_review"),
)

INSPECTIONS = (
    Row("GET", "/inspections", EVERYBODY),
    Row("GET", "/inspections", EVERYBODY, query="kind=follow-ups"),
    Row("GET", "/inspections/{id}", _READS_INSPECTION, inspection("assigned")),
    Row("GET", "/inspections/{id}/sheet", _READS_INSPECTION, inspection("scored"), shows=False),
    Row("POST", "/inspections/{id}/assign", _OFFICE, panel, readers=_READS_INSPECTION),
    _inspection("score", _EXPERT, "assigned", s1__points="5"),
    _inspection("sign", _EXPERT, "scored"),
    _inspection("acknowledge", _COORDINATOR, "notified"),
    _inspection("dispute", _COORDINATOR, "notified", **_REASON),
    _inspection("review", _DEPUTY, "acknowledged"),
    _inspection("cancel", _OFFICE, "planned", **_REASON),
    Row("GET", "/follow-ups/{id}", _READS_FOLLOW_UP, follow_up("opened")),
    _follow_up("commend", _OFFICE, "opened", "commendation", text="好"),
    _follow_up("visit", _OFFICE, "opened", findings="流于形式"),
    _follow_up("agree-plan", _OFFICE | _COORDINATOR, "visited", plan="每周备课"),
    _follow_up("verify", _OFFICE, "agreed"),
    _follow_up("send-back", _OFFICE, "agreed", **_REASON),
    _follow_up("cancel", _OFFICE, "opened", **_REASON),
)

CYCLES = (
    Row("GET", "/cycles", EVERYBODY),
    Row("GET", "/cycles/{id}", EVERYBODY, cycle("drafted")),
    Row("POST", "/cycles", _OFFICE, year_to_draft, readers=EVERYBODY),
    _command("cycles", "publish", _OFFICE, cycle("drafted"), EVERYBODY),
    Row("GET", "/cycles/{id}/rules", _OFFICE, cycle("running"), readers=EVERYBODY),
    Row("POST", "/cycles/{id}/rules/move", _OFFICE, year_and_other_version, _REASON, status=200, readers=EVERYBODY),
    _command("cycles", "suspend", _OFFICE, cycle("running"), EVERYBODY, **_REASON),
    _command("cycles", "resume", _OFFICE, cycle("suspended"), EVERYBODY),
    _command("cycles", "archive", _OFFICE, cycle("closing"), EVERYBODY),
)

PROGRAMME = (
    Row("GET", "/programme", EVERYBODY),
    Row("GET", "/programme/difference", EVERYBODY),
    Row("GET", "/programme/difference", EVERYBODY, programmes, query="from={digest}"),
    Row("GET", "/programme/{digest}", EVERYBODY, programmes),
    Row("GET", "/programme/{digest}.yaml", EVERYBODY, programmes),
    Row("GET", "/programme/{digest}/{pipeline}.bpmn", EVERYBODY, programmes),
    Row("GET", "/rulebooks/{id}", EVERYBODY, rulebook),
    _keeps("rulebooks", "adopt", rulebook, _REASON),
)

DIRECTORY = (
    Row("GET", "/directory", EVERYBODY),
    Row("GET", "/directory/people/new", _ADMIN),
    Row("POST", "/directory/people", _ADMIN, person_to_enter, _NAME),
    Row("GET", "/directory/units/new", _ADMIN),
    Row("POST", "/directory/units", _ADMIN, unit_to_found, _UNIT),
    Row("GET", "/directory/template.{form}", _ADMIN),
    Row("GET", "/directory/export.{form}", _ADMIN),
    Row("GET", "/directory/import", _ADMIN),
    Row("POST", "/directory/import", _ADMIN, sheet=True),
    Row("GET", "/directory/import/{id}", _ADMIN, import_job, right_first=True),
    Row("POST", "/directory/import/{id}/confirm", _ADMIN, import_job, right_first=True),
    Row("POST", "/directory/passwords", _ADMIN, account, status=200),
    Row("GET", "/people/{id}", EVERYBODY, person),
    _keeps("people", "one-time-password", person, {}, 200),
    _keeps("people", "reset-totp", person, {}),
    _keeps("people", "appoint", person, _POST),
    _keeps("people", "end-appointment", person, {"id": "1", "last_day": "2027-07-01"}),
    _keeps("people", "correct-name", person, _NAME),
    _keeps("people", "revise", person, _NAME),
    _keeps("people", "leave", person, {}),
    Row("GET", "/account/delegations", EVERYBODY, status=303),
    Row("GET", "/people/{id}/delegations", _ADMIN, person),
    Row("POST", "/people/{id}/delegate", _ADMIN, person_with_colleague, _AWAY),
    Row("POST", "/people/{id}/end-delegation", _ADMIN, person_away, {"id": "d1"}),
    Row("GET", "/people/{id}/hand-over", _ADMIN, person),
    Row("POST", "/people/{id}/hand-over", _ADMIN, person_leaving, {"reason": "调离", "leaves": "true"}),
    Row("GET", "/units/{id}", EVERYBODY, unit),
    _keeps("units", "rename", unit, {"title.zh": "新组", "title.en": "New group"}),
    _keeps("units", "move", unit, {"parent": "chengguan"}),
    _keeps("units", "close", unit, {}),
    _keeps("units", "reopen", closed_unit, {}),
)

AUDIT = (
    Row("GET", "/audit", _LEDGER),
    Row("GET", "/audit/events", _LEDGER),
    Row("GET", "/audit/denials", _LEDGER),
    Row("GET", "/audit/sign-ins", _LEDGER),
    Row("GET", "/audit/verify", _LEDGER),
    Row("POST", "/audit/verify", _LEDGER),
    *(
        row
        for rest in ("", "/sheet", "/events.json", "/events.csv")
        for row in (
            Row("GET", f"/audit/{{id}}{rest}", _LOOKS_GROUP, filing("in_review"), shows=rest == "/events.json"),
            Row(
                "GET",
                f"/audit/{{id}}{rest}",
                _READS_PERSONAL | _INSPECTOR,
                personal_filing,
                shows=rest == "/events.json",
            ),
        )
    ),
    Row("GET", "/audit/{id}", _READS_INSPECTION, inspection("assigned")),
)

MATRIX: Mapping[str, tuple[Row, ...]] = {
    "desk": DESK,
    "filings": FILINGS,
    "inspections": INSPECTIONS,
    "cycles": CYCLES,
    "programme": PROGRAMME,
    "directory": DIRECTORY,
    "audit": AUDIT,
}

OPEN: frozenset[tuple[str, str]] = frozenset(
    {
        ("GET", "/sign-in"),
        ("POST", "/sign-in"),
        ("POST", "/sign-in/code"),
        ("POST", "/sign-in/continue"),
        ("GET", "/sign-in/oidc"),
        ("GET", "/sign-in/oidc/back"),
        ("POST", "/language"),
        ("GET", "/static/{name}"),
        ("GET", "/health/live"),
        ("GET", "/health/ready"),
        ("GET", "/metrics"),
        ("GET", "/api/v1/openapi.json"),
    }
)
"""Routes that ask nobody who they are, and show nothing of a tenant."""


def rows() -> tuple[Row, ...]:
    """Every row of the table."""
    return tuple(row for area in MATRIX.values() for row in area)
