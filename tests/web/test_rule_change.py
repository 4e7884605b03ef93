"""Changing the rules in mid-year over HTTP: the dry run, a last look, carrying it out, and who may."""

from __future__ import annotations

from domain.ids import StreamId
from domain.programme import Decider, Pipeline, Programme, Stage
from domain.text import Text
from ledger.moves import Wish
from tests.api.site import LEADER, OFFICE
from tests.ledger.given import variant
from tests.web.conftest import Web, counted
from tests.web.test_cycle_pages import the_year


def with_a_look(programme: Programme, title: str = "片区初阅") -> Programme:
    """A new version in which group plans are looked at before the coordinator reviews them."""
    look = Stage(id="look", title=Text(zh=title, en="Look"), decided_by=(Decider.parse("coordinator@cluster"),), due=2)
    old = programme.pipeline_by_id["group_plan_approval"]
    fields = {name: getattr(old, name) for name in Pipeline.model_fields}
    new = Pipeline(**fields | {"stages": (look, *old.stages)})
    return variant(
        programme, version=2, pipelines=tuple(new if one.id == new.id else one for one in programme.pipelines)
    )


async def stored(web: Web, title: str = "片区初阅") -> str:
    return await web.ledger.moves.store(web.tenant, with_a_look(web.site.bureau.programme, title))


async def under_way(web: Web) -> tuple[StreamId, StreamId, str]:
    """A year that runs, a plan in review, and the address of the dry run of another version."""
    cycle = await the_year(web, running=False)
    filing = await web.site.filing("in_review")
    return cycle, filing, f"/cycles/{cycle}/rules?to={await stored(web)}"


async def test_dry_run_shows_what_would_change_and_every_choice(web: Web) -> None:
    _, filing, there = await under_way(web)
    page = await (await web.signed_in(*OFFICE)).get(there)
    for words in (
        "在办 1 件，其中 1 件会有变化",
        "新增“片区初阅”环节",
        "审批中：片区研修负责人审核",
        "改按新方案，并退回“片区初阅”环节",
        "改按新方案，并退回报送人",
    ):
        assert words in page
    assert f"/filings/{filing}" in [href for _, href in page.links]
    version = (await web.ledger.head(web.tenant, filing))[0]
    english = await (await web.signed_in(*OFFICE, "n2", lang="en")).get(there)
    assert "“Look” comes" in english
    assert (await web.ledger.head(web.tenant, filing))[0] == version


async def test_what_was_chosen_is_shown_once_more_and_then_carried_out_once(web: Web) -> None:
    cycle, filing, there = await under_way(web)
    browser = await web.signed_in(*OFFICE)
    page = await browser.get(there)
    action = f"/cycles/{cycle}/rules/move"
    chosen = {f"choice.{filing}": "back:look", "reason": "县局批复", "windows": "on", "do": "preview"}
    check = await browser.submit(page, action, chosen)
    assert "改按新方案，并退回“片区初阅”环节" in check
    assert "还没有办理" in check
    before = (await web.ledger.head(web.tenant, filing))[0]
    done = await browser.submit(check, action, do="carry_out")
    assert "已改按新方案 1 件" in done
    version, state, digest = await web.ledger.head(web.tenant, filing)
    assert ([one.stage for one in state.visits], version) == (["look"], before + 2)  # type: ignore[attr-defined]
    assert (await web.ledger.head(web.tenant, cycle))[2] == digest
    again = await browser.submit(check, action, do="carry_out")
    assert "已改按新方案 1 件" in again
    assert (await web.ledger.head(web.tenant, filing))[0] == version
    told = await browser.get(f"/audit/{filing}")
    assert "将此件改按第 2 版方案办理，并退回“片区初阅”环节；新增环节：片区初阅" in told
    assert "原因：县局批复" in told


async def test_one_choice_for_all_that_have_none_of_their_own(web: Web) -> None:
    cycle, filing, there = await under_way(web)
    browser = await web.signed_in(*OFFICE)
    action = f"/cycles/{cycle}/rules/move"
    check = await browser.submit(
        await browser.get(there), action, for_all="move", reason="县局批复", everywhere="on", do="preview"
    )
    assert "停在原环节（片区研修负责人审核）" in check
    await browser.submit(check, action, do="carry_out")
    _, state, _ = await web.ledger.head(web.tenant, filing)
    assert state.passed == ("look",)  # type: ignore[attr-defined]


async def test_form_without_a_reason_comes_back_as_it_was(web: Web) -> None:
    cycle, filing, there = await under_way(web)
    browser = await web.signed_in(*OFFICE)
    chosen = {f"choice.{filing}": "back", "for_all": "move", "do": "carry_out", "reason": " "}
    page = await browser.submit(await browser.get(there), f"/cycles/{cycle}/rules/move", chosen)
    assert page.status == 422
    assert "请填写原因。" in page
    assert '<option value="back" selected>' in page.html
    assert (await web.ledger.head(web.tenant, filing))[1].status == "in_review"


async def test_what_moved_meanwhile_is_left_and_said_so(web: Web) -> None:
    cycle, filing, there = await under_way(web)
    browser = await web.signed_in(*OFFICE)
    check = await browser.submit(
        await browser.get(there), f"/cycles/{cycle}/rules/move", for_all="move", reason="县局批复", do="preview"
    )
    office = await web.site.person(*OFFICE)
    version, _, _ = await web.ledger.head(web.tenant, filing)
    other = await stored(web, "另一环节")
    await web.ledger.moves.carry_out(web.tenant, office, other, "先改", [Wish(filing, version, "back", None)])
    page = await browser.submit(check, f"/cycles/{cycle}/rules/move", do="carry_out")
    assert "未办成 1 件" in page
    assert "刚刚有人办理过" in page


async def test_made_up_forms_do_nothing(web: Web) -> None:
    cycle, filing, there = await under_way(web)
    browser = await web.signed_in(*OFFICE)
    page = await browser.get(there)
    hostile = {
        f"choice.{filing}": "back:<b>\x00",
        "version.xyz-1": "3",
        f"version.{filing}": "１２",
        "for_all": "everything",
        "reason": "<script>alert(1)</script>",
        "do": "carry_out",
    }
    done = await browser.submit(page, f"/cycles/{cycle}/rules/move", hostile)
    assert (done.status, "已改按新方案 0 件" in done, "<script>alert" in done.html) == (200, True, False)
    assert (await browser.get(f"/cycles/{cycle}/rules?to={'0' * 64}")).status == 404
    assert (await browser.get(f"{there}&after=%00")).status == 200


async def test_only_who_runs_the_year_sees_it(web: Web) -> None:
    _, _, there = await under_way(web)
    assert (await (await web.signed_in(*LEADER)).get(there)).status == 403
    assert (await (await web.signed_in("director", "pucheng")).get(there)).status == 403
    rules = await (await web.signed_in(*OFFICE)).get(f"/programme/{there.rpartition('=')[2]}")
    assert there in [href for _, href in rules.links]
    others = await (await web.signed_in(*LEADER)).get(f"/programme/{there.rpartition('=')[2]}")
    assert there not in [href for _, href in others.links]


async def test_number_of_statements_does_not_grow_with_the_filings(web: Web) -> None:
    _, _, there = await under_way(web)
    browser = await web.signed_in(*OFFICE)
    await browser.get(there)
    async with counted(web) as few:
        await browser.get(there)
    for _ in range(8):
        await web.site.filing("in_review")
    async with counted(web) as many:
        await browser.get(there)
    assert few == many
