"""The supervised group: children start in order, are restarted when they crash, and stop in reverse order.

One group per folder (`lock`). What runs is written down in `group.json`, by number and start time: after a
kill -9 of the supervisor, the next start stops exactly what the earlier one left behind, and then goes on
from the same data. Restarts are bounded, so that a child that can never run ends the group with a message.
"""

import fcntl
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Self

from pydantic import BaseModel, ValidationError

from deploy.processes import Known, end, identify, is_alive
from deploy.service import Command, Service, StackError, tail

_log = logging.getLogger(__name__)

_TICK = 0.05
_RESTARTS = 5
_RESTART_WINDOW = 60.0
_BACKOFF_FIRST = 0.2
_BACKOFF_MOST = 5.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Recorded(BaseModel):
    """One child as written down: enough to know it again and to stop it properly."""

    name: str
    pid: int
    started: float
    stop_signal: int
    stop_grace: float


class _Record(BaseModel):
    children: list[_Recorded] = []


@dataclass
class _Member:
    """A child of the group: starting (deadline), resting before a restart (restart_at), or running."""

    service: Service
    deadline: float | None = None
    restart_at: float | None = None
    restarts: list[float] = field(default_factory=list)

    @property
    def settled(self) -> bool:
        return self.deadline is None and self.restart_at is None


