"""What a visitor may do with a filing now, as small forms: the likeliest first, the rare ones folded away."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from starlette.datastructures import FormData

from api.web.filing_people import PICKERS, Candidate, Meant, Question, chosen_in, meant, to_choose_from
from api.web.forms import Tried
from api.web.kit import say
from api.web.visitor import Visitor
from domain.access import Actor, Post
from domain.filing import Filing, InForce, InReview, Seat, Step, Visit, Working
from domain.filing.ahead import after_agreeing, completes
from domain.filing.graph import sent_back_to
from domain.filing.routing import votes_needed
from domain.ids import PersonId
from domain.programme import Chooser, Mode
from domain.view import Names
from ledger.ledger import Ledger

Kind = Literal["prose", "line", "date", "select", "radios", "checks", "people"]


@dataclass(frozen=True, slots=True)
class Box:
    """A field of a small form."""

    name: str
    label: str
    kind: Kind = "prose"
    required: bool = False
    value: str = ""
    choices: Sequence[tuple[str, str]] = ()
    checked: Sequence[str] = ()
    """Of check boxes, those that are."""
    help: str = ""
    several: bool = False
    """Whether more than one may be named."""
    questions: Sequence[Question] = ()
    """Names that were typed and have to be told apart."""


@dataclass(frozen=True, slots=True)
class Act:
    """A command that the visitor may give now, as a small form."""

    command: str
    words: str
    help: Sequence[str]
    boxes: Sequence[Box] = ()
    stage: str | None = None
    """The stage it is about, where it is about one."""
    heading: str = ""
    """That stage's title, where it is the visitor's turn at several."""
    primary: bool = False
    grave: bool = False
    folded: bool = False
    """Rare: shown with others of its kind."""
    off: bool = False
    """It may be done again later, not now."""
    open: bool = False
    """It was sent and refused."""

    @property
    def key(self) -> str:
        """Its name among the forms of the page."""
        return f"{self.command}.{self.stage}" if self.heading else self.command

    @property
    def path(self) -> str:
        """The last part of the address."""
        return self.command.replace("_", "-")


@dataclass(frozen=True, slots=True)
class _Scene:
    """Everything a form may depend on."""

    state: Filing
    actor: Actor
    now: datetime
    names: Names
    candidates: Mapping[str, Sequence[Candidate]]


@dataclass(frozen=True, slots=True)
class _Turn:
    """Where it is the visitor's turn."""

    visit: Visit
    seat: Seat
    step: Step


_AT_STAGE = ("approve", "return", "object", "reject", "transfer", "add_signer")
_ORDER = (
    *("grant_extension", "refuse_extension", "agree_recall", "refuse_recall", "assign"),
    *_AT_STAGE[:4],
    *("mark_read", "urge", "recall", "amend", "ask_extension", "comment"),
    *_AT_STAGE[4:],
    *("copy", "abandon_amendment", "waive", "void"),
)
"""Likeliest first. Handing in has a page of its own, and a draft begins by itself."""
_GRAVE = frozenset({"reject", "waive", "void", "abandon_amendment"})
_FOLDED = frozenset({"transfer", "add_signer", "copy", "assign", "abandon_amendment", "waive", "void"})
_REASONED: Mapping[str, bool] = {
    "return": True,
    "reject": True,
    "object": True,
    "transfer": True,
    "add_signer": True,
    "assign": True,
    "recall": False,
    "refuse_recall": True,
    "waive": True,
    "amend": True,
    "void": True,
    "ask_extension": True,
    "refuse_extension": True,
}
"""Commands that take a reason, and whether they need one."""
_LEADING = ("grant_extension", "agree_recall", "assign", "approve", "mark_read")
"""Of what may be done, the first of these lies open."""


async def acts_for(
    ledger: Ledger,
    visitor: Visitor,
    actor: Actor,
    state: Filing,
    permitted: Sequence[str],
    names: Names,
    tried: Tried,
    form: FormData | None,
) -> Sequence[Act]:
    """Return the forms of what the actor may do now, one that was refused filled in as it was. At most one query.

    A refused form in which people were named asks once more for each name.
    """
    candidates = await to_choose_from(ledger, visitor, state, _to_be_chosen(state, actor))
    scene = _Scene(state, actor, visitor.now, names, candidates)
    acts = list(_acts(scene, permitted))
    who = Meant()
    if form is not None and tried.command in PICKERS:
        who = await meant(ledger, visitor, form, PICKERS[tried.command][0])
    return [_filled(act, tried, who, form) if is_tried(act, tried) else act for act in _arranged(acts)]


