"""The roster (名册): people and their appointments as rows of a sheet, and what a sheet would change.

Pure. A row says who (staff number, name), and which post from which day to which. Several rows of one staff number are
one person with several posts. Who is not in the sheet is left alone. What a row says twice, or what the ledger has
already, changes nothing: people and appointments carry ids derived from what the sheet says about them.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum, StrEnum
from itertools import pairwise
from typing import Final, Literal, NamedTuple

from domain.ids import PersonId, TenantId, UnitId, derived, stream_id
from domain.machine import Appointment
from domain.programme import Programme, Role, Unit
from domain.refusal import Params
from domain.text import Text, storable

MAX_ROWS = 20_000
"""Rows of a sheet below its headings, at most."""
MAX_TEXT = 200
"""Characters of a cell, at most."""
MAX_FAULTS = 1_000
"""Faults that are named; a sheet with more has one cause."""


class Special(Enum):
    """What a cell may hold that is no value."""

    FORMULA = "formula"


FORMULA: Final = Special.FORMULA
Cell = str | date | Literal[Special.FORMULA] | None


class Row(NamedTuple):
    """A row of a sheet, under the number the sheet's own program shows."""

    number: int
    cells: tuple[Cell, ...]


class Column(StrEnum):
    """The roster's columns, in the order in which they are written."""

    STAFF_NO = "staff_no"
    NAME = "name"
    ROLE = "role"
    UNIT = "unit"
    SUBJECT = "subject"
    FROM = "from"
    TO = "to"
    LOGIN = "login"


HEADINGS: Mapping[Column, Text] = {
    Column.STAFF_NO: Text(zh="工号", en="staff_no"),
    Column.NAME: Text(zh="姓名", en="name"),
    Column.ROLE: Text(zh="职务", en="role"),
    Column.UNIT: Text(zh="单位", en="unit"),
    Column.SUBJECT: Text(zh="学科", en="subject"),
    Column.FROM: Text(zh="任职起", en="from"),
    Column.TO: Text(zh="任职止", en="to"),
    Column.LOGIN: Text(zh="登录名", en="login"),
}
"""What is written above each column."""

_ALSO: Mapping[Column, tuple[str, ...]] = {
    Column.STAFF_NO: ("教工号", "职工号", "staffno", "staffnumber"),
    Column.NAME: ("教师姓名", "fullname"),
    Column.ROLE: ("岗位", "任职", "角色", "post"),
    Column.UNIT: ("任职单位", "部门", "所在单位"),
    Column.SUBJECT: ("任教学科",),
    Column.FROM: ("任职开始", "任职起始", "起始日期", "开始日期", "firstday"),
    Column.TO: ("任职结束", "任职终止", "终止日期", "结束日期", "lastday"),
    Column.LOGIN: ("账号", "用户名", "loginname"),
}
_REQUIRED = (Column.STAFF_NO, Column.NAME, Column.ROLE, Column.UNIT, Column.FROM)
_OF_A_POST = (Column.ROLE, Column.UNIT, Column.SUBJECT, Column.FROM, Column.TO)


