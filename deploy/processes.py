"""Processes known by number and start time: a number alone may mean another process by now."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

_POLL = 0.02
_KILL_LIMIT = 10.0
# psutil derives a start time from the boot time, which moves a little when the clock is set.
_SAME_START = 2.0


@dataclass(frozen=True)
class Known:
    """A process as it can be written down and found again."""

    pid: int
    started: float


def wait_until(condition: Callable[[], bool], limit: float) -> bool:
    """Poll a condition until it holds or the limit in seconds has passed; say whether it held."""
    deadline = time.monotonic() + limit
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL)
    return True


def identify(pid: int) -> Known | None:
    """Give the running process of this number, or None when there is none or only an unreaped zombie."""
    try:
        process = psutil.Process(pid)
        known = Known(pid, float(process.create_time()))
        return None if process.status() == psutil.STATUS_ZOMBIE else known
    except psutil.NoSuchProcess:
        return None


def is_alive(known: Known) -> bool:
    """Say whether this very process still runs."""
    now = identify(known.pid)
    return now is not None and abs(now.started - known.started) <= _SAME_START


def works_in(known: Known, folder: Path) -> bool:
    """Say whether the folder is the process's working directory, as far as we may know."""
    try:
        return os.path.samefile(psutil.Process(known.pid).cwd(), folder)
    except (psutil.Error, OSError):
        return False


def end(known: Known, signum: signal.Signals, grace: float) -> None:
    """Send the signal, wait for the grace time, then kill the process and whatever descendants are left.

    Raises PermissionError when the process belongs to somebody else.
    """
    if not is_alive(known):
        return
    family = [known, *_descendants(known.pid)]
    _send(known, signum)
    wait_until(lambda: not is_alive(known), grace)
    for member in family:
        _send(member, signal.SIGKILL)
    wait_until(lambda: not any(is_alive(member) for member in family), _KILL_LIMIT)


def _descendants(pid: int) -> list[Known]:
    try:
        children = psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    return [known for child in children if (known := identify(child.pid)) is not None]


def _send(known: Known, signum: signal.Signals) -> None:
    if is_alive(known):
        try:
            os.kill(known.pid, signum)
        except ProcessLookupError:
            return
