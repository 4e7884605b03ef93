"""Whom an event is told to, and what else it calls for."""

from __future__ import annotations

from collections.abc import Iterable

from domain.filing import events as e
from domain.filing.states import Approved, Filing, InReview, Working
from domain.filing.values import Seat, Visit, is_vacant
from domain.ids import PersonId, StreamId, stream_id
from domain.machine import Intent, Issue, Notify, Reaction


def _subject(state: Filing) -> dict[str, str | int]:
    return {
        "title": state.title.zh,
        "title_en": state.title.en,
        "unit": state.unit_title.zh,
        "unit_en": state.unit_title.en,
        "period": state.period,
    }


def _stage(state: Filing, stage: str) -> dict[str, str | int]:
    title = state.step_of(stage).title
    return {"stage": title.zh, "stage_en": title.en}


def _tell_author(notice: str, state: Filing, **params: str | int) -> Notify:
    people = (state.person,) if state.person is not None else ()
    return Notify(
        notice=notice, people=people, posts=() if people else (state.author,), params=_subject(state) | params
    )


def _tell_office(notice: str, state: Filing, **params: str | int) -> Notify:
    """The nearest office alone: those above it would be told of everything."""
    return Notify(notice=notice, posts=state.office[:1], params=_subject(state) | params)


def _tell_people(notice: str, state: Filing, people: Iterable[PersonId], **params: str | int) -> Notify:
    return Notify(notice=notice, people=tuple(people), params=_subject(state) | params)


def _tell_seats(notice: str, state: Filing, seats: Iterable[Seat], **params: str | int) -> Notify:
    asked = tuple(seats)
    return Notify(
        notice=notice,
        people=tuple(one.person for one in asked if one.person is not None),
        posts=tuple(one.post for one in asked if one.person is None and one.post is not None),
        params=_subject(state) | params,
    )


def _asked_to_decide(state: InReview, visit: Visit, seats: Iterable[Seat]) -> Notify:
    """Whoever has it again is told why it was sent back."""
    due = visit.due_at.isoformat()
    if state.back is not None and state.back.stage == visit.stage:
        return _tell_seats("filing_to_decide_again", state, seats, due=due, reason=state.back.reason)
    return _tell_seats("filing_to_decide", state, seats, due=due)


def _tell_turns(notice: str, state: InReview, **params: str | int) -> Notify:
    return _tell_seats(notice, state, (seat for visit in state.visits for seat in state.turns(visit)), **params)


def _on_opened(event: e.FilingOpened, state: Filing) -> Iterable[Intent]:
    yield _tell_author("filing_opened", state, due=state.due_at.isoformat())


def _on_reached(event: e.StageReached, state: InReview) -> Iterable[Intent]:
    visit = state.visit_of(event.stage)
    if visit is None or visit.vacant:
        yield _tell_office("filing_vacant", state, **_stage(state, event.stage))
    else:
        yield _asked_to_decide(state, visit, state.turns(visit))


def _on_agreed(event: e.ApprovalGiven, state: InReview) -> Iterable[Intent]:
    """In a stage that is decided in order, it is the next one's turn."""
    visit = state.visit_of(event.stage)
    if visit is not None and state.step_of(event.stage).mode == "in_order":
        yield _asked_to_decide(state, visit, state.turns(visit)[:1])


def opened_by_judgement(state: Filing, judgement: str | None, revision: int) -> tuple[str, StreamId] | None:
    """Return the rules and the stream of the follow-up that a verdict on a revision opens, None for none."""
    opens = next((one.opens for one in state.judgements if one.id == judgement), None)
    if opens is None:
        return None
    key = (state.cycle, opens, state.unit, state.duty, state.period, str(revision))
    return opens, stream_id("follow_up", state.tenant, *key)


def _on_approved(event: e.FilingApproved, state: Approved) -> Iterable[Intent]:
    yield _tell_author("filing_approved", state)
    opens = opened_by_judgement(state, event.judgement, event.revision)
    if opens is not None:
        rules, stream = opens
        yield Issue(
            stream=stream,
            command="open",
            data={
                "cycle": state.cycle,
                "rules": rules,
                "unit": state.unit,
                "cause": f"{state.duty}/{state.period}/{event.judgement}",
            },
        )


def _on_returned(event: e.FilingReturned, state: Filing) -> Iterable[Intent]:
    yield _tell_author("filing_returned", state, reason=event.reason, due=event.due_at.isoformat())


def _on_sent_back(event: e.SentBack, state: Filing) -> Iterable[Intent]:
    to = state.step_of(event.to).title
    yield _tell_author("filing_sent_back", state, stage=to.zh, stage_en=to.en, reason=event.reason)


def _on_transferred(event: e.Transferred, state: Filing) -> Iterable[Intent]:
    yield _tell_people("filing_transferred", state, (event.to,), reason=event.reason)


def _on_assigned(event: e.DeciderAssigned, state: Filing) -> Iterable[Intent]:
    yield _tell_people("filing_assigned", state, event.people, reason=event.reason)


def _on_handed_over(event: e.HandedOver, state: Filing) -> Iterable[Intent]:
    yield _tell_people("filing_handed_over", state, (event.to,), reason=event.reason)


def _on_seats_changed(event: e.SeatsChanged, state: InReview) -> Iterable[Intent]:
    if is_vacant(event.seats):
        yield _tell_office("filing_vacant", state, **_stage(state, event.stage))
        return
    visit = state.visit_of(event.stage)
    if visit is not None:
        yield _asked_to_decide(state, visit, state.turns(visit))