class FaultCode(StrEnum):
    """Why a row cannot be taken as it stands."""

    EMPTY_SHEET = "empty_sheet"
    TOO_MANY_ROWS = "too_many_rows"
    COLUMN_MISSING = "column_missing"
    COLUMN_UNKNOWN = "column_unknown"
    COLUMN_TWICE = "column_twice"
    CELL_EMPTY = "cell_empty"
    CELL_FORMULA = "cell_formula"
    CELL_TOO_LONG = "cell_too_long"
    CELL_UNPRINTABLE = "cell_unprintable"
    CELL_OUTSIDE = "cell_outside"
    STAFF_NO_MALFORMED = "staff_no_malformed"
    LOGIN_MALFORMED = "login_malformed"
    LOGIN_TAKEN = "login_taken"
    LOGIN_TWO = "login_two"
    LOGIN_DIFFERS = "login_differs"
    NAME_TWO = "name_two"
    ROW_TWICE = "row_twice"
    POST_OVERLAPS = "post_overlaps"
    POST_ENDED = "post_ended"
    PERSON_LEFT = "person_left"
    ROLE_UNKNOWN = "role_unknown"
    ROLE_AMBIGUOUS = "role_ambiguous"
    ROLE_NOT_AT_UNIT = "role_not_at_unit"
    UNIT_UNKNOWN = "unit_unknown"
    UNIT_AMBIGUOUS = "unit_ambiguous"
    SUBJECT_UNKNOWN = "subject_unknown"
    SUBJECT_AMBIGUOUS = "subject_ambiguous"
    DATE_UNREADABLE = "date_unreadable"
    DATES_REVERSED = "dates_reversed"
    REFUSED = "refused"
    """The ledger refused the change; the params name the refusal."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that keeps a sheet from being imported: where, what, and the values its sentence names."""

    row: int
    column: Column | None
    code: FaultCode
    params: Params = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Known:
    """A person of the ledger, as a roster sees them."""

    person: PersonId
    staff_no: str
    """The person's id where they have no staff number."""
    name: str | None
    """None once it was erased."""
    posts: tuple[Appointment, ...] = ()
    left: bool = False
    login: str | None = None
    """As accounts keep it, folded. None while there is no account."""
    version: int = 0


class Ending(NamedTuple):
    """A post that ends on another day than the ledger says."""

    id: str
    last_day: date


@dataclass(frozen=True, slots=True)
class Change:
    """What a sheet changes for one person."""

    person: PersonId
    staff_no: str
    name: str
    row: int
    """The first row that speaks of the person."""
    new: bool
    renamed: bool = False
    appoint: tuple[Appointment, ...] = ()
    end: tuple[Ending, ...] = ()
    login: str | None = None
    """The name to sign in with, for somebody who has none yet; None leaves it as it is."""
    version: int = 0
    """Of the person's stream, as the plan found it."""


