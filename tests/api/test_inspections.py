"""Inspections over HTTP: the panel scores with evidence and signs, the unit answers, the reviewer rules."""

from __future__ import annotations

from tests.api.site import COORDINATOR, DEPUTY, EXPERT, OFFICE, Client, Site, accepted, is_problem


async def _experts(site: Site) -> tuple[Client, Client]:
    return await site.as_(*EXPERT), await site.as_(*EXPERT, "second")


async def test_scored_signed_disputed_and_ruled_on(site: Site) -> None:
    id = await site.inspection()
    one, other = await _experts(site)
    office, unit, deputy = await site.as_(*OFFICE), await site.as_(*COORDINATOR), await site.as_(*DEPUTY)
    few = await office.post(f"/inspections/{id}/assign", {"inspectors": [one.person]})
    assert is_problem(few, 422, "panel_size")["field"] == "inspectors"
    stranger = await office.post(f"/inspections/{id}/assign", {"inspectors": [one.person, unit.person]})
    is_problem(stranger, 422, "not_an_expert")
    panel = {"inspectors": [one.person, other.person]}
    assert accepted(await office.post(f"/inspections/{id}/assign", panel))["status"] == "assigned"
    for number in range(1, 6):
        score = {"item": f"s{number}", "points": "5.5", "evidence": ["会议记录", "签到表"], "comment": "齐全"}
        if number == 5:
            missing = is_problem(await one.post(f"/inspections/{id}/sign"), 409, "items_missing")
            assert "no. 5." in missing["detail"]
        scored = accepted(await one.post(f"/inspections/{id}/score", score))
    assert scored["state"]["scores"]["s1"] | {"at": ""} == {
        "points": "5.5",
        "by": one.person,
        "at": "",
        "evidence": ["会议记录", "签到表"],
        "comment": "齐全",
    }
    assert is_problem(await one.post(f"/inspections/{id}/score", {"item": "s9", "points": 1}), 422)["field"] == "item"
    accepted(await one.post(f"/inspections/{id}/sign", {"findings": "主题可再集中"}))
    is_problem(await one.post(f"/inspections/{id}/sign"), 409, "already_signed")
    # A score changed after a signature calls for signing again.
    accepted(await other.post(f"/inspections/{id}/score", {"item": "s1", "points": 6}))
    accepted(await other.post(f"/inspections/{id}/sign"))
    assert accepted(await one.post(f"/inspections/{id}/sign"))["status"] == "signed"
    is_problem(await unit.post(f"/inspections/{id}/acknowledge"), 409, "not_now")
    await site.notify_unit(id)
    assert (
        is_problem(await unit.post(f"/inspections/{id}/dispute", {"reason": "x", "items": ["s9"]}), 422)["field"]
        == "items"
    )
    disputed = accepted(await unit.post(f"/inspections/{id}/dispute", {"reason": "签到表已补", "items": ["s1"]}))
    assert (disputed["status"], disputed["state"]["disputed_items"]) == ("disputed", ["s1"])
    over = {"adjustments": [{"item": "s1", "points": 9, "reason": "属实"}]}
    assert is_problem(await deputy.post(f"/inspections/{id}/review", over), 422)["field"] == "adjustments.0.points"
    ruled = {"note": "已核对", "adjustments": [{"item": "s1", "points": 8, "reason": "属实"}]}
    assert accepted(await deputy.post(f"/inspections/{id}/review", ruled))["state"]["scores"]["s1"]["points"] == "8"
    await site.finalise(id)
    final = accepted(await unit.get(f"/inspections/{id}"))
    assert (final["status"], final["state"]["result"], final["state"]["outcome"]) == ("final", "30.0", "on_course")


async def test_acknowledged(site: Site) -> None:
    id = await site.inspection("notified")
    unit = await site.as_(*COORDINATOR)
    assert accepted(await unit.get(f"/inspections/{id}"))["permitted"] == ["acknowledge", "dispute"]
    assert (
        accepted(await unit.post(f"/inspections/{id}/acknowledge", {"comment": "无异议"}))["status"] == "acknowledged"
    )
    is_problem(await unit.post(f"/inspections/{id}/dispute", {"reason": "又有异议"}), 409, "not_now")


async def test_nobody_inspects_where_they_hold_a_post(site: Site) -> None:
    id = await site.inspection("assigned")
    expert, admin = await site.as_(*EXPERT), await site.as_("admin", "pucheng")
    post = {"id": "2", "role": "teacher", "unit": "shiyan-maths", "first_day": "2026-09-01"}
    accepted(await admin.post(f"/people/{expert.person}/appoint", {"post": post}))
    refused = await expert.post(f"/inspections/{id}/score", {"item": "s1", "points": 1})
    is_problem(refused, 403, "inspects_own_unit")
    assert accepted(await expert.get(f"/inspections/{id}"))["permitted"] == []


async def test_a_follow_up_goes_from_visit_to_plan_to_proof(site: Site) -> None:
    id = await site.follow_up()
    office, unit = await site.as_(*OFFICE), await site.as_(*COORDINATOR)
    is_problem(await office.post(f"/follow-ups/{id}/commend", {"text": "好"}), 409, "not_a_commendation")
    assert accepted(await office.post(f"/follow-ups/{id}/visit", {"findings": "流于形式"}))["status"] == "visited"
    assert accepted(await unit.post(f"/follow-ups/{id}/agree-plan", {"plan": "每周备课"}))["status"] == "plan_agreed"
    assert accepted(await office.post(f"/follow-ups/{id}/send-back", {"reason": "谁负责"}))["status"] == "visited"
    accepted(await unit.post(f"/follow-ups/{id}/agree-plan", {"plan": "每周备课，李老师负责"}))
    assert accepted(await office.post(f"/follow-ups/{id}/verify"))["status"] == "verified"
    listed = accepted(await unit.get("/follow-ups", status="verified"))["items"]
    assert [one["id"] for one in listed] == [id]


async def test_refusals_call_people_by_name_and_items_by_number(site: Site) -> None:
    id = await site.inspection("assigned")
    office = await site.as_("office", "pucheng", lang="zh")
    stranger, other = await site.person("teacher", "shiyan-maths"), (await site.panel())[0]
    fault = is_problem(await office.post(f"/inspections/{id}/assign", {"inspectors": [stranger, other]}), 422)
    name = (await site.running.ledger.names(site.tenant, [stranger]))[stranger]
    assert fault["detail"].startswith(f"{name} 目前不在可以")
    await site.forge("UPDATE content SET body = NULL WHERE tenant = %s")
    fault = is_problem(await office.post(f"/inspections/{id}/assign", {"inspectors": [stranger, other]}), 422)
    assert fault["detail"].startswith("（姓名不详）目前不在")
    expert = await site.as_(*EXPERT, lang="zh")
    await expert.post(f"/inspections/{id}/score", {"item": "s2", "points": "1"})
    fault = is_problem(await expert.post(f"/inspections/{id}/sign"), 409, "items_missing")
    assert "没有评分：第 1、3、4、5 项" in fault["detail"]
