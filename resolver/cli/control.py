"""Speaking to a resolver that is running, over its control socket.

Where the socket is: where the user says, or where the configuration that she names says,
or else at the first of the usual places where somebody listens.
"""

import json
import socket
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Final, final

from resolver.config.meeting import MAX_REPLY, VERSION
from resolver.config.operating import control_paths

# Seconds for an answer; the program itself gives up after 60.
PATIENCE: Final = 70.0
_CHUNK: Final = 1 << 16


class NotRunning(Exception):
    """Nobody listens at any of the places."""


class Refusal(Exception):
    """The running program will not, or cannot; its text says why."""


@final
class Connection:
    """An open connection, to be used in a `with`."""

    def __init__(self, paths: Sequence[str]) -> None:
        """Connect to the first of these sockets that somebody listens at.

        Raises `NotRunning`, or `Refusal` where somebody does and we may not ask.
        """
        self._socket: Final = _connected(paths)
        self._heard: Final = bytearray()

    def __enter__(self) -> "Connection":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    def run(
        self, command: str, arguments: Mapping[str, object] | None = None
    ) -> object:
        """Have a command carried out, and give its result.  Raises `Refusal`."""
        said = {"version": VERSION, "command": command, "arguments": arguments or {}}
        try:
            self._socket.sendall(json.dumps(said).encode() + b"\n")
            reply = json.loads(self._line())
        except TimeoutError:
            raise Refusal(f"no answer within {PATIENCE:g} seconds") from None
        except (OSError, ValueError) as error:
            raise Refusal(f"the running program has hung up: {error}") from None
        if not isinstance(reply, dict) or reply.get("version") != VERSION:
            raise Refusal("another version of this program is running")
        if "refused" in reply:
            raise Refusal(str(reply["refused"]))
        return reply.get("result")

    def _line(self) -> bytes:
        while (end := self._heard.find(b"\n")) < 0:
            if len(self._heard) > MAX_REPLY:
                raise ValueError("its answer does not end")
            received = self._socket.recv(_CHUNK)
            if not received:
                raise ValueError("no answer")
            self._heard.extend(received)
        line = bytes(self._heard[:end])
        del self._heard[: end + 1]
        return line


def places(socket_path: str | None, setting: str = "auto") -> list[str]:
    """List where to look: the path that the user gives, or what is configured."""
    return [socket_path] if socket_path else control_paths(setting)


def _connected(paths: Sequence[str]) -> socket.socket:
    for path in paths:
        one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        one.settimeout(PATIENCE)
        try:
            one.connect(path)
        except PermissionError:
            one.close()
            raise Refusal(
                f"{path}: permission denied; only the resolver's own user, root, and"
                " the group of [control] group may ask"
            ) from None
        except OSError:
            one.close()
            continue
        return one
    if not paths:
        raise NotRunning("the configuration has no control socket: [control] path")
    tried = ", ".join(paths)
    raise NotRunning(f"no resolver is running here: nobody listens at {tried}")
