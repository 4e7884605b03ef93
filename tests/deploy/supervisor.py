"""A stand-in for `termledger up`, run by the tests as a process of its own: the stack and two plain commands.

    python -m tests.deploy.supervisor DATA

Says on its standard output, as one line of JSON, where everything is once it is ready.
"""

import json
import socket
import sys
from pathlib import Path

from deploy.service import StackError
from deploy.stack import Stack

_WORKER = "import signal; print('worker here', flush=True); signal.pause()"


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def main(data: Path) -> None:
    """Run the group until a signal."""
    with Stack(data, search_attributes={"Stand": "Keyword"}) as stack:
        api = stack.ports.get("api")
        stack.group.add("worker", [sys.executable, "-c", _WORKER], {"DSN": stack.postgres.dsn()})
        stack.group.add(
            "api",
            [sys.executable, "-m", "http.server", str(api), "--bind", "127.0.0.1"],
            ready=lambda: _listens(api),
        )
        where = {"dsn": stack.postgres.dsn(), "temporal": stack.temporal.address, "api": api}
        sys.stdout.write(json.dumps(where) + "\n")
        sys.stdout.flush()
        stack.group.run()


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except StackError as problem:
        sys.exit(str(problem))
