"""The OpenAPI document: valid, complete, with examples that the API takes, and answers of the shapes it promises."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi.openapi.models import OpenAPI

from api.examples import EXAMPLES
from api.models import EventPage, ItemPage, Problem, StateView, StreamView, Tasks
from api.routes.bulk import BulkBody, BulkResults
from api.routes.drafts import DraftBody, SubmitBody
from api.routes.machines import PLURALS, human_commands
from api.routes.tokens import IssueBody, Me
from domain.access import only_system
from domain.machines import MACHINES
from ledger.tokens import Scope
from tests.api.site import COORDINATOR, LEADER, Json, Site, accepted


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for one in value.values():
            yield from _references(one)
    elif isinstance(value, list):
        for one in value:
            yield from _references(one)


async def test_the_document_is_valid_and_every_reference_leads_somewhere(site: Site) -> None:
    document = accepted(await site.http.get("/api/v1/openapi.json"))
    assert document["openapi"].startswith("3.1")
    OpenAPI.model_validate(document)
    for reference in set(_references(document)):
        place: Any = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
    ids = [operation["operationId"] for _, _, operation in _operations(document)]
    assert len(ids) == len(set(ids))


async def test_every_operation_says_what_it_does_and_how_it_fails(site: Site) -> None:
    document = site.app.openapi()
    for method, path, operation in _operations(document):
        told = (method, path)
        assert operation["summary"], told
        named = {one["name"] for one in operation["parameters"] if one.get("in") == "path"}
        assert named == {part[1:-1] for part in path.split("/") if part.startswith("{")}, told
        problems = {status for status in operation["responses"] if int(status) >= 400}
        for status in problems:
            content = document["components"]["responses"][status]["content"]
            assert list(content) == ["application/problem+json"], told
        if path.startswith("/api/v1"):
            assert {"401", "403", "404", "422", "503"} <= problems, told
            ((scheme, scopes),) = operation["security"][0].items()
            assert (scheme, len(scopes)) == ("token", 1), told
            Scope(scopes[0])
        if "requestBody" in operation:
            assert {"409", "412", "413", "415"} <= problems, told
            assert operation["requestBody"]["content"]["application/json"]["examples"], told


def test_every_example_is_one_the_api_reads() -> None:
    models = {
        f"{machine.name}.{name}": command
        for machine in MACHINES.values()
        for name, command in human_commands(machine).items()
    }
    for key, model in models.items():
        model.model_validate(EXAMPLES[key])
    DraftBody.model_validate(EXAMPLES["draft"])
    SubmitBody.model_validate(EXAMPLES["filing.submit"])
    IssueBody.model_validate(EXAMPLES["tokens.issue"])
    BulkBody.model_validate(EXAMPLES["filings.bulk"])
    assert set(EXAMPLES) == set(models) | {"draft", "filings.bulk", "notices.read", "tokens.issue"}


def test_no_command_of_the_system_has_a_route(site: Site) -> None:
    paths = set(site.app.openapi()["paths"])
    human = 0
    for machine in MACHINES.values():
        for row in machine.transitions:
            path = f"/api/v1/{PLURALS[machine.name]}/{{id}}/{row.command.name.replace('_', '-')}"
            if row.may is only_system:
                assert path not in paths
            elif row.command.unseen:
                assert path not in paths, "it goes with everything of a leaver, under people"
            elif row.source:
                assert path in paths
                human += 1
    assert human > 20
    started = ("/api/v1/filings", "/api/v1/inspections", "/api/v1/follow-ups")
    assert not any("post" in site.app.openapi()["paths"][path] for path in started), "only the system starts these"


async def test_answers_have_the_shapes_that_the_document_promises(site: Site) -> None:
    id = await site.filing("in_review")
    decider, author = await site.as_(*COORDINATOR), await site.as_(*LEADER)
    for model, answer in (
        (StreamView, await decider.get(f"/filings/{id}")),
        (ItemPage, await decider.get("/filings")),
        (Tasks, await decider.get("/tasks")),
        (Me, await decider.get("/me")),
        (EventPage, await decider.get(f"/streams/{id}/events")),
        (StateView, await decider.get(f"/streams/{id}/state?version=1")),
        (StreamView, await decider.post(f"/filings/{id}/approve")),
        (Problem, await author.post(f"/filings/{id}/approve")),
        (Problem, await author.having(if_match='"1"').post(f"/filings/{id}/recall")),
        (Problem, await author.post(f"/filings/{id}/waive")),
        (BulkResults, await author.post("/filings/bulk", {"command": "approve", "items": [{"stream": id}]})),
    ):
        model.model_validate(answer.json(), extra="forbid")
