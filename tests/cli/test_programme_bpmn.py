"""`termledger programme bpmn`: a pipeline as a diagram, on the screen or in a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import programmes
from cli.programme import app
from domain.bpmn import bpmn
from domain.programme_check import load

COUNTY = load(programmes.text("pucheng-county"))
PIPELINE = COUNTY.pipeline_by_id["group_plan_approval"]


@pytest.fixture(autouse=True)
def _in_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERMLEDGER_LANG", "zh")


def test_it_is_printed_or_written_to_a_file(tmp_path: Path) -> None:
    printed = CliRunner().invoke(app, ["bpmn", "pucheng-county", PIPELINE.id])
    assert printed.exit_code == 0
    assert printed.stdout == bpmn(PIPELINE, COUNTY, "zh")
    file = tmp_path / "plan.bpmn"
    written = CliRunner().invoke(app, ["bpmn", "pucheng-county", PIPELINE.id, "-o", str(file)])
    assert (written.exit_code, written.stdout) == (0, "")
    assert file.read_text(encoding="utf-8") == printed.stdout


def test_it_speaks_the_language_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERMLEDGER_LANG", "en")
    printed = CliRunner().invoke(app, ["bpmn", "pucheng-county", PIPELINE.id])
    assert printed.stdout == bpmn(PIPELINE, COUNTY, "en")


def test_a_pipeline_that_is_not_there_is_answered_with_those_that_are() -> None:
    refused = CliRunner().invoke(app, ["bpmn", "pucheng-county", "nope"])
    assert refused.exit_code == 2
    assert "没有审批流 nope" in refused.stderr
    assert PIPELINE.id in refused.stderr.replace("\n", "")


def test_a_faulty_programme_is_answered_with_its_faults(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("id: [", encoding="utf-8")
    refused = CliRunner().invoke(app, ["bpmn", str(file), PIPELINE.id])
    assert refused.exit_code == 1
