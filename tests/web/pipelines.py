"""Filings on other paths than the shipped county's: the plan of a research group, approved in another way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from domain.filing import OpenFiling, Submit
from domain.ids import SYSTEM, StreamId, UnitId, stream_id
from domain.programme import Pipeline
from tests.api.site import LEADER, PLAN
from tests.conftest import START
from tests.ledger.given import variant
from tests.web.conftest import Web

ALICE, BOB, CAROL = (("coordinator", "shiyan", name) for name in ("安老师", "白老师", "程老师"))
"""Three who hold one post."""


def stage(id: str, title: str, decided_by: Any, **rest: Any) -> dict[str, Any]:
    """A stage of a pipeline."""
    return {"id": id, "title": {"zh": title, "en": id.capitalize()}, "decided_by": decided_by, "due": 3, **rest}


FILE = stage("file", "教研室备案", "office@county")
BRANCHES = (
    {
        "parallel": [
            [stage("subject", "学科审核", "coordinator@cluster"), stage("teaching", "教学审核", "expert@county")],
            [stage("principal", "中心校审定", "centre_principal@cluster")],
            [stage("budget", "经费审核", "coordinator@cluster")],
        ]
    },
    FILE,
)
TOGETHER = (stage("panel", "片区会签", "coordinator@cluster", mode="all"), FILE)
IN_ORDER = (stage("panel", "依次审核", "coordinator@cluster", mode="in_order"), FILE)
VOTE = (
    stage("panel", "评审组票签", "coordinator@cluster", mode="votes", votes=2, veto=["coordinator@cluster"]),
    FILE,
)
TWO = (stage("check", "片区审核", "coordinator@cluster"), stage("seal", "中心校审定", "centre_principal@cluster"))
VACANT = (stage("check", "专家审核", "deputy@county"), FILE)
AUTHORS_CHOICE = (stage("check", "片区审核", "coordinator@cluster", chosen_by="author"), FILE)
NEXT_CHOICE = (
    stage("seal", "中心校审定", "centre_principal@cluster"),
    stage("check", "片区审核", "coordinator@cluster", chosen_by="previous"),
)


async def on_path(web: Web, stages: tuple[dict[str, Any], ...], *, submitted: bool = True, **rest: Any) -> StreamId:
    """A plan of the mathematics group whose path is these stages, handed in by its leader unless told otherwise."""
    bureau = web.site.bureau
    pipeline = Pipeline.model_validate(
        {"id": "group_plan_approval", "title": {"zh": "审批", "en": "Approval"}, "stages": stages, **rest}
    )
    pipelines = tuple(pipeline if one.id == pipeline.id else one for one in bureau.programme.pipelines)
    await web.ledger.tenants.put_in_force(web.tenant, variant(bureau.programme, pipelines=pipelines))
    cycle = stream_id("cycle", web.tenant, "2026")
    period = f"q{next(web.site.numbers)}"
    stream = stream_id("filing", web.tenant, cycle, "group_plan", period, "shiyan-maths", "")
    opens = OpenFiling(
        cycle=cycle,
        duty="group_plan",
        period=period,
        unit=UnitId("shiyan-maths"),
        due_at=START + timedelta(days=20),
        lapses_at=START + timedelta(days=40),
    )
    await web.site.by(SYSTEM, stream, opens)
    if submitted:
        await web.site.by(LEADER, stream, Submit(content=PLAN))
    return stream
