"""The socket behind `resolver status`, `resolver flush` and the rest.

A unix socket: whoever may open the file may ask, and nobody else; there is no port that
a web page or a neighbour could reach.  The file is for its user only, or for a group,
from the moment when it is there.

A program that was killed leaves its file behind.  Nobody listens there, so a connection
is refused, and the file is replaced.  Where somebody listens, another resolver runs: if
the configuration names that place, it is for people to say which of them is to have
it, and if it does not, this one does without.

Everything is bounded: connections, the length of a line, the time for it to come, and
the time that a command may take.
"""

import asyncio
import json
import os
import shutil
import socket
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, final

import structlog

from resolver.config import Control as Settings
from resolver.config import control_path
from resolver.config.meeting import MAX_REPLY, MAX_REQUEST, VERSION
from resolver.config.operating import SYSTEM
from resolver.daemon.commands import Refused, Run

log: Final = structlog.get_logger()

# Connections at a time; one person with a few terminals and a monitoring program.
MAX_CONNECTIONS: Final = 32
# Seconds for a request to come, and for a reply to be read.
PATIENCE: Final = 60.0
# Seconds that a command may take.
LONGEST: Final = 60.0
# Bytes of a path in sockaddr_un, with the zero at its end (unix(7)).
_MAX_PATH: Final = 107

_OWNER: Final = 0o600
_GROUP: Final = 0o660


class InUse(OSError):
    """Another program listens at this place."""


@final
class ControlSocket:
    """Carries requests to commands, and results back."""

    def __init__(self, path: str, run: Run) -> None:
        self.path: Final = path
        self._run: Final = run
        self._server: asyncio.Server | None = None
        self._talking: Final[set[asyncio.Task[None]]] = set()

    async def open(self, group: str = "") -> None:
        """Listen.  `group` is who may ask beside the user.

        Raises `InUse` where another program listens, and OSError with the path in its
        text where the socket cannot be had.
        """
        sock = _listening(self.path, group)
        try:
            self._server = await asyncio.start_unix_server(
                self._greet, sock=sock, limit=MAX_REQUEST
            )
        except BaseException:
            sock.close()
            raise

    def close(self) -> None:
        """Take no more requests, break off the open ones, and remove the file."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        for task in list(self._talking):
            task.cancel()
        _remove(self.path)

    async def _greet(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        full = len(self._talking) >= MAX_CONNECTIONS
        if task is None or full or self._server is None:
            writer.close()
            return
        self._talking.add(task)
        try:
            await self._talk(reader, writer)
        except (OSError, ValueError, TimeoutError, asyncio.CancelledError):
            pass  # gone, or too long, or too slow, or we end
        finally:
            self._talking.discard(task)
            writer.close()

    async def _talk(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while True:
            async with asyncio.timeout(PATIENCE):
                line = await reader.readline()
            if not line.endswith(b"\n"):
                return
            writer.write(await self._reply_to(line))
            async with asyncio.timeout(PATIENCE):
                await writer.drain()

    async def _reply_to(self, line: bytes) -> bytes:
        said: dict[str, Any] = {"version": VERSION}
        try:
            command, arguments = _read(line)
            async with asyncio.timeout(LONGEST):
                said["result"] = await self._run(command, arguments)
        except Refused as refused:
            said["refused"] = str(refused)
        except TimeoutError:
            said["refused"] = f"it has taken more than {LONGEST:g} seconds"
        reply = json.dumps(said).encode() + b"\n"
        if len(reply) > MAX_REPLY:
            text = f"the answer is larger than {MAX_REPLY} bytes"
            reply = json.dumps({"version": VERSION, "refused": text}).encode() + b"\n"
        return reply


def _read(line: bytes) -> tuple[str, dict[str, object]]:
    """Read a request.  Raises `Refused`."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        raise Refused("a request is one JSON object on a line") from None
    if not isinstance(said, dict):
        raise Refused("a request is one JSON object on a line")
    if said.get("version") != VERSION:
        raise Refused(f"this program speaks version {VERSION} of the control protocol")
    command, arguments = said.get("command"), said.get("arguments", {})
    if not isinstance(command, str) or not isinstance(arguments, dict):
        raise Refused('a request has a "command", a text, and "arguments", an object')
    return command, arguments


