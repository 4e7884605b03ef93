"""Who may do what with a filing. Deny by default."""

from __future__ import annotations

from domain.access import Actor, Post, Scope, keeps_directory, may_read, needs, readers
from domain.filing.states import Approved, Filing, InReview, Working
from domain.filing.values import Extension, RecallAsked
from domain.ids import PersonId
from domain.programme import Mode, Right
from domain.refusal import Refused, conflict, forbidden


def scope(state: Filing) -> Scope:
    """Who may read it: its author, every post and person with a part in it, and readers at its unit and above."""
    posts = {state.author, *(post for step in state.steps for post in step.posts)}
    people = {*state.authors, *(one.person for one in state.copies)}
    for step in state.steps:
        posts |= {one for one in (step.escalate_to, step.vacant) if one is not None and not isinstance(one, str)}
        people |= set(step.people)
    if isinstance(state, InReview):
        seats = [seat for visit in (*state.visits, *state.paused) for seat in visit.seats]
        people |= {one.person for one in seats if one.person is not None}
        people |= {one.principal for one in state.approvals}
    return Scope(state.path, state.stays_in, frozenset(people), frozenset(posts), cycle=state.cycle, duty=state.duty)


def is_author(state: Filing, actor: Actor) -> Refused | None:
    """The person who owes it, while they work here; otherwise whoever holds the author's post."""
    if state.person is not None:
        return None if actor.principal == state.person and actor.held else forbidden("not_author")
    return None if actor.holds(state.author) else forbidden("not_author")


def reads(state: Filing, actor: Actor) -> Refused | None:
    """Whoever reads it may speak: its author, every post on its path, those who read at its unit or above."""
    return None if may_read(actor, scope(state)) else forbidden("not_yours")


def amends(state: Working, actor: Actor) -> Refused | None:
    """The author, while an amendment is being made."""
    if state.in_force is None:
        return conflict("no_amendment")
    return is_author(state, actor)


def recalls(state: InReview, actor: Actor) -> Refused | None:
    """The author, once."""
    if state.recall_asked is not None:
        return conflict("recall_asked_already")
    return is_author(state, actor)


def answers_recall(state: InReview, actor: Actor) -> Refused | None:
    """Those whose turn it is, when the author has asked; of several who owe it, not the one who asked."""
    if state.recall_asked is None:
        return conflict("no_recall_asked")
    if not {actor.principal, actor.person}.isdisjoint(_who_asked(state.recall_asked)):
        return forbidden("own_recall")
    return decides(state, actor)


def decides(state: InReview, actor: Actor) -> Refused | None:
    """Whoever's turn it is. Nobody decides on a filing they handed in or owe, nor lets another act for them."""
    if own_filing(state, actor):
        return forbidden("own_filing")
    if any(state.seats_of(actor)):
        return None
    if any(actor.principal in state.agreed(visit.stage) for visit in state.visits):
        return conflict("already_agreed")
    titles = [state.step_of(visit.stage).title for visit in state.visits]
    return forbidden(
        "not_decider", stage="、".join(one.zh for one in titles), stage_en=", ".join(one.en for one in titles)
    )


def own_filing(state: Filing, actor: Actor) -> bool:
    """Whether somebody would decide on what is theirs, themself or through another."""
    return actor.person in state.authors or actor.principal in state.authors


def is_own(state: Filing, actor: Actor) -> bool:
    """Whether somebody handed it in, or owes it in person or by a post, themself or the one they act for."""
    held = (*actor.held, *actor.besides)
    owes = state.person is None and any(Post(role=one.role, unit=one.unit) == state.author for one in held)
    return owes or own_filing(state, actor)


def rejects(state: InReview, actor: Actor) -> Refused | None:
    """Whoever's turn it is at a stage that may refuse for good."""
    refusal = decides(state, actor)
    if refusal is not None:
        return refusal
    stages = [state.step_of(visit.stage) for visit, _ in state.seats_of(actor)]
    return None if any(one.may_reject for one in stages) else forbidden("stage_may_not_reject")