def _on_recalled(event: e.FilingRecalled, state: Filing) -> Iterable[Intent]:
    posts = tuple(post for step in state.steps for post in step.posts)
    yield Notify(notice="filing_recalled", posts=posts[:1], params=_subject(state))


def _on_recall_requested(event: e.RecallRequested, state: InReview) -> Iterable[Intent]:
    yield _tell_turns("filing_recall_asked", state, reason=event.reason or "")


def _on_recall_refused(event: e.RecallRefused, state: Filing) -> Iterable[Intent]:
    yield _tell_author("filing_recall_refused", state, reason=event.reason)


def _on_rejected(event: e.FilingRejected, state: Filing) -> Iterable[Intent]:
    yield _tell_author("filing_rejected", state, reason=event.reason)


def _on_waived(event: e.FilingWaived, state: Filing) -> Iterable[Intent]:
    yield _tell_author("filing_waived", state, reason=event.reason)


def _on_voided(event: e.FilingVoided, state: Filing) -> Iterable[Intent]:
    yield _tell_author("filing_voided", state, reason=event.reason)


def _on_extension_asked(event: e.ExtensionAsked, state: Filing) -> Iterable[Intent]:
    yield _tell_office("filing_extension_asked", state, until=event.until.isoformat(), reason=event.reason)


def _on_extension_granted(event: e.ExtensionGranted, state: Filing) -> Iterable[Intent]:
    yield _tell_author("filing_extension_granted", state, due=event.due_at.isoformat())


def _on_extension_refused(event: e.ExtensionRefused, state: Filing) -> Iterable[Intent]:
    yield _tell_author("filing_extension_refused", state, reason=event.reason, due=state.due_at.isoformat())


def _on_commented(event: e.FilingCommented, state: Filing) -> Iterable[Intent]:
    mentioned = [one for one in event.mentions if one in event.told]
    others = [one for one in event.told if one not in event.mentions]
    if mentioned:
        yield _tell_people("filing_mentioned", state, mentioned, text=event.text)
    if others:
        yield _tell_people("filing_commented", state, others, text=event.text)


def _on_copied(event: e.FilingCopied, state: Filing) -> Iterable[Intent]:
    yield _tell_people("filing_copied", state, event.people, note=event.note or "")


def _on_urged(event: e.FilingUrged, state: InReview) -> Iterable[Intent]:
    yield _tell_turns("filing_urged", state, due=state.first.due_at.isoformat())


def _on_rules_moved(event: e.RulesMoved, state: Filing) -> Iterable[Intent]:
    """The author is told; whoever comes to decide, by the facts that follow."""
    again = {"due": event.due_at.isoformat()} if event.author_again else {}
    yield _tell_author("filing_rules_moved", state, reason=event.reason, **again)


def _on_reminded(event: e.FilingReminded, state: Working) -> Iterable[Intent]:
    yield _tell_author("filing_due_soon", state, due=event.due_at.isoformat())


def _on_fell_due(event: e.FilingFellDue, state: Working) -> Iterable[Intent]:
    yield _tell_author("filing_overdue", state, lapses=state.lapses_at.isoformat())


def _on_lapsed(event: e.FilingLapsed, state: Filing) -> Iterable[Intent]:
    yield _tell_author("filing_lapsed", state)


def _on_stage_reminded(event: e.StageReminded, state: InReview) -> Iterable[Intent]:
    visit = state.visit_of(event.stage)
    if visit is not None:
        yield _tell_seats("filing_decide_soon", state, state.turns(visit), due=visit.due_at.isoformat())


def _on_escalated(event: e.StageEscalated, state: InReview) -> Iterable[Intent]:
    """Where nobody is there to take it, the office hears, and who had it is not told that somebody else has it too."""
    visit = state.visit_of(event.stage)
    if event.vacant:
        yield _tell_office("filing_escalated_vacant", state, **_stage(state, event.stage))
    elif visit is not None:
        yield _tell_seats("filing_escalated", state, state.turns(visit))


REACTIONS = (
    Reaction(e.FilingOpened, _on_opened),
    Reaction(e.StageReached, _on_reached),
    Reaction(e.ApprovalGiven, _on_agreed),
    Reaction(e.FilingApproved, _on_approved),
    Reaction(e.FilingReturned, _on_returned),
    Reaction(e.SentBack, _on_sent_back),
    Reaction(e.Transferred, _on_transferred),
    Reaction(e.DeciderAssigned, _on_assigned),
    Reaction(e.HandedOver, _on_handed_over),
    Reaction(e.SeatsChanged, _on_seats_changed),
    Reaction(e.FilingRecalled, _on_recalled),
    Reaction(e.RecallRequested, _on_recall_requested),
    Reaction(e.RecallRefused, _on_recall_refused),
    Reaction(e.FilingRejected, _on_rejected),
    Reaction(e.FilingWaived, _on_waived),
    Reaction(e.FilingVoided, _on_voided),
    Reaction(e.ExtensionAsked, _on_extension_asked),
    Reaction(e.ExtensionGranted, _on_extension_granted),
    Reaction(e.ExtensionRefused, _on_extension_refused),
    Reaction(e.FilingCommented, _on_commented),
    Reaction(e.FilingCopied, _on_copied),
    Reaction(e.FilingUrged, _on_urged),
    Reaction(e.RulesMoved, _on_rules_moved),
    Reaction(e.FilingReminded, _on_reminded),
    Reaction(e.FilingFellDue, _on_fell_due),
    Reaction(e.FilingLapsed, _on_lapsed),
    Reaction(e.StageReminded, _on_stage_reminded),
    Reaction(e.StageEscalated, _on_escalated),
)
"""What follows from each event."""
