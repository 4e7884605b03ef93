"""Free ports on 127.0.0.1, remembered for a data folder so that a second start keeps its addresses."""

import json
import os
import secrets
import socket
from pathlib import Path

# Below the kernel's usual range for outgoing connections (32768 and up), so that a remembered port is not
# taken by somebody's outgoing connection while we are down.
_LOWEST = 20_000
_HIGHEST = 32_000
_ATTEMPTS = 200
_given: set[int] = set()
"""Ports that this process has chosen: whoever asked may not listen there yet."""


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Say whether a server could listen on this port now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # Servers set this option too: connections of the last run that linger in TIME_WAIT do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Choose a port of 127.0.0.1 that nobody listens on, never the same twice."""
    for _ in range(_ATTEMPTS):
        port = _LOWEST + secrets.randbelow(_HIGHEST - _LOWEST)
        if port not in _given and is_free(port):
            _given.add(port)
            return port
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Ports:
    """The ports of one data folder by name, kept in `ports.json`."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._ports = _read(file)

    def get(self, name: str) -> int:
        """Give the port remembered under this name if it is still free, else choose and remember another."""
        port = self._ports.get(name)
        if port is None or not is_free(port):
            port = self._choose()
            self._ports[name] = port
            self._write()
        return port

    def _choose(self) -> int:
        taken = set(self._ports.values())
        while (port := free_port()) in taken:
            pass
        return port

    def _write(self) -> None:
        draft = self._file.with_suffix(".new")
        draft.write_text(json.dumps(self._ports, indent=2) + "\n", encoding="utf-8")
        os.replace(draft, self._file)


def _read(file: Path) -> dict[str, int]:
    """Read the remembered ports; a missing or damaged file only means that new ones are chosen."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {str(name): port for name, port in found.items() if isinstance(port, int) and 0 < port < 65536}
