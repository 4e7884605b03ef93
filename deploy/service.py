"""A child process that is launched, probed, stopped gently and killed: the base of everything in a group.

Every child gets a session of its own. So Ctrl-C at the terminal reaches the supervisor only, and it decides
the order in which the children stop. No child is told to die with its parent (PR_SET_PDEATHSIG): that
signal follows the parent's *thread*, is forgotten when a child changes its user, and knows no order. What a
killed supervisor leaves behind is stopped by the next start (see `deploy.group`).
"""

import contextlib
import os
import signal
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from deploy.processes import end, identify, wait_until

_KILL_LIMIT = 10.0
_LOG_LIMIT = 20 * 1024 * 1024
_TAIL_LINES = 15


class StackError(Exception):
    """The stack cannot start or go on; the text says what is wrong and what to do, in English and in Chinese."""

    def __init__(self, en: str, zh: str | None = None) -> None:
        """Take both texts; none in Chinese for slips of the program that no operator meets."""
        super().__init__(en)
        self.zh = zh or en


def tail(log: Path, lines: int = _TAIL_LINES) -> str:
    """Give the last lines of a log, for an error message."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 16_384))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return "(no log)"
    return "\n".join(text.splitlines()[-lines:]) or "(the log is empty)"


class Service(ABC):
    """One child process of the stack, with its log, its readiness probe and its way to stop."""

    stop_signal: signal.Signals = signal.SIGTERM
    stop_grace: float = 15.0
    start_limit: float = 60.0

    def __init__(self, name: str, log: Path) -> None:
        self.name = name
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def launch(self) -> None:
        """Start the process without waiting for it to be ready."""

    @abstractmethod
    def ready(self) -> bool:
        """Say whether the process answers; quick, and without raising while it does not yet."""

    @property
    def pid(self) -> int:
        """The process id of the running child."""
        if self._process is None:
            raise StackError(f"{self.name} is not started; call start() first.")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the child process exists and has not ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """The child's exit code (negative: the signal); None while it runs or before its start."""
        return None if self._process is None else self._process.poll()

    def start(self) -> None:
        """Start the process and wait until it is ready; raise with the end of its log if it is not."""
        self.launch()
        try:
            answered = wait_until(lambda: not self.running or self.ready(), self.start_limit) and self.running
        except BaseException:
            self.kill()
            raise
        if not answered:
            how = "did not answer in time" if self.running else f"ended with exit code {self.exit_code}"
            self.kill()
            raise StackError(
                f"{self.name} {how} while starting; see {self.log}:\n{tail(self.log)}",
                f"{self.name} 启动不了（{how}）；日志 {self.log} 的末尾：\n{tail(self.log)}",
            )

    def stop(self) -> None:
        """Stop the process in its orderly way, and kill it if the grace time is not enough."""
        self._end(self.stop_signal, self.stop_grace)

    def kill(self) -> None:
        """Kill the process and its descendants at once."""
        self._end(signal.SIGKILL, _KILL_LIMIT)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _end(self, signum: signal.Signals, grace: float) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            if known := identify(self._process.pid):
                end(known, signum, grace)
            self._process.wait()
        # The child led a process group; members that outlived it (its own helpers) go with it.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process = None

    def _spawn(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path | None = None,
        account: tuple[int, int] | None = None,
    ) -> None:
        """Start the command as the account (uid, gid), in a session of its own, its output in the log."""
        if self.running:
            raise StackError(f"{self.name} already runs as process {self.pid}; stop it first.")
        self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _rotate(self.log)
        user, group = account if account is not None else (None, None)
        try:
            with open(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as output:
                self._process = subprocess.Popen(  # noqa: S603 - our own command line, no shell
                    list(command),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    cwd=cwd,
                    env=dict(env),
                    user=user,
                    group=group,
                    extra_groups=None if account is None else [],
                    start_new_session=True,
                )
        except OSError as error:
            raise StackError(
                f"{self.name} cannot be started ({error}); check that {command[0]} exists and may be run, "
                f"and that {self.log} may be written.",
                f"{self.name} 启动不了（{error}）；请确认 {command[0]} 存在且可执行，{self.log} 可写。",
            ) from error


class Command(Service):
    """A plain command as a child: the worker, the API."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        ready: Callable[[], bool] | None = None,
    ) -> None:
        super().__init__(name, log)
        self._command = list(command)
        self._env = dict(env or {})
        self._ready = ready

    def launch(self) -> None:
        """Start the command with the given variables on top of our own environment."""
        self._spawn(self._command, env={**os.environ, **self._env})

    def ready(self) -> bool:
        """Ask the given probe; without one, a command is ready as soon as it runs."""
        return True if self._ready is None else self._ready()


def _rotate(log: Path) -> None:
    """Keep one older log, so that a machine that is never looked after does not fill its disk."""
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > _LOG_LIMIT:
            os.replace(log, log.with_name(log.name + ".1"))
