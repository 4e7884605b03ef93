"""What waits for the caller: tasks and notices."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.body import JsonRoute
from api.deps import CallerDep, LedgerDep, answer
from api.examples import body as example
from api.language import language
from api.models import NoticeView, Tasks, TaskView
from domain.view import Names, people_noticed

router = APIRouter(tags=["desk"], route_class=JsonRoute)


@router.get("/tasks", response_model=Tasks, summary="My tasks")
async def tasks(caller: CallerDep, ledger: LedgerDep, limit: Annotated[int, Query(ge=1, le=500)] = 200) -> Response:
    """What waits for the caller or for a post they hold, most urgent first. `now` is the tenant's time."""
    actor, _, now = await ledger.actor(caller.tenant, caller.person)
    rows = await ledger.desk.waiting(caller.tenant, actor, limit=limit)
    mine = [{name: row[name] for name in TaskView.model_fields} for row in rows]
    return answer({"now": now, "tasks": mine})


@router.get("/notices", response_model=list[NoticeView], summary="My notices")
async def notices(
    request: Request, caller: CallerDep, ledger: LedgerDep, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> Response:
    """The caller's inbox, newest first, in the caller's language."""
    _, programme, now = await ledger.actor(caller.tenant, caller.person)
    found = await ledger.inbox.read(caller.tenant, caller.person, limit)
    people = await ledger.names(caller.tenant, people_noticed(one.params for one in found))
    names = Names(language(request), programme, people, now=now)
    return answer(
        [
            {
                "id": one.id,
                "stream": one.stream,
                "text": names.notice(one.notice, one.params),
                "at": one.at,
                "read_at": one.read_at,
            }
            for one in found
        ]
    )


class Read(BaseModel):
    """Notices to mark as read."""

    model_config = ConfigDict(extra="forbid")

    ids: list[UUID] = Field(max_length=200)


class Marked(BaseModel):
    """How many were unread."""

    marked: int


@router.post("/notices/read", response_model=Marked, summary="Mark notices as read")
async def mark_read(
    body: Annotated[Read, example(Read, "notices.read")], caller: CallerDep, ledger: LedgerDep
) -> Response:
    """Mark own notices as read."""
    return answer({"marked": await ledger.inbox.mark_read(caller.tenant, caller.person, body.ids)})
