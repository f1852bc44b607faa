"""Reading the arguments of a command, which may be anything that JSON can say."""

from resolver.daemon.commands import Arguments, Refused
from resolver.wire import names
from resolver.wire.message import RRset

_HIGHEST_TYPE = 0xFFFF


def name_of(arguments: Arguments, what: str = "name") -> bytes:
    """Read a name.  Raises `Refused`, as all of these do."""
    text = text_of(arguments, what)
    try:
        return names.from_text(text)
    except ValueError as error:
        raise Refused(str(error)) from None


def type_of(arguments: Arguments) -> int | None:
    """Read the number of a type; None if there is none."""
    number = arguments.get("type")
    if number is None:
        return None
    if not isinstance(number, int) or not 0 < number <= _HIGHEST_TYPE:
        raise Refused(f"type: {number!r} is not the number of a record type")
    return number


def text_of(arguments: Arguments, what: str) -> str:
    """Read a text."""
    text = arguments.get(what)
    if not isinstance(text, str):
        raise Refused(f"{what}: a text is needed")
    return text


def switch_of(arguments: Arguments, what: str) -> bool:
    """Read a switch, which is off where nothing is said."""
    switch = arguments.get(what, False)
    if not isinstance(switch, bool):
        raise Refused(f"{what}: true or false is needed")
    return switch


def number_of(arguments: Arguments, what: str, usual: int = 0) -> int:
    """Read a whole number, from 0."""
    number = arguments.get(what, usual)
    if isinstance(number, bool) or not isinstance(number, int) or number < 0:
        raise Refused(f"{what}: a whole number from 0 is needed")
    return number


def told_set(rrset: RRset) -> dict[str, object]:
    """Write a set down for who has asked, without its TTL."""
    return {
        "name": names.to_text(rrset.name),
        "type": rrset.rdtype,
        "data": [data.hex() for data in rrset.rdatas],
        "signatures": [data.hex() for data in rrset.signatures],
    }