@dataclass(frozen=True, slots=True)
class Counts:
    """A plan in figures."""

    rows: int
    people: int
    new: int
    renamed: int
    appointments: int
    ended: int
    accounts: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What a sheet would change, and what keeps it from being imported."""

    changes: tuple[Change, ...]
    faults: tuple[Fault, ...]
    unchanged: int
    """People of the sheet of whom the ledger says the same already."""
    rows: int

    @property
    def counts(self) -> Counts:
        """The plan in figures."""
        return Counts(
            rows=self.rows,
            people=len(self.changes) + self.unchanged,
            new=sum(one.new for one in self.changes),
            renamed=sum(one.renamed for one in self.changes),
            appointments=sum(len(one.appoint) for one in self.changes),
            ended=sum(len(one.end) for one in self.changes),
            accounts=sum(one.login is not None for one in self.changes),
            unchanged=self.unchanged,
        )


def person_of(tenant: TenantId, staff_no: str) -> PersonId:
    """The person that a staff number means: whoever enters it, and however often."""
    return PersonId(stream_id("person", tenant, "staff_no", staff_no))


def default_login(staff_no: str) -> str:
    """What somebody signs in with unless they are given another name."""
    return _folded(staff_no)


def appointment_id(role: str, unit: str, subject: str | None, first_day: date) -> str:
    """The id of an appointment, derived from what it is."""
    return f"a-{derived('appointment', role, unit, subject or '', first_day.isoformat()).hex[:16]}"


def plan(rows: Iterable[Row], programme: Programme, known: Iterable[Known], today: date, tenant: TenantId) -> Plan:
    """Return what a sheet would change, against the people of the ledger as they are now.

    A plan with faults is not to be carried out; its changes are those of the rows without fault.
    """
    filled = [row for row in rows if any(cell is not None for cell in row.cells)]
    if not filled:
        return _refused([Fault(1, None, FaultCode.EMPTY_SHEET)], 0)
    head, *body = filled
    columns, faults = _columns(head)
    if not body:
        faults.append(Fault(head.number, None, FaultCode.EMPTY_SHEET))
    if len(body) > MAX_ROWS:
        faults.append(Fault(body[MAX_ROWS].number, None, FaultCode.TOO_MANY_ROWS, {"limit": MAX_ROWS}))
    if faults:
        return _refused(faults, len(body))
    return _Planning(programme, known, today, tenant).run(body, columns)


def as_rows(known: Iterable[Known], programme: Programme, today: date) -> Iterator[tuple[str | date | None, ...]]:
    """Write people and the posts they hold or will hold as rows of a roster, in the order of `Column`.

    To import these rows again changes nothing. Who has left, or whose name was erased, is not among them.
    """
    roles, units, subjects = _calling(programme)
    for one in known:
        if one.left or one.name is None:
            continue
        posts = [post for post in one.posts if _lasts(post, today) and _stands(post, programme)]
        for post in posts:
            subject = None if post.subject is None else subjects.unmistakable(post.subject)
            called = (roles.unmistakable(post.role), units.unmistakable(post.unit), subject)
            yield (one.staff_no, one.name, *called, post.first_day, post.last_day, one.login)
        if not posts:
            yield (one.staff_no, one.name, None, None, None, None, None, one.login)


def read_day(text: str) -> date | None:
    """Return the day that a text names, in the usual Chinese and ISO writings, or None.

    2026-09-01, 2026/9/1, 2026.9.1, 2026年9月1日, 20260901, and the number Excel keeps for a day.
    """
    said = unicodedata.normalize("NFKC", text).strip()
    try:
        if match := _DAY.fullmatch(said) or _COMPACT.fullmatch(said):
            return _likely(date(int(match[1]), int(match[2]), int(match[3])))
        if _SERIAL.fullmatch(said):
            return _likely(_EXCEL_ZERO + timedelta(days=int(said)))
    except ValueError:
        return None
    return None


_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[T\s]\s*0?0:00(?::00)?)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SERIAL = re.compile(r"\d{5}")
_EXCEL_ZERO = date(1899, 12, 30)
_NO_SUBJECT = frozenset({"无", "-", "—", "——", "/", "none"})
_NO_END = frozenset({"至今", "长期", "-", "—", "——", "/", "present"})
_STAFF_NO = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}")
LOGIN = re.compile(r"[0-9a-z\u4e00-\u9fff][0-9a-z\u4e00-\u9fff._@+-]{1,63}")
"""A name to sign in with, folded."""
_BETWEEN_CHINESE = re.compile(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])")


def _likely(day: date) -> date | None:
    return day if 1950 <= day.year <= 2100 else None


def _folded(text: str) -> str:
    """What two writings of one title have in common: width, case and spaces do not count."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _end_of(post: Appointment, programme: Programme) -> date | None:
    """The last whole day of a post; None while none is set."""
    days = [] if post.last_day is None else [post.last_day]
    if post.ended_at is not None:
        days.append(programme.local_day(post.ended_at) - timedelta(days=1))
    return min(days, default=None)


def _lasts(post: Appointment, today: date) -> bool:
    return post.ended_at is None and (post.last_day is None or post.last_day >= today)


def _stands(post: Appointment, programme: Programme) -> bool:
    """Whether the programme still has the post's role and unit."""
    return post.role in programme.role_by_id and post.unit in programme.all_units


def _refused(faults: Sequence[Fault], rows: int) -> Plan:
    return Plan((), tuple(faults), 0, rows)


_Columns = Mapping[Column, int]
_BY_HEADING: Mapping[str, Column] = {
    _folded(said): column for column in Column for said in (HEADINGS[column].zh, HEADINGS[column].en, *_ALSO[column])
}