class Group:
    """Supervises the child processes of one folder; use it as a context manager."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self._members: list[_Member] = []
        self._record = self.folder / "group.json"
        self._lock: int | None = None
        self._stop_requested = False
        self._old_handlers: dict[signal.Signals, Callable[[int, FrameType | None], object] | int | None] = {}

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> None:
        """Take the folder's lock and stop what an earlier, killed group left behind."""
        try:
            self.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
            self._lock = _take_lock(self.folder / "lock")
        except OSError as error:
            raise StackError(
                f"The data folder {self.folder} cannot be used ({error}); choose another.",
                f"数据目录 {self.folder} 用不了（{error}）；请另选目录。",
            ) from error
        self._stop_requested = False
        self._catch_signals()
        try:
            self._stop_leftovers()
        except BaseException:
            self._let_go()  # the record stays: what could not be stopped is still there
            raise

    def close(self) -> None:
        """Stop all children in reverse order and let the folder go."""
        if self._lock is None:
            return
        try:
            for member in reversed(self._members):
                _log.info("stopping %s", member.service.name)
                member.service.stop()
            self._members.clear()
            self._record.unlink(missing_ok=True)
        finally:
            self._let_go()

    def log_file(self, name: str) -> Path:
        """Give the place of a child's log."""
        return self.folder / "log" / f"{name}.log"

    def start(self, *services: Service) -> None:
        """Start children, in this order, and wait until all of them are ready.

        A signal to stop meanwhile raises KeyboardInterrupt, for which leaving the context stops everything.
        """
        if self._lock is None:
            raise StackError("The group is not open; use it in a with statement.")
        for service in services:
            self._raise_if_stopped()
            member = _Member(service)
            self._members.append(member)
            self._launch(member)
        while not all(member.settled for member in self._members):
            self._raise_if_stopped()
            self._tick()
            time.sleep(_TICK)

    def add(
        self,
        name: str,
        command: Sequence[str],
        env: Mapping[str, str] | None = None,
        *,
        ready: Callable[[], bool] | None = None,
    ) -> Service:
        """Start a command as a child, its variables on top of our environment, and wait until it is ready."""
        service = Command(name, command, log=self.log_file(name), env=env, ready=ready)
        self.start(service)
        return service

    def run(self) -> None:
        """Supervise until SIGINT, SIGTERM, SIGHUP or `request_stop`; leaving the context stops the children.

        Raises StackError, naming the child and its log, when a child does not stay up.
        """
        while not self._stop_requested:
            self._tick()
            time.sleep(_TICK)

    @property
    def stop_requested(self) -> bool:
        """Whether a signal or `request_stop` has asked to stop: for long work outside `run`."""
        return self._stop_requested

    def request_stop(self) -> None:
        """Ask `run` to return; safe from any thread and from a signal handler."""
        self._stop_requested = True

    def _raise_if_stopped(self) -> None:
        if self._stop_requested:
            raise KeyboardInterrupt

    def _tick(self) -> None:
        for member in self._members:
            self._attend(member, time.monotonic())

    def _attend(self, member: _Member, now: float) -> None:
        """Take one look at a child and do the next thing it needs."""
        if member.restart_at is not None:
            if now >= member.restart_at:
                self._launch(member)
        elif not member.service.running:
            self._crashed(member, now, f"ended with exit code {member.service.exit_code}")
        elif member.deadline is not None:
            if member.service.ready():
                member.deadline = None
                _log.info("%s is ready", member.service.name)
            elif now > member.deadline:
                self._crashed(member, now, "did not answer in time")

    def _launch(self, member: _Member) -> None:
        member.restart_at = None
        member.deadline = time.monotonic() + member.service.start_limit
        member.service.launch()
        self._write_record()

    def _crashed(self, member: _Member, now: float, what: str) -> None:
        """Plan a restart, later each time, or give up when there were too many within the window."""
        service = member.service
        service.kill()
        member.restarts = [moment for moment in member.restarts if now - moment < _RESTART_WINDOW]
        if len(member.restarts) >= _RESTARTS:
            raise StackError(
                f"{service.name} {what} and was restarted {_RESTARTS} times within a minute in vain; "
                f"see {service.log}:\n{tail(service.log)}",
                f"{service.name} 一分钟内重启了 {_RESTARTS} 次仍不能运行（{what}）；日志 {service.log} 的末尾：\n"
                f"{tail(service.log)}",
            )
        pause = min(_BACKOFF_MOST, _BACKOFF_FIRST * 2 ** len(member.restarts))
        member.restarts.append(now)
        member.restart_at = now + pause
        _log.warning("%s %s; starting it again in %.1f s (log: %s)", service.name, what, pause, service.log)

    def _write_record(self) -> None:
        children = [entry for member in self._members for entry in _describe(member.service)]
        draft = self._record.with_suffix(".new")
        draft.write_text(_Record(children=children).model_dump_json(indent=2) + "\n", encoding="utf-8")
        os.replace(draft, self._record)

    def _stop_leftovers(self) -> None:
        """Stop, in reverse order, what still runs of an earlier group."""
        for child in reversed(_read_record(self._record).children):
            known = Known(child.pid, child.started)
            if not is_alive(known):
                continue
            _log.warning("stopping %s (process %d), left behind by an earlier start", child.name, child.pid)
            try:
                end(known, signal.Signals(child.stop_signal), child.stop_grace)
            except PermissionError as error:
                raise StackError(
                    f"{child.name} of an earlier start still runs as process {child.pid} and belongs to "
                    "another user; stop it as that user first.",
                    f"上次启动的 {child.name} 仍在运行（进程 {child.pid}），属于另一用户；请先以该用户停止它。",
                ) from error
        self._record.unlink(missing_ok=True)

    def _let_go(self) -> None:
        if self._lock is not None:
            self._release_signals()
            os.close(self._lock)
            self._lock = None

    def _catch_signals(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        for signum in _SIGNALS:
            if signum == signal.SIGHUP and signal.getsignal(signum) == signal.SIG_IGN:
                continue  # started by nohup: the terminal's end is to be outlived
            self._old_handlers[signum] = signal.signal(signum, lambda *_: self.request_stop())

    def _release_signals(self) -> None:
        for signum, handler in self._old_handlers.items():
            signal.signal(signum, handler)
        self._old_handlers.clear()


def _take_lock(file: Path) -> int:
    """Lock the folder; the kernel frees the lock when we end, however we end."""
    lock = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(lock, 32).decode("ascii", errors="replace").strip() or "unknown"
        os.close(lock)
        raise StackError(
            f"Termledger already runs on {file.parent} (process {holder}); stop it first or choose another folder.",
            f"{file.parent} 上已有 Termledger 在运行（进程 {holder}）；请先停止它，或另选目录。",
        ) from None
    os.ftruncate(lock, 0)
    os.write(lock, f"{os.getpid()}\n".encode("ascii"))
    return lock


def _describe(service: Service) -> Iterator[_Recorded]:
    """Describe a running child for the record; one that has just ended needs no record."""
    if service.running and (known := identify(service.pid)):
        yield _Recorded(
            name=service.name,
            pid=known.pid,
            started=known.started,
            stop_signal=service.stop_signal,
            stop_grace=service.stop_grace,
        )


def _read_record(file: Path) -> _Record:
    try:
        return _Record.model_validate_json(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValidationError):
        return _Record()