def is_tried(act: Act, tried: Tried) -> bool:
    """Whether a refused form was this one."""
    return act.command == tried.command and (not act.heading or tried.typed.get("stage", act.stage) == act.stage)


def _filled(act: Act, tried: Tried, who: Meant, form: FormData | None) -> Act:
    """The form as it was sent."""
    return replace(act, open=True, boxes=tuple(_with(box, tried, who, form) for box in act.boxes))


def _with(box: Box, tried: Tried, who: Meant, form: FormData | None) -> Box:
    if box.kind == "people":
        return replace(box, value=who.typed, questions=tuple(who.questions))
    if box.kind == "checks":
        return box if form is None else replace(box, checked=chosen_in(form, box.name))
    return replace(box, value=tried.typed.get(box.name, box.value))


def _arranged(acts: Sequence[Act]) -> Sequence[Act]:
    """What leads lies open; one rare thing alone is not worth folding away."""
    leading = next((one for one in _LEADING for act in acts if act.command == one and not act.folded), None)
    folds = sum(act.folded for act in acts) > 1
    return [replace(act, primary=act.command == leading, folded=act.folded and folds) for act in acts]


def _acts(scene: _Scene, permitted: Sequence[str]) -> Iterable[Act]:
    turns = _turns(scene)
    at_stages = [one for one in _ORDER if one in permitted and one in _AT_STAGE]
    rest = [one for one in _ORDER if one in permitted and one not in _AT_STAGE]
    first = rest.index("assign") + 1 if "assign" in rest else sum(one in _ORDER[:4] for one in rest)
    yield from (_act(command, scene) for command in rest[:first])
    for turn in turns:
        for command in at_stages:
            if _fits(command, turn.step):
                yield _act(command, scene, turn, heading=len(turns) > 1)
    yield from (_act(command, scene) for command in rest[first:])


def _turns(scene: _Scene) -> Sequence[_Turn]:
    """Each stage at which it is the actor's turn, once."""
    state = scene.state
    if not isinstance(state, InReview):
        return ()
    found: dict[str, _Turn] = {}
    for visit, seat in state.seats_of(scene.actor):
        found.setdefault(visit.stage, _Turn(visit, seat, state.step_of(visit.stage)))
    return tuple(found.values())


def _fits(command: str, step: Step) -> bool:
    """Whether the stage knows the command."""
    if command == "reject":
        return step.may_reject
    return step.mode is Mode.VOTES if command == "object" else True


def _act(command: str, scene: _Scene, turn: _Turn | None = None, heading: bool = False) -> Act:
    names = scene.names
    return Act(
        command=command,
        words=_button(command, scene, turn),
        help=tuple(one for one in _help(command, scene, turn) if one),
        boxes=tuple(_boxes(command, scene, turn)),
        stage=None if turn is None else turn.step.stage,
        heading=names.text(turn.step.title) if turn is not None and heading else "",
        grave=command in _GRAVE,
        folded=command in _FOLDED and not (command == "assign" and vacancies(scene.state)),
        off=command == "urge" and _urge_again(scene) is not None,
    )


def _button(command: str, scene: _Scene, turn: _Turn | None) -> str:
    """A stage that receives or takes note says so on its button."""
    lang = scene.names.lang
    if command == "approve" and turn is not None:
        return say(lang, f"web.filing.do.approve.{turn.step.seal}")
    if command == "recall" and isinstance(scene.state, InReview) and scene.state.asks_before_recall:
        return say(lang, "web.filing.do.recall.ask")
    return say(lang, f"web.filing.do.{command}")


# -- the fields


def _boxes(command: str, scene: _Scene, turn: _Turn | None) -> Iterable[Box]:
    own = _BOXES.get(command)
    if own is not None:
        yield from own(scene, turn)
    if command in PICKERS:
        yield _people(command, scene)
    if command in _REASONED:
        yield Box("reason", say(scene.names.lang, f"web.filing.reason.{command}"), required=_REASONED[command])
    if command == "copy":
        yield Box("note", say(scene.names.lang, "web.filing.note_label"))


