"""Temporal for one machine: the development server with a persistent file, and the time-skipping test server.

The time-skipping server needs no class of ours:
`WorkflowEnvironment.start_time_skipping(test_server_existing_path=test_server_path())` starts, connects and
stops it, without any network.
"""

import asyncio
import os
import shutil
import signal
import sysconfig
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from deploy.ports import free_port
from deploy.service import Service, StackError

_NAMESPACE = "default"
_FILE = "temporal.db"
_MARK = "being-made"
_PROBE_LIMIT = timedelta(seconds=2)
_TYPES = {
    "Text": IndexedValueType.INDEXED_VALUE_TYPE_TEXT,
    "Keyword": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "Int": IndexedValueType.INDEXED_VALUE_TYPE_INT,
    "Double": IndexedValueType.INDEXED_VALUE_TYPE_DOUBLE,
    "Bool": IndexedValueType.INDEXED_VALUE_TYPE_BOOL,
    "Datetime": IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
    "KeywordList": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST,
}


def _program(name: str) -> str:
    """Find a program that pip installed beside our own scripts, else on the PATH."""
    beside = Path(sysconfig.get_path("scripts")) / name
    found = str(beside) if os.access(beside, os.X_OK) else shutil.which(name)
    if found is None:
        raise StackError(
            f"The program {name} is missing; install Termledger's dependencies again with pip.",
            f"缺少程序 {name}；请用 pip 重新安装 Termledger 的依赖。",
        )
    return found


def test_server_path() -> str:
    """Give the path of the time-skipping server, for `WorkflowEnvironment.start_time_skipping`."""
    return _program("temporal-test-server")


test_server_path.__test__ = False  # type: ignore[attr-defined]  # pytest: the name is no test


class TemporalDevServer(Service):
    """Temporal's development server on 127.0.0.1 with its state in one SQLite file, every commit synced."""

    # Asked to stop, it drains for about two seconds; the file is safe at any moment.
    stop_signal = signal.SIGINT
    stop_grace = 15.0

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        ui_port: int | None = None,
        search_attributes: Mapping[str, str] | None = None,
        headless: bool = False,
        log: Path | None = None,
    ) -> None:
        super().__init__("temporal", log or folder / "temporal.log")
        self._folder = folder
        self._search_attributes = dict(search_attributes or {})
        if unknown := set(self._search_attributes.values()) - set(_TYPES):
            raise StackError(
                f"Unknown search attribute type {', '.join(sorted(unknown))}; use one of {', '.join(_TYPES)}."
            )
        self._headless = headless
        self._port = port or free_port()
        self._ui_port = ui_port or free_port()

    @property
    def address(self) -> str:
        """Host and port for `temporalio.client.Client.connect`."""
        return f"127.0.0.1:{self._port}"

    @property
    def ui_url(self) -> str | None:
        """The address of the web page for developers; None when it is switched off."""
        return None if self._headless else f"http://127.0.0.1:{self._ui_port}"

    def launch(self) -> None:
        """Start the server on its file, which is made when missing."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._begin_file()
        self._spawn(self._command(), env=os.environ, cwd=self._folder)

    def ready(self) -> bool:
        """Say whether clients are served, the namespace exists and every search attribute may be used."""
        try:
            answers = _run_apart(self._probe)
        except (RPCError, RuntimeError, TimeoutError):
            return False
        if answers:
            self._finish_file()
        return answers

    def _begin_file(self) -> None:
        """Mark a new file as being made; drop one whose making was cut short: it is of no use."""
        file, mark = self._folder / _FILE, self._folder / _MARK
        if mark.exists():
            for part in self._folder.glob(f"{_FILE}*"):
                part.unlink()
        elif file.exists():
            return
        mark.touch()

    def _finish_file(self) -> None:
        """Take the mark away before anybody uses the server; synced, because the mark drops the file."""
        mark = self._folder / _MARK
        if not mark.exists():
            return
        mark.unlink()
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _command(self) -> list[str]:
        page = ["--headless"] if self._headless else ["--ui-port", str(self._ui_port), "--ui-disable-news-fetch"]
        attributes = [
            part
            for name, kind in sorted(self._search_attributes.items())
            for part in ("--search-attribute", f"{name}={kind}")
        ]
        return [
            *(_program("temporal"), "server", "start-dev"),
            # The user's own client settings must not reach our server.
            *("--disable-config-file", "--disable-config-env"),
            *("--ip", "127.0.0.1", "--port", str(self._port), *page),
            # A bare name: the folder's name may hold what SQLite's file addresses give a meaning to.
            *("--db-filename", _FILE),
            *("--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=FULL"),
            *("--log-level", "warn", "--color", "never", *attributes),
        ]

    async def _probe(self) -> bool:
        client = await asyncio.wait_for(Client.connect(self.address), _PROBE_LIMIT.total_seconds())
        await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=_NAMESPACE), timeout=_PROBE_LIMIT
        )
        found = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=_NAMESPACE), timeout=_PROBE_LIMIT
        )
        wanted = {name: _TYPES[kind] for name, kind in self._search_attributes.items()}
        missing = {name: kind for name, kind in wanted.items() if name not in found.custom_attributes}
        if missing:
            await client.operator_service.add_search_attributes(
                AddSearchAttributesRequest(namespace=_NAMESPACE, search_attributes=missing),
                timeout=_PROBE_LIMIT,
            )
            return False
        await client.count_workflows(
            " OR ".join(f"{name} IS NOT NULL" for name in wanted) or None, rpc_timeout=_PROBE_LIMIT
        )
        return True


def _run_apart(work: Callable[[], Coroutine[Any, Any, bool]]) -> bool:
    """Run a coroutine on a loop of its own thread, because the caller may sit inside a running loop."""
    with ThreadPoolExecutor(max_workers=1) as apart:
        return apart.submit(lambda: asyncio.run(work())).result()
