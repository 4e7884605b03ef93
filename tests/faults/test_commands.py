"""The command line for real: demo, up, and what works on a running stack and without one."""

from __future__ import annotations

import json
import os
import pwd
import signal
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from deploy.processes import identify, is_alive
from tests.faults.product import TERMLEDGER, Product, environment, eventually, termledger

ROOT = Path(__file__).parents[2]
OFFICE = "office@pucheng"


@pytest.fixture(scope="module")
def broken_off(folder: Path) -> Product:
    """A first demo on the folder, ended by Ctrl-C in the middle of its rehearsal."""
    with Product(folder, "demo", "--units", "2", says="rehearsing") as product:
        eventually(lambda: (folder / "address.json").exists(), "the database is prepared")
        sees = "-c termledger.tenant=pucheng-county"
        with psycopg.connect(product.address.dsn, autocommit=True, options=sees) as connection:
            query = "SELECT 1 FROM event WHERE type = 'filing.submitted' LIMIT 1"
            eventually(lambda: connection.execute(query).fetchone(), "the rehearsal is under way")
        below = product.descendants()
        assert product.stop() == 130, product.output
        assert not any(is_alive(one) for one in below)
    return product


@pytest.fixture(scope="module")
def shown(folder: Path, broken_off: Product) -> str:
    """What the first demo on the folder that came to its end said."""
    done = termledger("demo", "--exit", "--units", "1", "--data", str(folder), limit=480)
    assert done.returncode == 0, done.stderr
    assert not (folder / "group.json").exists()
    return done.stdout


def told(folder: Path, *words: str, code: int = 0) -> dict[str, object]:
    """What a command says as JSON."""
    done = termledger(*words, "--json", "--data", str(folder))
    assert done.returncode == code, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def summary(output: str) -> str:
    """The part of a demo's output that must be the same at every start."""
    return output[output.index("Duties") : output.index("open streams have")].rsplit("\n", 1)[0]


def test_a_second_demo_goes_on_where_the_first_stopped(folder: Path, shown: str) -> None:
    assert "The ledger is sound" in shown
    again = termledger("demo", "--exit", "--units", "1", "--data", str(folder))
    assert again.returncode == 0, again.stderr
    assert summary(again.stdout) == summary(shown)


def test_ctrl_c_ends_a_rehearsal_at_once_and_the_next_demo_starts_anew(broken_off: Product, shown: str) -> None:
    assert "Traceback" not in broken_off.output
    assert "was broken off; starting anew" in shown


def test_a_demo_leaves_what_it_did_not_make(folder: Path, shown: str) -> None:
    report = folder / "rehearsal.json"
    kept = report.rename(folder / "elsewhere.json")
    refused = termledger("demo", "--exit", "--data", str(folder))
    kept.rename(report)
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"{folder} holds data of pucheng-county that no demo made.")


def works(rehearsing: psutil.Process) -> bool:
    """Whether a rehearsal has a worker. Children that are gone again in the meantime are none."""
    for one in rehearsing.children():
        with suppress(psutil.Error):
            if "workflows.rehearsal.worker" in one.cmdline():
                return True
    return False


def test_a_rehearsal_that_is_told_to_end_takes_its_servers_along() -> None:
    command = [TERMLEDGER, "rehearse", "caoqiao-school"]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        rehearsing = psutil.Process(process.pid)
        eventually(lambda: works(rehearsing), "its worker has begun")
        below = [identify(one.pid) for one in rehearsing.children(recursive=True)]
        process.terminate()
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said.decode()
    assert b"Traceback" not in said
    assert not any(is_alive(one) for one in below if one is not None)


@pytest.fixture(scope="module")
def running(folder: Path, shown: str) -> Iterator[Product]:
    """`termledger up` on what the demo left."""
    with Product(folder) as product:
        yield product