def _columns(head: Row) -> tuple[_Columns, list[Fault]]:
    """Return where each column stands, and what is wrong with the headings."""
    found: dict[Column, int] = {}
    faults: list[Fault] = []
    for index, cell in enumerate(head.cells):
        if cell is None:
            continue
        said = cell if isinstance(cell, str) else ""
        column = _BY_HEADING.get(_folded(said.replace("_", "").strip("*＊")))
        if column is None:
            faults.append(Fault(head.number, None, FaultCode.COLUMN_UNKNOWN, {"said": said[:40] or str(index + 1)}))
        elif column in found:
            faults.append(Fault(head.number, column, FaultCode.COLUMN_TWICE))
        else:
            found[column] = index
    faults += [Fault(head.number, one, FaultCode.COLUMN_MISSING) for one in _REQUIRED if one not in found]
    return found, faults


class _Names:
    """What people may call the things of one kind: by id, or by title in either language."""

    def __init__(self, things: Iterable[tuple[str, Text]]) -> None:
        self._titles = dict(things)
        self._ids = {_folded(one): one for one in self._titles}
        self._by_title: defaultdict[str, list[str]] = defaultdict(list)
        for one, title in self._titles.items():
            for said in {_folded(title.zh), _folded(title.en)}:
                self._by_title[said].append(one)

    def meant(self, said: str) -> Sequence[str]:
        """The ids of what may be meant: none, one, or several that share a title."""
        folded = _folded(said)
        return [self._ids[folded]] if folded in self._ids else self._by_title.get(folded, [])

    def unmistakable(self, id: str) -> str:
        """The title, or the id where the title means others too."""
        title = self._titles[id].zh
        return title if list(self.meant(title)) == [id] else id


def _calling(programme: Programme) -> tuple[_Names, _Names, _Names]:
    return (
        _Names((one.id, one.title) for one in programme.roles),
        _Names((one.id, one.title) for one in programme.all_units.values()),
        _Names((one.id, one.title) for one in programme.subjects),
    )


@dataclass(frozen=True, slots=True)
class _Entry:
    """A row that could be read."""

    row: int
    staff_no: str
    name: str
    login: str | None
    post: Appointment | None


class _Reading:
    """One row being read: its cells by column, and its faults."""

    def __init__(self, row: Row, columns: _Columns) -> None:
        self.row = row.number
        self.faults: list[Fault] = []
        self._cells = {column: row.cells[index] for column, index in columns.items() if index < len(row.cells)}
        outside = [one for one in row.cells[max(columns.values()) + 1 :] if one is not None]
        if outside:
            self.fault(None, FaultCode.CELL_OUTSIDE)

    def fault(self, column: Column | None, code: FaultCode, **params: str | int) -> None:
        self.faults.append(Fault(self.row, column, code, params))

    def empty(self, *columns: Column) -> bool:
        return all(self._cells.get(column) is None for column in columns)

    def text(self, column: Column, *, required: bool = False) -> str | None:
        """The cell's text on one line; None when there is none, or when it is a fault, which is noted."""
        cell = self._cells.get(column)
        if cell is None:
            if required:
                self.fault(column, FaultCode.CELL_EMPTY)
            return None
        if isinstance(cell, Special):
            self.fault(column, FaultCode.CELL_FORMULA)
            return None
        text = " ".join(cell.split()) if isinstance(cell, str) else cell.isoformat()
        if len(text) > MAX_TEXT:
            self.fault(column, FaultCode.CELL_TOO_LONG, limit=MAX_TEXT)
            return None
        if not _printable(text):
            self.fault(column, FaultCode.CELL_UNPRINTABLE)
            return None
        return text

    def name(self) -> str | None:
        """The name, without the spaces that make two characters as wide as three."""
        text = self.text(Column.NAME, required=True)
        return None if text is None else _BETWEEN_CHINESE.sub("", unicodedata.normalize("NFC", text))

    def staff_no(self) -> str | None:
        text = self.text(Column.STAFF_NO, required=True)
        plain = None if text is None else unicodedata.normalize("NFKC", text)
        if plain is not None and not _STAFF_NO.fullmatch(plain):
            self.fault(Column.STAFF_NO, FaultCode.STAFF_NO_MALFORMED, said=plain[:40])
        return plain

    def login(self) -> str | None:
        text = self.text(Column.LOGIN)
        folded = None if text is None else _folded(text)
        if folded is not None and not LOGIN.fullmatch(folded):
            self.fault(Column.LOGIN, FaultCode.LOGIN_MALFORMED, said=folded[:40])
        return folded

    def day(self, column: Column, *, required: bool = False, open: frozenset[str] = frozenset()) -> date | None:
        """A day; None when the cell is empty or says that there is no end."""
        cell = self._cells.get(column)
        day = _likely(cell) if isinstance(cell, date) else None
        if day is not None:
            return day
        text = self.text(column, required=required)
        if text is None or _folded(text) in open:
            return None
        day = read_day(text)
        if day is None:
            self.fault(column, FaultCode.DATE_UNREADABLE, said=text[:40])
        return day


