"""`termledger adopt`, as an operator types it: the first rules by the system, later ones by somebody, with a reason."""

from __future__ import annotations

import asyncio
from pathlib import Path

from typer.testing import CliRunner, Result

from api.web.programmes import as_yaml
from cli.main import app
from domain.ids import SYSTEM
from domain.programme import Programme
from tests.conftest import Base, Bureau


async def adopt(base: Base, *words: str) -> Result:
    environment = {"TERMLEDGER_DSN": base.service, "TERMLEDGER_LANG": "zh", "COLUMNS": "200"}
    # The command runs an event loop of its own.
    return await asyncio.to_thread(lambda: CliRunner().invoke(app, ["adopt", *words], env=environment))


async def test_whoever_puts_other_rules_in_force_is_named_with_a_reason(
    base: Base, bureau: Bureau, small_county: Programme, tmp_path: Path
) -> None:
    keeper = await bureau.person("admin", "pucheng")
    files = [tmp_path / "now.yaml", tmp_path / "newer.yaml"]
    for number, file in enumerate(files, 1):
        file.write_text(as_yaml(small_county.model_copy(update={"version": number})), encoding="utf-8")
    now, newer = map(str, files)

    again = await adopt(base, now, "--tenant", bureau.tenant)
    assert again.exit_code == 0, again.output
    for words, told in (
        ((), "须用 --by 指明由谁采用"),
        (("--by", "admin@pucheng"), "须说明原因"),
        (("--by", "office@pucheng", "--reason", "改版"), "没有 office@pucheng 这个人或任职"),
    ):
        refused = await adopt(base, newer, "--tenant", bureau.tenant, *words)
        assert (refused.exit_code, told in refused.stderr) == (2, True), refused.output
    assert [one.by for one in await bureau.ledger.tenants.adoptions(bureau.tenant)] == [SYSTEM]

    done = await adopt(base, newer, "--tenant", bureau.tenant, "--by", "admin@pucheng", "--reason", "县局批复")
    assert done.exit_code == 0, done.output
    last = (await bureau.ledger.tenants.adoptions(bureau.tenant))[-1]
    assert (last.version, last.by, last.reason) == (2, keeper, "县局批复")


async def test_a_new_tenant_needs_nobody(base: Base, bureau: Bureau) -> None:
    done = await adopt(base, "pucheng-county", "--tenant", "new-county", "--keeper", "王某")
    assert done.exit_code == 0, done.output
    assert "已登记" in done.stdout
