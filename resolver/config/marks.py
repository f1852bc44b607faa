"""What else is to be said about a setting, and what several tables share."""

import enum
from typing import Annotated, Final

from resolver.config import kinds

MAX_TTL: Final = 2**31 - 1  # RFC 2181 section 8


class Mark(enum.Enum):
    """What else is to be said about a setting."""

    LATER = "not in effect in this version"


LATER: Final = Mark.LATER

Switch = Annotated[bool, kinds.SWITCH]
