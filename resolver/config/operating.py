"""Settings for those who run the program, and where they meet it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from resolver.config import kinds

# The name of the socket in whichever folder it is.
SOCKET: Final = "control.sock"
# Where a service manager or root puts what runs (FHS 3.0, section 3.15).
SYSTEM: Final = "/run/resolver"


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """How `resolver status`, `resolver flush` and the like reach what is running."""

    path: Annotated[
        str,
        kinds.CONTROL,
        'A unix socket.  "auto": control.sock in the runtime folder of the service'
        " manager ($RUNTIME_DIRECTORY), or else in /run/resolver for root and in the"
        " user's own runtime folder for others.  Empty: nobody can.  A path is relative"
        " to the folder of this file.",
    ] = "auto"
    group: Annotated[
        str,
        kinds.GROUP,
        "A group of users who may use it, too.  Empty: only the user that the program"
        " runs as, and root.",
    ] = ""


def control_path(
    setting: str, environment: Mapping[str, str] = os.environ, user: int | None = None
) -> str:
    """Say where the socket is to be; "" if there is to be none.

    `user` is the number of who runs the program, this process's by default.
    """
    if setting != "auto":
        return setting
    folder = environment.get("RUNTIME_DIRECTORY", "").split(":")[0]
    user = os.geteuid() if user is None else user
    return f"{folder or _folder(environment, user)}/{SOCKET}"


def control_paths(
    setting: str = "auto",
    environment: Mapping[str, str] = os.environ,
    user: int | None = None,
) -> list[str]:
    """List where a running program's socket may be, the likeliest first."""
    if setting != "auto":
        return [setting] if setting else []
    user = os.geteuid() if user is None else user
    mine = control_path(setting, environment, user)
    own = f"{_folder(environment, user)}/{SOCKET}"
    return list(dict.fromkeys((mine, f"{SYSTEM}/{SOCKET}", own)))


def _folder(environment: Mapping[str, str], user: int) -> str:
    """Name a folder that nobody but the user can write to, or that can be made so."""
    if user == 0:
        return SYSTEM
    runtime = environment.get("XDG_RUNTIME_DIR", "")
    return f"{runtime}/resolver" if runtime else f"/tmp/resolver-{user}"  # noqa: S108 - whose folder it is is looked at before it is used