def test_the_commands_work_on_a_running_stack(folder: Path, shown: str, running: Product) -> None:
    verified = told(folder, "verify")
    assert (verified["sound"], verified["flaw"]) == (True, None)
    rebuilt = told(folder, "rebuild", "--check")
    assert (rebuilt["drifts"], rebuilt["streams"]) == ([], verified["streams"])

    stream = next(line.split()[2] for line in shown.splitlines() if ".venv/bin/termledger replay" in line)
    events = told(folder, "replay", stream)["events"]
    assert isinstance(events, list)
    assert [one["version"] for one in events] == list(range(1, len(events) + 1))
    first = told(folder, "replay", stream, "--at", "1")
    assert (first["version"], first["events"]) == (1, events[:1])

    token = str(told(folder, "token", OFFICE)["token"])
    answer = httpx.get(f"{running.address.api}/api/v1/tasks", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text

    revived = termledger("revive", "--data", str(folder))
    assert revived.returncode == 0
    assert int(revived.stdout.split()[0]) > 0


def test_a_second_up_on_the_same_folder_is_refused_with_a_sentence(folder: Path, running: Product) -> None:
    second = termledger("up", "--data", str(folder))
    assert second.returncode == 1
    assert second.stderr.strip() == (
        f"Termledger already runs on {folder} (process {running.pid}); stop it first or choose another folder."
    )


def test_up_goes_on_with_the_same_data_after_a_kill_of_the_supervisor(folder: Path, running: Product) -> None:
    before = running.children()
    assert list(before) == ["temporal", "postgres", "worker", "api"]
    with psycopg.connect(running.address.dsn, autocommit=True) as connection:
        row = connection.execute("SELECT sum(position) FROM tenant").fetchone()
        assert row is not None
    assert running.end(signal.SIGKILL) == -signal.SIGKILL
    assert all(is_alive(child) for child in before.values())

    running.start()
    assert not any(is_alive(child) for child in before.values())
    verified = told(folder, "verify")
    assert verified["sound"] is True
    assert int(str(verified["events"])) >= row[0] > 0
    eventually(lambda: running.health().json()["status"] == "ready", "all is ready")


def test_ctrl_c_stops_everything_and_then_the_commands_say_so(folder: Path, running: Product) -> None:
    below = running.descendants()
    assert len(below) > 4
    assert running.stop() == 0, running.output
    assert not any(is_alive(one) for one in below)
    assert not (folder / "group.json").exists()
    without = termledger("verify", "--data", str(folder))
    assert (without.returncode, without.stdout) == (3, "")
    assert without.stderr.startswith("The database cannot be reached.")
    nowhere = termledger("verify", "--data", str(folder / "nowhere"))
    assert nowhere.returncode == 2
    assert nowhere.stderr.startswith("There is no stack in")


@pytest.fixture
def home() -> Iterator[tuple[Path, pwd.struct_passwd]]:
    """An ordinary user with a home of their own."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user; as an ordinary one, every other test has shown it")
    user = pwd.getpwnam("nobody")
    with tempfile.TemporaryDirectory(prefix="termledger-home-") as folder:
        os.chown(folder, user.pw_uid, user.pw_gid)
        yield Path(folder), user


def test_an_ordinary_user_rehearses_a_school(home: tuple[Path, pwd.struct_passwd]) -> None:
    folder, user = home
    done = subprocess.run(
        [
            *(python_for(user), "-m", "cli.main", "rehearse", "caoqiao-school", "--units", "1"),
            *("--year", "2026", "--until", "2026-09-11", "--json"),
        ],
        cwd=ROOT,
        env=environment(
            HOME=str(folder),
            TMPDIR=str(folder),
            PATH=f"{sysconfig.get_path('scripts')}:{os.environ['PATH']}",
            PYTHONPATH=f"{ROOT}:{sysconfig.get_path('purelib')}",
            PYTHONDONTWRITEBYTECODE="1",
        ),
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=[],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["sound"] is True
    assert report["drifts"] == 0
    assert report["events"] > 0
    assert list(folder.glob("termledger-*")) == []


def python_for(user: pwd.struct_passwd) -> str:
    """A Python of our version that the account may run."""
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/python{here}", f"/usr/local/bin/python{here}"):
        try:
            subprocess.run([python, "-c", ""], user=user.pw_uid, group=user.pw_gid, cwd="/", check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return python
    pytest.skip("no Python of our version that the account may run")
