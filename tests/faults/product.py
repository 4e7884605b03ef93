"""The whole product as its users start it: `termledger` in processes of its own, whose children a test may kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sysconfig
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self, TypeVar

import httpx
import psutil

from cli.connection import Address, address_of
from deploy.group import _read_record
from deploy.processes import Known, identify, is_alive

T = TypeVar("T")

TERMLEDGER = str(Path(sysconfig.get_path("scripts")) / "termledger")
READY = "Ctrl-C stops everything."
_PAUSE = 0.02


def eventually(condition: Callable[[], T], what: str, limit: float = 120.0) -> T:
    """Poll until the condition gives something true, and give that. Stacks start side by side here, and slowly."""
    deadline = time.monotonic() + limit
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not in {limit:.0f} s: {what}"
        time.sleep(_PAUSE)
    return found


def environment(**more: str) -> dict[str, str]:
    """Our environment, in English, output at once, and nothing that names another stack."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TERMLEDGER_")}
    return {**kept, "TERMLEDGER_LANG": "en", "PYTHONUNBUFFERED": "1", **more}


def termledger(*words: str, limit: float = 240.0) -> subprocess.CompletedProcess[str]:
    """Run a command of the product to its end."""
    return subprocess.run(
        [TERMLEDGER, *words], env=environment(), capture_output=True, text=True, timeout=limit, check=False
    )


class Product:
    """`termledger up`, or another word that keeps a stack; leaving the context stops it and all that it started."""

    def __init__(self, data: Path, *words: str, says: str = READY) -> None:
        self.data = data
        self._words = words or ("up",)
        self._says = says
        self._output = data.with_name(f"{data.name}.out")
        self._process: subprocess.Popen[bytes] | None = None
        self._seen: set[Known] = set()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                self.stop()
            self._process.kill()
            self._process.wait()
        for one in self._seen:
            if is_alive(one):
                os.kill(one.pid, signal.SIGKILL)

    @property
    def pid(self) -> int:
        """The supervisor."""
        assert self._process is not None
        return self._process.pid

    @property
    def address(self) -> Address:
        return address_of(self.data)

    @property
    def output(self) -> str:
        """What this start has said so far."""
        return self._output.read_text(encoding="utf-8")

    def launch(self) -> None:
        """Start without waiting."""
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                [TERMLEDGER, *self._words, "--data", str(self.data)],
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def start(self) -> None:
        """Start and wait until it says that it is ready."""
        self.launch()
        process = self._process
        assert process is not None
        eventually(lambda: self._says in self.output or process.poll() is not None, "up", 180)
        assert process.poll() is None, self.output
        self.children()

    def end(self, signum: signal.Signals) -> int:
        """Send the supervisor a signal, wait for its end and give its exit code."""
        assert self._process is not None
        self._process.send_signal(signum)
        return self._process.wait(60)

    def stop(self) -> int:
        """Press Ctrl-C: the terminal tells everyone in the supervisor's process group."""
        os.killpg(self.pid, signal.SIGINT)
        assert self._process is not None
        return self._process.wait(60)

    def descendants(self) -> set[Known]:
        """Everything that runs below the supervisor."""
        below = psutil.Process(self.pid).children(recursive=True)
        found = {one for child in below if (one := identify(child.pid)) is not None}
        self._seen.update(found)
        return found

    def children(self) -> dict[str, Known]:
        """The children by name, as the supervisor wrote them down."""
        found = {one.name: Known(one.pid, one.started) for one in _read_record(self.data / "group.json").children}
        self._seen.update(found.values())
        return found

    def kill(self, name: str, signum: signal.Signals = signal.SIGKILL) -> Known:
        """Kill a child, and give who it was."""
        child = self.children()[name]
        os.kill(child.pid, signum)
        return child

    def replaced(self, name: str, old: Known) -> None:
        """Wait until the supervisor has started a child anew."""
        eventually(lambda: self.children().get(name, old) != old, f"{name} is started again")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the supervisor, so that what is killed stays away for the length of a block."""
        os.kill(self.pid, signal.SIGSTOP)
        eventually(lambda: psutil.Process(self.pid).status() == psutil.STATUS_STOPPED, "the supervisor is held")
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)

    def health(self) -> httpx.Response:
        return httpx.get(f"{self.address.api}/health/ready", timeout=15)
