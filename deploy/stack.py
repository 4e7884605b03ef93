"""PostgreSQL and Temporal on one machine, ready, in a supervised group that the worker and the API join."""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from deploy.group import Group
from deploy.ports import Ports
from deploy.postgres import Postgres
from deploy.temporal import TemporalDevServer


class Stack:
    """The embedded stack of one data folder; a second start goes on from the same data, on the same ports.

    with Stack(data) as stack:
        stack.group.add("worker", [...], {"...": stack.postgres.dsn()})
        stack.group.run()
    """

    def __init__(
        self,
        data: Path,
        *,
        search_attributes: Mapping[str, str] | None = None,
        headless: bool = False,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.data = data.absolute()
        self.group = Group(self.data)
        self._search_attributes = search_attributes
        self._headless = headless
        self._settings = settings

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Take the folder, stop leftovers, and start PostgreSQL and Temporal until both answer."""
        self.group.open()
        try:
            # Only now are ports looked at: leftovers of an earlier start no longer hold them.
            self.ports = Ports(self.data / "ports.json")
            self.postgres = Postgres(
                self.data / "postgres",
                port=self.ports.get("postgres"),
                settings=self._settings,
                log=self.group.log_file("postgres"),
            )
            self.temporal = TemporalDevServer(
                self.data / "temporal",
                port=self.ports.get("temporal"),
                ui_port=self.ports.get("temporal-ui"),
                search_attributes=self._search_attributes,
                headless=self._headless,
                log=self.group.log_file("temporal"),
            )
            # Temporal first: it gets up while initdb still works; PostgreSQL stops first, but nothing in
            # Temporal depends on it.
            self.group.start(self.temporal, self.postgres)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop everything in reverse order and let the folder go."""
        self.group.close()
