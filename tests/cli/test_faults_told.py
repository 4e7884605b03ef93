"""What goes wrong before anything runs ends in one sentence that says what to do, in the reader's language."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from cli.main import app
from cli.rehearse import statuses
from cli.serve import faults_told
from deploy.service import StackError


def termledger(*words: str, lang: str = "en", **more: str) -> Result:
    environment = {"TERMLEDGER_LANG": lang, "COLUMNS": "200", **more}
    return CliRunner().invoke(app, list(words), env=environment)


def test_more_units_than_there_are() -> None:
    told = "pucheng-county has 16 units below its root; give --units 1 to 16.\n"
    for words in (("demo", "--data", "nowhere"), ("rehearse", "pucheng-county")):
        done = termledger(*words, "--units", "99")
        assert (done.exit_code, done.stderr) == (2, told)
    assert not Path("nowhere").exists()


@pytest.mark.parametrize("command", ["demo", "up"])
def test_a_folder_that_is_none(command: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for folder in (file, file / "below"):
        english = termledger(command, "--data", str(folder))
        chinese = termledger(command, "--data", str(folder), lang="zh")
        assert (english.exit_code, len(english.stderr.splitlines())) == (1, 1)
        assert f"The data folder {folder} cannot be used" in english.stderr
        assert f"数据目录 {folder} 用不了" in chinese.stderr


def test_a_folder_that_may_not_be_looked_into(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), faults_told():
        raise PermissionError(13, "Permission denied", "/srv/ledger")
    assert capsys.readouterr().err.startswith("/srv/ledger cannot be used (Permission denied);")


def test_a_port_that_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        settings = {"TERMLEDGER_DSN": "postgresql://127.0.0.1:1/none", "TERMLEDGER_PORT": str(port)}
        done = termledger("api", **settings)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (
        f"Port {port} of 127.0.0.1 cannot be used; most likely something listens there. "
        "Stop that, or set TERMLEDGER_PORT to another.\n"
    )


def test_servers_that_cannot_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Path:
        raise StackError("The package is missing.", "缺少软件包。")

    monkeypatch.setattr("deploy.postgres._programs", missing)
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # the test's own process keeps its handlers
    for lang, told in (("en", "The package is missing.\n"), ("zh", "缺少软件包。\n")):
        done = termledger("rehearse", "caoqiao-school", lang=lang)
        assert (done.exit_code, done.stderr) == (1, told)


def test_a_report_speaks_the_words_of_the_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = {"approved": 117, "in_review": 6}
    for lang, told in (("zh", "已通过 117, 审批中 6"), ("en", "Approved 117, In review 6")):
        monkeypatch.setenv("TERMLEDGER_LANG", lang)
        assert statuses("filing", counts) == told


def test_a_diagram_that_cannot_be_written(tmp_path: Path) -> None:
    file = tmp_path / "nowhere" / "plan.bpmn"
    done = termledger("programme", "bpmn", "pucheng-county", "group_plan_approval", "-o", str(file))
    assert (done.exit_code, done.stderr) == (2, f"{file} cannot be written (No such file or directory).\n")
