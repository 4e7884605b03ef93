"""Naming people in a form: one types names or staff numbers, and the server finds who is meant.

A field `people` is typed into as text, several after each other. A name that several people have, or that is only part
of one, comes back as a question: `people.word.0` keeps what was typed and `people.pick.0` is which of them is meant.
Check boxes of candidates send the people themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from starlette.datastructures import FormData, QueryParams

from api.web.forms import WrongForm
from api.web.kit import post_title, say
from api.web.visitor import Visitor
from domain.access import Post
from domain.filing import Filing, Step, Working
from domain.ids import PersonId
from domain.machine import Command, in_force
from domain.roster import Known
from ledger.ledger import Ledger

SHOWN = 10
"""So many people are offered at most."""
PICKERS: Mapping[str, tuple[str, bool]] = {
    "transfer": ("to", False),
    "add_signer": ("people", True),
    "assign": ("people", True),
    "copy": ("people", True),
    "comment": ("mentions", True),
}
"""The field of a command in which people are named, and whether it takes several."""

_PERSON = re.compile(r"per-[0-9a-f]{20}")
_BETWEEN = re.compile(r"[、，,;；\n\r\t]+")
_MANY = 20
"""As many names as a command takes."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be meant."""

    person: PersonId
    name: str
    staff_no: str
    posts: str
    """What they are, where."""


@dataclass(frozen=True, slots=True)
class Question:
    """A name that has to be told apart."""

    word: str
    candidates: Sequence[Candidate]
    more: bool
    """There are more than are offered."""


@dataclass(frozen=True, slots=True)
class Meant:
    """What a field of names comes to."""

    people: Sequence[PersonId] = ()
    settled: Sequence[str] = ()
    """The words that are clear, or that nobody is called by: they stay as typed."""
    unknown: Sequence[str] = ()
    questions: Sequence[Question] = field(default_factory=tuple)

    @property
    def typed(self) -> str:
        """What the text field shows again."""
        return "、".join(self.settled)


async def found(ledger: Ledger, visitor: Visitor, words: str, limit: int = SHOWN) -> tuple[Sequence[Candidate], bool]:
    """Return who holds a post now and has the words in their name or staff number, and whether there are more."""
    number = words.split()[-1] if " " in words and re.search(r"\d", words.split()[-1]) else words
    page = await ledger.roster.search(visitor.tenant, visitor.now, visitor.programme, words=number, limit=limit + 1)
    known = [candidate for one in page.people[:limit] if (candidate := _candidate(one, visitor)) is not None]
    return known, len(page.people) > limit


def _candidate(known: Known, visitor: Visitor) -> Candidate | None:
    today = visitor.programme.local_day(visitor.now)
    posts = [
        post_title(visitor.programme, visitor.lang, one.role, one.unit)
        for one in known.posts
        if in_force(one.first_day, one.last_day, one.ended_at, today, visitor.now)
    ]
    if known.name is None or not posts:
        return None
    staff_no = "" if known.staff_no == known.person else known.staff_no
    return Candidate(known.person, known.name, staff_no, ("、" if visitor.lang == "zh" else ", ").join(posts))


async def meant(ledger: Ledger, visitor: Visitor, form: Mapping[str, str] | FormData, name: str) -> Meant:
    """Return whom a field of names means. One query for each name that is typed."""
    people: list[PersonId] = []
    settled: list[str] = []
    unknown: list[str] = []
    questions: list[Question] = []
    for word, pick in _words(form, name)[:_MANY]:
        offered, more = await found(ledger, visitor, word)
        if pick == "" and any(one.person in people for one in offered):
            continue  # the name was typed out instead
        chosen = _chosen(offered, word, pick or "")
        if chosen is not None:
            people.append(chosen.person)
            settled.append(f"{chosen.name} {chosen.staff_no}".strip() if pick and chosen.staff_no else word)
        elif offered:
            questions.append(Question(word, offered, more))
        else:
            unknown.append(word)
            settled.append(word)
    return Meant(tuple(dict.fromkeys(people)), settled, unknown, questions)


def _words(form: Mapping[str, str] | FormData, name: str) -> list[tuple[str, str | None]]:
    """The names that were typed, then those that were asked for, each with who was picked for it, or empty."""
    typed = str(form.get(name) or "")
    words: list[tuple[str, str | None]] = [(word.strip(), None) for word in _BETWEEN.split(typed) if word.strip()]
    asked = (str(form.get(f"{name}.word.{number}") or "").strip() for number in range(_MANY))
    return words + [(word, str(form.get(f"{name}.pick.{number}") or "")) for number, word in enumerate(asked) if word]


def _chosen(offered: Iterable[Candidate], word: str, pick: str) -> Candidate | None:
    """The one who is meant beyond doubt: picked, or the only one of exactly this name or number."""
    if pick:
        return next((one for one in offered if one.person == pick), None)
    exact = [one for one in offered if word in (one.name, one.staff_no, f"{one.name} {one.staff_no}")]
    return exact[0] if len(exact) == 1 else None


async def people_named(ledger: Ledger, visitor: Visitor, command: type[Command], form: FormData) -> FormData:
    """Return a form with people in the place of their names. Raises `WrongForm` where it is not clear who is meant."""
    if command.name not in PICKERS:
        return form
    name, several = PICKERS[command.name]
    who = await meant(ledger, visitor, form, name)
    if who.questions or who.unknown:
        raise WrongForm({name: _unclear(who, visitor)})
    if len(who.people) > 1 and not several:
        raise WrongForm({name: say(visitor.lang, "web.filing.one_person")})
    # The answered questions (`people.word.0`) are settled, and none of the command's.
    rest = [(one, value) for one, value in form.multi_items() if one.partition(".")[0] != name]
    return FormData([*rest, *((name, person) for person in who.people)])


def _unclear(who: Meant, visitor: Visitor) -> str:
    if who.unknown:
        return say(visitor.lang, "web.filing.nobody_called", names="、".join(who.unknown))
    return say(visitor.lang, "web.filing.which_person", names="、".join(one.word for one in who.questions))


async def to_choose_from(
    ledger: Ledger, visitor: Visitor, state: Filing, steps: Sequence[Step]
) -> Mapping[str, Sequence[Candidate]]:
    """Return who may be chosen for each of the stages: the holders of its posts, its authors aside. At most one query.

    The visitor, and whom they act for, are not offered for what they hand in themself: that makes them authors.
    """
    units = sorted({post.unit for step in steps for post in step.posts})
    if not units:
        return {}
    today = visitor.programme.local_day(visitor.now)
    own = {visitor.person, visitor.actor.principal} if isinstance(state, Working) else set()
    held: dict[Post, list[Candidate]] = {}
    for one in await ledger.roster.holders(visitor.tenant, units):
        post = one.post
        if one.person in state.authors | own:
            continue
        if in_force(post.first_day, post.last_day, post.ended_at, today, visitor.now):
            title = post_title(visitor.programme, visitor.lang, post.role, post.unit)
            name = one.name or say(visitor.lang, "name.unknown")
            candidate = Candidate(one.person, name, one.staff_no or "", title)
            held.setdefault(Post(role=post.role, unit=post.unit), []).append(candidate)
    return {
        step.stage: tuple({one.person: one for post in step.posts for one in held.get(post, ())}.values())
        for step in steps
    }


def chosen_in(form: FormData | QueryParams, name: str) -> tuple[PersonId, ...]:
    """Return the people whose boxes are checked."""
    return tuple(PersonId(one) for one in form.getlist(name) if isinstance(one, str) and _PERSON.fullmatch(one))
