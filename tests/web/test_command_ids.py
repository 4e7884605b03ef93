"""The id in a page's form makes a double tap harmless, and stands for nobody else's command."""

from __future__ import annotations

from datetime import timedelta

from activities.process import ProcessActivities
from activities.temporal import StreamRef
from domain.filing import FILING, Lapsed
from domain.ids import alarm_command_id
from tests.api.site import COORDINATOR, LEADER
from tests.conftest import START
from tests.web.conftest import Web


async def test_nobody_stops_a_deadline_by_using_up_its_command_id(web: Web) -> None:
    """The ids of alarms are derived from what everybody on the path can see."""
    site = web.site
    owed, also, other, decided = [await site.filing(state) for state in ("open", "open", "open", "in_review")]
    squatted: list[str] = []
    for stream in (owed, also):
        version, state, _ = await web.ledger.head(web.tenant, stream)
        squatted.append(str(alarm_command_id(web.tenant, stream, version, FILING.alarms(state)[0].name)))
    leader, coordinator = await web.signed_in(*LEADER), await web.signed_in(*COORDINATOR)
    csrf = (await leader.get("/account")).form("/language")["csrf"]
    page = await leader.post(f"/filings/{other}/comment", {"csrf": csrf, "command_id": squatted[0], "text": "尽快"})
    assert "said=filing.comment" in page.path
    fields = {"pick": decided, "do": "approve", f"command_id.{decided}": squatted[1]}
    await coordinator.submit(await coordinator.get("/"), "many", fields=fields)
    assert await site.rows("event", "type = 'filing.approval_given'")
    await site.bureau.at(START + timedelta(days=100))
    for stream in (owed, also):
        await ProcessActivities(web.ledger).advance_stream(StreamRef(tenant=web.tenant, stream=stream))
        _, state, _ = await web.ledger.head(web.tenant, stream)
        assert isinstance(state, Lapsed)


async def test_a_form_sent_twice_is_one_command_and_another_persons_is_another(web: Web) -> None:
    """A colleague who sends the same id keeps nobody from being heard."""
    filing = await web.site.filing("in_review")
    texts: list[str] = []
    for post, times in ((LEADER, 2), (COORDINATOR, 1)):
        browser = await web.signed_in(*post)
        csrf = (await browser.get("/account")).form("/language")["csrf"]
        text = f"{post[0]} 的意见"
        for _ in range(times):
            typed = {"csrf": csrf, "command_id": "11111111-1111-4111-8111-111111111111", "text": text}
            page = await browser.post(f"/filings/{filing}/comment", typed)
            assert "said=filing.comment" in page.path
        texts.append(text)
    rows = await web.site.rows("event", "type = 'filing.commented'")
    assert sorted(row["data"]["text"] for row in rows) == sorted(texts)