def _people(command: str, scene: _Scene) -> Box:
    lang = scene.names.lang
    name, several = PICKERS[command]
    return Box(
        name,
        say(lang, f"web.filing.people.{command}"),
        "people",
        required=command != "comment",
        help=say(lang, "web.filing.people_help" if several else "web.filing.person_help"),
        several=several,
    )


def _approve_boxes(scene: _Scene, turn: _Turn | None) -> Iterable[Box]:
    state, names = scene.state, scene.names
    assert isinstance(state, InReview), "only a filing in review is approved"
    assert turn is not None, "somebody whose turn it is approves"
    if turn.step.judges and state.judgements:
        titles = [(one.id, _judgement(names, names.text(one.title), one.opens)) for one in state.judgements]
        yield Box("judgement", say(names.lang, "web.filing.judgement_label"), "radios", True, choices=titles)
    if completes(state, turn.visit, turn.seat, scene.actor):
        for step in _chosen_after(state, turn.step.stage):
            title = names.text(step.title)
            label = say(names.lang, "web.filing.choose_label", stage=title)
            yield choice_box("choose", label, scene.candidates.get(step.stage, ()), names)
    yield Box("comment", say(names.lang, "web.filing.comment_label"))


def choice_box(name: str, label: str, candidates: Sequence[Candidate], names: Names) -> Box:
    """Return the check boxes of those who may be chosen; the only one is checked."""
    offered = [(one.person, names.labelled(one.name, one.posts)) for one in candidates]
    checked = [one for one, _ in offered] if len(offered) == 1 else []
    help = "" if offered else say(names.lang, "web.filing.choose_nobody")
    return Box(name, label, "checks", bool(offered), choices=offered, checked=checked, help=help)


def _judgement(names: Names, title: str, opens: str | None) -> str:
    return title if opens is None else say(names.lang, "web.filing.opens", title=title, opens=names.follow_up(opens))


def _return_boxes(scene: _Scene, turn: _Turn | None) -> Iterable[Box]:
    state, names = scene.state, scene.names
    assert isinstance(state, InReview), "only a filing in review is returned"
    assert turn is not None, "somebody whose turn it is returns"
    earlier = sent_back_to(state, turn.step.stage)
    if earlier:
        author = say(names.lang, "web.filing.to_author", who=author_of(state, names))
        stages = [(one.stage, say(names.lang, "web.filing.to_stage", stage=names.text(one.title))) for one in earlier]
        yield Box("to", say(names.lang, "web.filing.to_label"), "radios", True, choices=[("", author), *stages])
    yield Box(
        "then",
        say(names.lang, "web.filing.then_label"),
        "radios",
        True,
        value="straight" if turn.step.resumes else "again",
        choices=[(one, say(names.lang, f"web.filing.then.{one}")) for one in ("straight", "again")],
    )


def _signer_boxes(scene: _Scene, turn: _Turn | None) -> Iterable[Box]:
    lang = scene.names.lang
    places = [(one, say(lang, f"web.filing.where.{one}")) for one in ("before", "after", "beside")]
    yield Box("where", say(lang, "web.filing.where_label"), "radios", True, "before", choices=places)


def _assign_boxes(scene: _Scene, turn: _Turn | None) -> Iterable[Box]:
    state, names = scene.state, scene.names
    assert isinstance(state, InReview), "only what is in review has deciders"
    visits = sorted(state.visits, key=lambda one: not one.vacant)
    titles = [(one.stage, names.text(state.step_of(one.stage).title)) for one in visits]
    if len(titles) > 1:
        yield Box("stage", say(names.lang, "web.filing.stage_label"), "select", True, titles[0][0], choices=titles)


def _extension_boxes(scene: _Scene, turn: _Turn | None) -> Iterable[Box]:
    yield Box("until", say(scene.names.lang, "web.filing.until_label"), "date", True)


def _comment_boxes(scene: _Scene, turn: _Turn | None) -> Iterable[Box]:
    yield Box("text", say(scene.names.lang, "web.filing.comment_label"), required=True)


_BOXES: Mapping[str, Callable[[_Scene, _Turn | None], Iterable[Box]]] = {
    "approve": _approve_boxes,
    "return": _return_boxes,
    "add_signer": _signer_boxes,
    "assign": _assign_boxes,
    "ask_extension": _extension_boxes,
    "comment": _comment_boxes,
}