def objects(state: InReview, actor: Actor) -> Refused | None:
    """Whoever's turn it is at a stage that counts votes."""
    refusal = decides(state, actor)
    if refusal is not None:
        return refusal
    stages = [state.step_of(visit.stage) for visit, _ in state.seats_of(actor)]
    return None if any(one.mode is Mode.VOTES for one in stages) else forbidden("stage_counts_no_votes")


def is_office(state: Filing, actor: Actor) -> Refused | None:
    """Whoever may waive at its unit: the office. Of what stays within a unit, also who may waive such things there."""
    if state.stays_in is not None and actor.has(Right.WAIVE_WITHIN, readers(scope(state))):
        return None
    return needs(Right.WAIVE, actor, state.path)


def assigns(state: InReview, actor: Actor) -> Refused | None:
    """The office, but not for what is its own."""
    return forbidden("own_filing") if own_filing(state, actor) else is_office(state, actor)


def voids(state: Approved, actor: Actor) -> Refused | None:
    """The office, but not for what is its own."""
    return _office_for_others(state, actor)


def _office_for_others(state: Filing, actor: Actor) -> Refused | None:
    """The office, where it is not its own: nobody lets themself off what they owe."""
    return is_office(state, actor) or (forbidden("own_filing_office") if is_own(state, actor) else None)


def asks_extension(state: Working, actor: Actor) -> Refused | None:
    """The author, while it is owed and nothing is asked yet."""
    if state.in_force is not None:
        return conflict("nothing_due")
    if state.extension is not None:
        return conflict("extension_asked_already")
    if not state.office:
        return conflict("nobody_extends")
    return is_author(state, actor)


def answers_extension(state: Working, actor: Actor) -> Refused | None:
    """The office, when the author has asked, and not for its own."""
    if state.extension is None:
        return conflict("no_extension_asked")
    if not {actor.principal, actor.person}.isdisjoint(_who_asked(state.extension)):
        return forbidden("own_filing_office")
    return _office_for_others(state, actor)


def _who_asked(asked: Extension | RecallAsked) -> frozenset[PersonId]:
    """Who asked, and for whom: nobody grants what they asked for."""
    return frozenset(one for one in (asked.by, asked.on_behalf_of) if one is not None)


def moves_rules(state: Filing, actor: Actor) -> Refused | None:
    """Whoever runs the cycle at its unit, but not for what is their own."""
    return forbidden("own_filing") if own_filing(state, actor) else needs(Right.RUN_CYCLE, actor, state.path)


def marks_read(state: Filing, actor: Actor) -> Refused | None:
    """Whoever was sent a copy that they have not marked yet."""
    own = [one for one in state.copies if one.person == actor.person]
    if not own or actor.on_behalf_of is not None:
        return forbidden("nothing_to_mark")
    return None if any(one.read_at is None for one in own) else conflict("nothing_to_mark")


def hands_over(state: Filing, actor: Actor) -> Refused | None:
    """The keeper of the directory."""
    return keeps_directory(state, actor)


def waives(state: Filing, actor: Actor) -> Refused | None:
    """The office, but not for what is its own; what was approved once is amended, not waived."""
    if getattr(state, "in_force", None) is not None:
        return conflict("in_force_stays")
    return _office_for_others(state, actor)


def sends_copies(state: Filing, actor: Actor) -> Refused | None:
    """Its author, whoever decides or has decided on it, and the office."""
    if is_author(state, actor) is None or is_office(state, actor) is None:
        return None
    if isinstance(state, InReview) and decides(state, actor) is None:
        return None
    return None if actor.principal in _spoken(state) else forbidden("no_part_in_it")


def _spoken(state: Filing) -> frozenset[PersonId]:
    if isinstance(state, InReview):
        return frozenset(one.principal for one in state.approvals)
    if isinstance(state, Approved):
        return frozenset(one.principal for one in state.in_force.approvals)
    return frozenset()