def _printable(text: str) -> bool:
    """Whether the text has no control, direction or surrogate characters, which hide what is really there."""
    try:
        storable(text)
    except ValueError:
        return False
    return not any(unicodedata.category(one) in ("Cc", "Cf") for one in text)


class _Planning:
    """Makes a plan: reads each row, then compares what is said of each person with the ledger."""

    def __init__(self, programme: Programme, known: Iterable[Known], today: date, tenant: TenantId) -> None:
        self._programme = programme
        self._roles, self._units, self._subjects = _calling(programme)
        self._known = {one.staff_no: one for one in known}
        self._logins = {one.login: one.staff_no for one in self._known.values() if one.login}
        self._today = today
        self._tenant = tenant
        self._faults: list[Fault] = []
        self._changes: list[Change] = []
        self._unchanged = 0

    def run(self, body: Sequence[Row], columns: _Columns) -> Plan:
        people: defaultdict[str, list[_Entry]] = defaultdict(list)
        for row in body:
            entry = self._entry(_Reading(row, columns))
            if entry is not None:
                people[entry.staff_no].append(entry)
        self._claim_logins(people)
        for staff_no, entries in people.items():
            self._person(staff_no, entries)
        faults = sorted(self._faults, key=lambda one: (one.row, list(Column).index(one.column) if one.column else -1))
        return Plan(tuple(self._changes), tuple(faults[:MAX_FAULTS]), self._unchanged, len(body))

    def _fault(self, row: int, column: Column | None, code: FaultCode, **params: str | int) -> None:
        self._faults.append(Fault(row, column, code, params))

    # -- a row

    def _entry(self, reading: _Reading) -> _Entry | None:
        staff_no = reading.staff_no()
        name = reading.name()
        login = reading.login()
        # A row with a person alone enters somebody who holds no post yet.
        post = None if reading.empty(*_OF_A_POST) else self._post(reading)
        self._faults += reading.faults
        if staff_no is None or name is None or reading.faults:
            return None
        return _Entry(reading.row, staff_no, name, login, post)

    def _post(self, reading: _Reading) -> Appointment | None:
        role = self._role(reading)
        unit = self._unit(reading)
        subject, known = self._subject(reading)
        first = reading.day(Column.FROM, required=True)
        last = reading.day(Column.TO, open=_NO_END)
        if role is not None and unit is not None and unit.kind not in role.at:
            reading.fault(
                Column.UNIT,
                FaultCode.ROLE_NOT_AT_UNIT,
                role=role.title.zh,
                role_en=role.title.en,
                unit=unit.title.zh,
                unit_en=unit.title.en,
            )
        if first is not None and last is not None and last < first:
            reading.fault(Column.TO, FaultCode.DATES_REVERSED)
        if role is None or unit is None or first is None or not known:
            return None
        return Appointment(
            id=appointment_id(role.id, unit.id, subject, first),
            role=role.id,
            unit=UnitId(unit.id),
            subject=subject,
            first_day=first,
            last_day=last,
        )

    def _role(self, reading: _Reading) -> Role | None:
        said = reading.text(Column.ROLE, required=True)
        if said is None:
            return None
        meant = self._roles.meant(said)
        if len(meant) == 1:
            return self._programme.role_by_id[meant[0]]
        code = FaultCode.ROLE_AMBIGUOUS if meant else FaultCode.ROLE_UNKNOWN
        reading.fault(Column.ROLE, code, said=said[:40], **_candidates(meant))
        return None

    def _unit(self, reading: _Reading) -> Unit | None:
        said = reading.text(Column.UNIT, required=True)
        if said is None:
            return None
        meant = self._units.meant(said)
        if len(meant) == 1:
            return self._programme.all_units[meant[0]]
        if meant:
            reading.fault(Column.UNIT, FaultCode.UNIT_AMBIGUOUS, said=said[:40], **self._places(meant))
        else:
            reading.fault(Column.UNIT, FaultCode.UNIT_UNKNOWN, said=said[:40])
        return None

    def _subject(self, reading: _Reading) -> tuple[str | None, bool]:
        """The subject, if any, and whether what is said of it is right."""
        said = reading.text(Column.SUBJECT)
        if said is None or _folded(said) in _NO_SUBJECT:
            return None, True
        meant = self._subjects.meant(said)
        if len(meant) == 1:
            return meant[0], True
        code = FaultCode.SUBJECT_AMBIGUOUS if meant else FaultCode.SUBJECT_UNKNOWN
        reading.fault(Column.SUBJECT, code, said=said[:40], **_candidates(meant))
        return None, False

    def _places(self, units: Iterable[str]) -> dict[str, str]:
        """Units of one title, each by its id and by where it stands."""
        above = {one: self._programme.all_units[one].parent for one in sorted(units)}
        titles = {
            one: None if parent is None else self._programme.all_units[parent].title for one, parent in above.items()
        }
        return {
            "candidates": "、".join(f"{one}（{title.zh}）" if title else one for one, title in titles.items()),
            "candidates_en": ", ".join(f"{one} ({title.en})" if title else one for one, title in titles.items()),
        }

    # -- a person

    def _claim_logins(self, people: Mapping[str, Sequence[_Entry]]) -> None:
        """Note who will sign in under which name, and who would take another's."""
        for staff_no, entries in people.items():
            known = self._known.get(staff_no)
            if known is not None and known.login is not None:
                continue
            entry = next((one for one in entries if one.login is not None), entries[0])
            login = entry.login or default_login(staff_no)
            if not LOGIN.fullmatch(login):
                self._fault(entry.row, Column.LOGIN, FaultCode.LOGIN_MALFORMED, said=login)
            other = self._logins.setdefault(login, staff_no)
            if other != staff_no:
                self._fault(entry.row, Column.LOGIN, FaultCode.LOGIN_TAKEN, login=login, staff_no=other)

    def _person(self, staff_no: str, entries: Sequence[_Entry]) -> None:
        before = len(self._faults)
        first, known = entries[0], self._known.get(staff_no)
        if known is not None and known.left:
            self._fault(first.row, Column.STAFF_NO, FaultCode.PERSON_LEFT, staff_no=staff_no)
            return
        self._check_same(entries, known)
        appoint, end = self._posts(entries, () if known is None else known.posts)
        if len(self._faults) > before:
            return
        login = next((one.login for one in entries if one.login is not None), None)
        change = Change(
            person=person_of(self._tenant, staff_no) if known is None else known.person,
            staff_no=staff_no,
            name=first.name,
            row=first.row,
            new=known is None,
            renamed=known is not None and known.name != first.name,
            appoint=appoint,
            end=end,
            login=(login or default_login(staff_no)) if known is None else login if known.login is None else None,
            version=0 if known is None else known.version,
        )
        if change.new or change.renamed or change.appoint or change.end or change.login:
            self._changes.append(change)
        else:
            self._unchanged += 1

    def _check_same(self, entries: Sequence[_Entry], known: Known | None) -> None:
        """All rows of a staff number say one name and one login."""
        first = entries[0]
        said = next((one for one in entries if one.login is not None), None)
        for one in entries[1:]:
            if one.name != first.name:
                self._fault(one.row, Column.NAME, FaultCode.NAME_TWO, name=first.name, other=first.row)
        for one in entries:
            if said is None or one.login is None:
                continue
            if one.login != said.login:
                self._fault(one.row, Column.LOGIN, FaultCode.LOGIN_TWO, login=said.login or "", other=said.row)
            elif known is not None and known.login is not None and one.login != known.login:
                self._fault(one.row, Column.LOGIN, FaultCode.LOGIN_DIFFERS, login=known.login)

    def _posts(
        self, entries: Sequence[_Entry], held: Sequence[Appointment]
    ) -> tuple[tuple[Appointment, ...], tuple[Ending, ...]]:
        """Return the posts a person is given and those that end on another day."""
        after = {_key(post): post for post in held}
        rows: dict[_Key, int] = {}
        appoint: list[Appointment] = []
        end: list[Ending] = []
        for row, post in ((one.row, one.post) for one in entries if one.post is not None):
            key = _key(post)
            if key in rows:
                self._fault(row, None, FaultCode.ROW_TWICE, other=rows[key])
                continue
            rows[key] = row
            now = after.get(key)
            if now is None:
                appoint.append(post)
                after[key] = post
            elif not self._agrees(now, post.last_day) and (ending := self._ending(row, now, post.last_day)):
                end.append(ending)
                after[key] = post
        self._check_overlaps(after.values(), {_key(one): rows[_key(one)] for one in appoint})
        return tuple(appoint), tuple(end)

    def _agrees(self, post: Appointment, last_day: date | None) -> bool:
        """Whether a row says no more of a post's end than is so; one ended at once had its day shortened."""
        if post.ended_at is None:
            return post.last_day == last_day
        return last_day is not None and last_day <= self._programme.local_day(post.ended_at)

    def _ending(self, row: int, post: Appointment, last_day: date | None) -> Ending | None:
        """The end that a row sets; what has ended, or has an end, is not opened again."""
        if last_day is None or not _lasts(post, self._today):
            ended = _end_of(post, self._programme)
            self._fault(row, Column.TO, FaultCode.POST_ENDED, last_day="" if ended is None else ended.isoformat())
            return None
        return Ending(post.id, last_day)

    def _check_overlaps(self, posts: Iterable[Appointment], new: Mapping[_Key, int]) -> None:
        """One post is not held twice at a time."""
        held: defaultdict[tuple[str, str, str | None], list[Appointment]] = defaultdict(list)
        for post in sorted(posts, key=lambda one: one.first_day):
            held[post.role, post.unit, post.subject].append(post)
        for group in held.values():
            for earlier, later in pairwise(group):
                row, other = new.get(_key(later)), earlier
                if row is None:
                    row, other = new.get(_key(earlier)), later
                end = _end_of(earlier, self._programme)
                if row is not None and (end is None or end >= later.first_day):
                    self._fault(row, Column.FROM, FaultCode.POST_OVERLAPS, first_day=other.first_day.isoformat())


_Key = tuple[str, str, str | None, date]


def _key(post: Appointment) -> _Key:
    return post.role, post.unit, post.subject, post.first_day


def _candidates(meant: Sequence[str]) -> dict[str, str]:
    return {"candidates": "、".join(meant), "candidates_en": ", ".join(meant)} if meant else {}