# -- who is to be chosen


def _chosen_after(state: InReview, stage: str) -> Sequence[Step]:
    """The stages whose deciders are named by whoever agrees at a stage."""
    return [
        one
        for one in state.steps
        if one.chosen_by is Chooser.PREVIOUS
        and stage in one.after
        and one.stage not in state.left_out
        and one.stage not in state.passed
    ]


def _to_be_chosen(state: Filing, actor: Actor) -> Sequence[Step]:
    if not isinstance(state, InReview):
        return ()
    stages = {visit.stage for visit, _ in state.seats_of(actor)}
    return [one for stage in sorted(stages) for one in _chosen_after(state, stage)]


# -- what will happen


def _help(command: str, scene: _Scene, turn: _Turn | None) -> Iterable[str]:
    own = _HELP.get(command)
    if own is not None:
        yield from own(scene, turn)
        return
    in_force = getattr(scene.state, "in_force", None)
    number = in_force.number if isinstance(in_force, InForce) else ""
    yield say(scene.names.lang, f"web.filing.help.{command}", number=number)


def author_of(state: Filing, names: Names) -> str:
    """Return whose filing it is: a post, or a person."""
    return names.post_at(state.author) if state.person is None else names.person(state.person)


def arriving(steps: Sequence[Step], names: Names, reader: Chooser, chosen: Mapping[str, Sequence[PersonId]]) -> str:
    """Return stages to come, each with who decides there, in one phrase, for a reader who may choose some of them."""
    # No brackets: the titles of units and posts have their own.
    return ("；" if names.lang == "zh" else "; ").join(
        say(
            names.lang,
            "web.filing.stage_for",
            stage=names.text(one.title),
            post=_deciders(one, names, reader, chosen.get(one.stage, ())),
        )
        for one in steps
    )


def _deciders(step: Step, names: Names, reader: Chooser, chosen: Sequence[PersonId]) -> str:
    if step.people or chosen:
        return names.listed(names.person(one) for one in step.people or chosen)
    if step.chosen_by is not None:
        return say(names.lang, f"web.filing.chosen_by.{'you' if step.chosen_by is reader else step.chosen_by}")
    if step.staff_no is not None:
        return say(names.lang, "web.path.staff_no", number=step.staff_no)
    return names.listed(names.post_at(post) for post in step.posts)


def _help_approve(scene: _Scene, turn: _Turn | None) -> Iterable[str]:
    state, names = scene.state, scene.names
    assert isinstance(state, InReview), "only a filing in review is approved"
    assert turn is not None, "somebody whose turn it is approves"
    yield _votes(state, turn, names)
    if not completes(state, turn.visit, turn.seat, scene.actor):
        yield _still_asked(state, turn, scene)
        return
    onward, still = after_agreeing(state, turn.step.stage, scene.actor)
    if onward:
        yield say(names.lang, "web.filing.help.approve", next=arriving(onward, names, Chooser.PREVIOUS, state.chosen))
    elif still:
        yield say(names.lang, "web.filing.help.approve_joins", stages=stages_named(still, names))
    else:
        yield say(names.lang, "web.filing.help.approve_last")


def _votes(state: InReview, turn: _Turn, names: Names) -> str:
    if turn.step.mode is not Mode.VOTES:
        return ""
    return say(
        names.lang,
        "web.filing.help.votes",
        voters=sum(one.person is not None for one in turn.visit.seats),
        needed=votes_needed(turn.step, turn.visit),
        given=len(state.agreed(turn.step.stage)),
        against=len(state.objected(turn.step.stage)),
    )


def _still_asked(state: InReview, turn: _Turn, scene: _Scene) -> str:
    """Who has to agree as well, in the words of the stage's rule."""
    names = scene.names
    if turn.step.mode is Mode.VOTES:
        return say(names.lang, "web.filing.help.approve_votes")
    spoken = state.agreed(turn.step.stage) | {scene.actor.principal}
    others = [one.person for one in turn.visit.seats if one.person is not None and one.person not in spoken]
    who = names.listed(names.person(one) for one in others)
    if turn.step.mode is Mode.IN_ORDER:
        return say(names.lang, "web.filing.help.approve_in_order", who=names.person(others[0]) if others else "")
    return say(names.lang, "web.filing.help.approve_all", who=who)