async def open_control(settings: Settings, run: Run) -> ControlSocket | None:
    """Open the socket that the configuration wants; None if none is wanted.

    Raises OSError, with the path in its text, for a path that the configuration names
    and that cannot be had; without a name it is a warning, and there is no socket.
    """
    path = control_path(settings.path)
    if not path:
        return None
    control = ControlSocket(path, run)
    try:
        await control.open(settings.group)
    except OSError as error:
        if settings.path != "auto":
            raise
        log.warning("no_control", path=path, reason=error.strerror or str(error))
        return None
    return control


def make_place(setting: str, user: int, group: int, folder: str = SYSTEM) -> None:
    """Before root becomes `user`: make the folder where root's socket would have been.

    Whoever looks for it looks there.  Where that cannot be, the user's own will do.
    """
    if setting != "auto" or "RUNTIME_DIRECTORY" in os.environ:
        return
    place = Path(folder)
    try:
        place.mkdir(mode=0o755, exist_ok=True)
        if place.stat().st_uid not in {0, user}:
            return
        os.chown(place, user, group)
    except OSError:
        return  # who looks for the socket will be told where it is
    os.environ["RUNTIME_DIRECTORY"] = folder


def _listening(path: str, group: str) -> socket.socket:
    if len(os.fsencode(path)) > _MAX_PATH:
        text = f"a socket's path has no more than {_MAX_PATH} bytes"
        raise OSError(0, f"{text}: {path}")
    try:
        _make_folder(Path(path).parent)
        _make_way(path)
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            _bind(sock, path, group)
            sock.setblocking(False)  # noqa: FBT003 - the socket module's
        except BaseException:
            sock.close()
            raise
    except InUse:
        raise
    except OSError as error:
        raise OSError(error.errno or 0, f"{error.strerror or error}: {path}") from error
    return sock


def _bind(sock: socket.socket, path: str, group: str) -> None:
    """Bind so that at no moment anybody else could open the file, and listen."""
    before = os.umask(0o177)
    try:
        sock.bind(path)
    finally:
        os.umask(before)
    if group:
        try:
            shutil.chown(path, group=group)
        except LookupError:
            Path(path).unlink()
            raise OSError(0, f"there is no group {group}") from None
        Path(path).chmod(_GROUP)
    sock.listen(MAX_CONNECTIONS)


def _remove(path: str) -> None:
    with suppress(OSError):
        Path(path).unlink()


def _make_folder(folder: Path) -> None:
    """Have a folder where nobody else can put another socket in the place of ours.

    In /tmp somebody else may have made it before; /tmp itself will do.
    """
    with suppress(FileExistsError):
        folder.mkdir(mode=0o755 if os.geteuid() == 0 else 0o700)
    about = folder.stat()
    if about.st_uid not in {0, os.geteuid()}:
        raise OSError(0, "its folder is somebody else's")
    if about.st_mode & stat.S_IWOTH and not about.st_mode & stat.S_ISVTX:
        raise OSError(0, "everybody can write to its folder")


def _make_way(path: str) -> None:
    """Remove what a program has left that was killed.  Raises `InUse`."""
    try:
        about = Path(path).lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(about.st_mode):
        raise OSError(0, "there is something else than a socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(path)
        except (ConnectionRefusedError, FileNotFoundError):
            with suppress(FileNotFoundError):
                Path(path).unlink()
            return
    raise InUse(
        0,
        "another resolver is running with this control socket; stop it, or set"
        f" [control] path to another place: {path}",
    )
