"""The embedded stack, for real: it starts, stops, and goes on after every kind of kill."""

import json
import os
import pwd
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

import psycopg
import pytest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from deploy import group as group_module
from deploy import ports as ports_module
from deploy.group import Group
from deploy.ports import Ports, free_port, is_free
from deploy.postgres import Postgres
from deploy.processes import Known, identify, is_alive
from deploy.service import Command, StackError
from deploy.temporal import TemporalDevServer

T = TypeVar("T")
ROOT = Path(__file__).parents[2]
NAME = "研修 台账 #1"
ENDLESS = [sys.executable, "-c", "import signal; signal.pause()"]
STUBBORN = [
    sys.executable,
    "-c",
    "import os, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(os.getpid(), flush=True); signal.pause()",
]


def eventually(condition: Callable[[], T], limit: float = 60.0) -> T:
    """Poll until the condition gives something true, and give that."""
    deadline = time.monotonic() + limit
    while not (found := condition()):
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.02)
    return found


@dataclass(frozen=True)
class User:
    """Who runs the supervisor: ourselves, or another account with a Python that it can reach."""

    python: str
    account: tuple[int, int] | None = None


def _nobody() -> User:
    if os.geteuid() != 0:
        pytest.skip("only root can become another user; the other case has run as an ordinary one")
    entry = pwd.getpwnam("nobody")
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/python{here}", f"/usr/local/bin/python{here}"):
        try:
            subprocess.run([python, "-c", ""], user=entry.pw_uid, group=entry.pw_gid, cwd="/", check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return User(python, (entry.pw_uid, entry.pw_gid))
    pytest.skip("no Python of our version that the account nobody may run")


@pytest.fixture
def data() -> Iterator[Path]:
    # Not pytest's own folder: that is private, and would be opened for PostgreSQL's account.
    with tempfile.TemporaryDirectory(prefix="termledger-") as home:
        yield Path(home) / NAME


@pytest.fixture(params=["ourselves", "nobody"])
def user(request: pytest.FixtureRequest, data: Path) -> User:
    if request.param == "ourselves":
        return User(sys.executable)
    user = _nobody()
    assert user.account is not None
    os.chown(data.parent, *user.account)
    return user


class Supervisor:
    """The stand-in for `termledger up` as a process; leaving the context ends it, its children too."""

    def __init__(self, data: Path, user: User) -> None:
        self._data = data
        self._process = subprocess.Popen(
            [user.python, "-m", "tests.deploy.supervisor", str(data)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={
                "PATH": f"{sysconfig.get_path('scripts')}:{os.environ['PATH']}",
                "HOME": str(data.parent),
                "PYTHONPATH": f"{ROOT}:{sysconfig.get_path('purelib')}",
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            user=None if user.account is None else user.account[0],
            group=None if user.account is None else user.account[1],
            extra_groups=None if user.account is None else [],
        )
        self.where: dict[str, Any] = {}

    def __enter__(self) -> Self:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            pytest.fail(self.refusal())
        self.where = json.loads(line)
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self.stop()

    def stop(self, signum: signal.Signals = signal.SIGINT) -> int:
        self._process.send_signal(signum)
        self._process.communicate(timeout=60)
        return self._process.returncode

    def refusal(self) -> str:
        """Wait for the end of a supervisor that does not get up and give its message."""
        return self._process.communicate(timeout=60)[1]

    def children(self) -> dict[str, Known]:
        record = json.loads((self._data / "group.json").read_text())
        return {child["name"]: Known(child["pid"], child["started"]) for child in record["children"]}

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.where["dsn"]) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def answers(self, statement: str) -> list[tuple[Any, ...]]:
        """Give the rows, or none while the server is away."""
        try:
            return self.execute(statement)
        except psycopg.OperationalError:
            return []


async def _start_workflow(address: str) -> None:
    client = await Client.connect(address)
    attributes = TypedSearchAttributes([SearchAttributePair(SearchAttributeKey.for_keyword("Stand"), "here")])
    await client.start_workflow("Absent", id="kept", task_queue="nobody", search_attributes=attributes)


async def _workflow_status(address: str) -> WorkflowExecutionStatus | None:
    client = await Client.connect(address)
    return (await client.get_workflow_handle("kept").describe()).status


async def test_a_second_start_goes_on_where_the_first_stopped(data: Path, user: User) -> None:
    with Supervisor(data, user) as first:
        first.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        await _start_workflow(first.where["temporal"])
        children = first.children()
        assert list(children) == ["temporal", "postgres", "worker", "api"]
        assert first.stop() == 0
    assert not any(is_alive(child) for child in children.values())
    assert not (data / "group.json").exists()

    with Supervisor(data, user) as second:
        assert second.where == first.where
        assert second.execute("SELECT answer FROM kept") == [(42,)]
        assert await _workflow_status(second.where["temporal"]) == WorkflowExecutionStatus.RUNNING
        assert second.stop(signal.SIGTERM) == 0


def test_nothing_is_lost_whatever_is_killed(data: Path) -> None:
    user = User(sys.executable)
    with Supervisor(data, user) as first:
        first.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        before = first.children()
        killed = ("postgres", "temporal", "worker")
        for name in killed:
            os.kill(before[name].pid, signal.SIGKILL)
        eventually(lambda: all(first.children().get(name, before[name]) != before[name] for name in killed))
        assert eventually(lambda: first.answers("SELECT answer FROM kept")) == [(42,)]
        left_behind = first.children()
        assert left_behind["api"] == before["api"]
        first.stop(signal.SIGKILL)
    assert is_alive(left_behind["api"])

    with Supervisor(data, user) as second:
        assert second.where == first.where
        assert not any(is_alive(child) for child in left_behind.values())
        assert second.execute("SELECT answer FROM kept") == [(42,)]
        everything = second.children().values()
        second.stop(signal.SIGKILL)
    for child in everything:
        os.kill(child.pid, signal.SIGKILL)

    with Supervisor(data, user) as third:
        assert third.execute("SELECT answer FROM kept") == [(42,)]
        assert Supervisor(data, user).refusal().startswith(f"Termledger already runs on {data} (process ")


def test_a_signal_while_starting_stops_everything(data: Path) -> None:
    supervisor = Supervisor(data, User(sys.executable))
    eventually((data / "group.json").exists)
    children = supervisor.children()
    assert supervisor.stop(signal.SIGTERM) != 0
    assert not any(is_alive(child) for child in children.values())
    assert not (data / "group.json").exists()


def test_only_the_password_opens_the_database_and_it_is_shown_nowhere(data: Path) -> None:
    with Postgres(data) as postgres:
        password = (data / "password").read_text().strip()
        assert (data / "password").stat().st_mode & 0o077 == 0
        assert password in postgres.dsn()
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(postgres.dsn().replace(f":{password}@", "@"))
        with psycopg.connect(postgres.dsn()) as connection:
            shown = connection.execute("SELECT current_setting('fsync'), current_setting('synchronous_commit')")
            assert shown.fetchone() == ("on", "on")
        assert password not in Path(f"/proc/{postgres.pid}/cmdline").read_text()
        assert password not in (data / "postgres.log").read_text()


def test_a_stale_pid_file_that_names_another_process_is_no_obstacle(data: Path) -> None:
    server = Postgres(data)
    with server:
        other = Postgres(data)
        with pytest.raises(StackError, match="already runs"):
            other.start()
        stale = (data / "data" / "postmaster.pid").read_text().split("\n", 1)[1]
        server.kill()
        owner = (data / "data").stat()
        bystander = subprocess.Popen(["sleep", "60"], user=owner.st_uid, group=owner.st_gid)
        try:
            (data / "data" / "postmaster.pid").write_text(f"{bystander.pid}\n{stale}")
            server.start()
            assert bystander.poll() is None
        finally:
            bystander.kill()
            bystander.wait()


def test_a_server_that_cannot_start_says_why(data: Path) -> None:
    with pytest.raises(StackError, match="no_such_setting"):
        Postgres(data, settings={"no_such_setting": "1"}).start()


def test_data_of_another_postgresql_is_not_touched(data: Path) -> None:
    """The server would refuse it too, six times over and in its own words."""
    (data / "data").mkdir(parents=True)
    (data / "data" / "PG_VERSION").write_text("9.6\n")
    (data / "password").write_text("kept\n")
    with pytest.raises(StackError, match=r"was made by PostgreSQL 9\.6 and this is \d+: dump it") as fault:
        Postgres(data).start()
    assert "由 PostgreSQL 9.6 建立" in fault.value.zh


def test_a_temporal_file_whose_making_was_cut_short_is_made_again(data: Path) -> None:
    data.mkdir()
    (data / "temporal.db").write_bytes(b"")
    (data / "being-made").touch()
    with TemporalDevServer(data, headless=True) as server:
        assert server.ui_url is None
        assert not (data / "being-made").exists()
        server.kill()


def test_search_attributes_may_be_added_later(data: Path) -> None:
    for attributes in ({"One": "Keyword"}, {"One": "Keyword", "Two": "Datetime"}):
        with TemporalDevServer(data, search_attributes=attributes, headless=True) as server:
            assert server.ready()
            server.kill()
    with pytest.raises(StackError, match="Unknown search attribute type"):
        TemporalDevServer(data, search_attributes={"One": "Word"})


def test_a_child_that_never_stays_up_ends_the_group(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_module, "_BACKOFF_FIRST", 0.01)
    script = "print('no luck'); raise SystemExit(3)"
    with Group(data) as group:
        bystander = group.add("bystander", ENDLESS)
        known = identify(bystander.pid)
        with pytest.raises(StackError, match=r"(?s)unlucky ended with exit code 3 .*unlucky\.log.*no luck"):
            group.add("unlucky", [sys.executable, "-c", script], ready=lambda: False)
    assert known is not None
    assert not is_alive(known)
    assert (data / "log" / "unlucky.log").read_text().count("no luck") == 6


def test_one_group_per_folder(data: Path) -> None:
    with Group(data), pytest.raises(StackError, match=f"process {os.getpid()}"), Group(data):
        pass
    with Group(data):
        pass


def test_leftovers_are_known_by_number_and_start_time(data: Path) -> None:
    data.mkdir()
    with (
        Command("left", ENDLESS, log=data / "left.log") as left,
        Command("new", ENDLESS, log=data / "n.log") as new,
    ):
        known = {name: identify(service.pid) for name, service in (("left", left), ("new", new))}
        assert known["left"] is not None
        assert known["new"] is not None
        entry = {"stop_signal": signal.SIGTERM, "stop_grace": 5}
        children = [
            {"name": "left", "pid": left.pid, "started": known["left"].started, **entry},
            {"name": "number given anew", "pid": new.pid, "started": known["new"].started - 60, **entry},
        ]
        (data / "group.json").write_text(json.dumps({"children": children}))
        with Group(data):
            assert not left.running
            assert new.running


def test_a_child_that_does_not_listen_is_killed_with_its_descendants(data: Path) -> None:
    log = data / "deaf.log"
    script = f"import subprocess; subprocess.Popen({STUBBORN!r}); exec({STUBBORN[2]!r})"
    child = Command("deaf", [sys.executable, "-c", script], log=log, ready=lambda: log.read_text().count("\n") == 2)
    child.stop_grace = 0.2
    child.start()
    child.stop()
    assert [identify(int(pid)) for pid in log.read_text().split()] == [None, None]


def test_ports_are_remembered_while_they_are_free(data: Path) -> None:
    data.mkdir()
    file = data / "ports.json"
    one, two = Ports(file).get("one"), Ports(file).get("two")
    assert one != two
    assert Ports(file).get("one") == one
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", one))
        taken.listen()
        assert not is_free(one)
        assert Ports(file).get("one") not in (one, two)
    file.write_text("damaged")
    assert Ports(file).get("one") > 0
    assert is_free(free_port())


def test_a_port_is_chosen_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two servers that are about to start, neither takes the other's."""
    monkeypatch.setattr(ports_module, "_HIGHEST", ports_module._LOWEST + 40)
    chosen = [free_port() for _ in range(20)]
    assert len(set(chosen)) == 20