def _help_return(scene: _Scene, turn: _Turn | None) -> Iterable[str]:
    yield say(scene.names.lang, "web.filing.help.return", days=scene.state.rework)


def _help_reject(scene: _Scene, turn: _Turn | None) -> Iterable[str]:
    in_force = scene.state.in_force if isinstance(scene.state, InReview) else None
    if in_force is None:
        yield say(scene.names.lang, "web.filing.help.reject")
    else:
        yield say(scene.names.lang, "web.filing.help.reject_amendment", number=in_force.number)


def _help_object(scene: _Scene, turn: _Turn | None) -> Iterable[str]:
    assert isinstance(scene.state, InReview), "only a filing in review is voted on"
    assert turn is not None, "somebody whose turn it is votes"
    names = scene.names
    yield _votes(scene.state, turn, names)
    if turn.seat.post is not None and turn.seat.post in turn.step.veto:
        yield say(names.lang, "web.filing.help.veto")
    lost = "reject" if turn.step.may_reject else "return"
    yield say(names.lang, f"web.filing.help.object_{lost}")


def _help_recall(scene: _Scene, turn: _Turn | None) -> Iterable[str]:
    asks = isinstance(scene.state, InReview) and scene.state.asks_before_recall
    yield say(scene.names.lang, "web.filing.help.recall_asks" if asks else "web.filing.help.recall")


def _help_assign(scene: _Scene, turn: _Turn | None) -> Iterable[str]:
    empty = vacancies(scene.state)
    if empty:
        yield say(scene.names.lang, "web.filing.help.assign_vacant", stages=stages_named(empty, scene.names))
    else:
        yield say(scene.names.lang, "web.filing.help.assign")


def stages_named(steps: Iterable[Step], names: Names) -> str:
    """Return stages by their titles."""
    return names.listed(say(names.lang, "web.filing.stage_named", stage=names.text(one.title)) for one in steps)


def vacancies(state: Filing) -> Sequence[Step]:
    """Return the stages it is at that nobody can decide."""
    if not isinstance(state, InReview):
        return ()
    return [state.step_of(one.stage) for one in state.visits if one.vacant]


def _help_urge(scene: _Scene, turn: _Turn | None) -> Iterable[str]:
    state, names = scene.state, scene.names
    assert isinstance(state, InReview), "only what is in review is urged"
    seats = [seat for visit in state.visits for seat in state.turns(visit)]
    who = names.listed(dict.fromkeys(_seated(seat.post, seat, names) for seat in seats))
    again = _urge_again(scene)
    if again is not None and state.urged_at is not None:
        at, until = names.when(state.urged_at), names.when(again)
        yield say(names.lang, "web.filing.help.urged", at=at, again=until, hours=state.urge_hours)
    elif who:
        yield say(names.lang, "web.filing.help.urge", who=who, hours=state.urge_hours)
    else:
        yield say(names.lang, "web.filing.help.urge_nobody")


def _seated(post: Post | None, seat: Seat, names: Names) -> str:
    if seat.person is not None:
        return names.person(seat.person)
    return "" if post is None else names.post_at(post)


def _urge_again(scene: _Scene) -> datetime | None:
    """When it may be urged again; none for now."""
    state = scene.state
    if state.urged_at is None:
        return None
    again = state.urged_at + timedelta(hours=state.urge_hours)
    return again if scene.now < again else None


def _help_ask_extension(scene: _Scene, turn: _Turn | None) -> Iterable[str]:
    yield say(scene.names.lang, "web.filing.help.ask_extension", due=scene.names.when(scene.state.due_at))


def _help_grant_extension(scene: _Scene, turn: _Turn | None) -> Iterable[str]:
    state, names = scene.state, scene.names
    if isinstance(state, Working) and state.extension is not None:
        until, due = names.when(state.extension.until), names.when(state.due_at)
        yield say(names.lang, "web.filing.help.grant_extension", until=until, due=due)


_HELP: Mapping[str, Callable[[_Scene, _Turn | None], Iterable[str]]] = {
    "approve": _help_approve,
    "return": _help_return,
    "reject": _help_reject,
    "object": _help_object,
    "recall": _help_recall,
    "assign": _help_assign,
    "urge": _help_urge,
    "ask_extension": _help_ask_extension,
    "grant_extension": _help_grant_extension,
}
