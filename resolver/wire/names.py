"""Domain names as bytes.

Inside the program a name is its canonical wire form: every label preceded by its
length, ended by the zero byte of the root, in lower case, never compressed.  Two
names are the same name if and only if their bytes are equal, and a name can be a
dictionary key, a cache key and a piece of a packet without being turned into
anything else.

Lower-casing a whole wire name with `bytes.lower` is safe: length bytes are at most
63 and `A` is 65, so a length is never taken for a letter.

RFC 1035 sections 3.1 and 2.3.4; RFC 4343 for the comparison without case.
"""

from typing import Final

ROOT: Final = b"\x00"
MAX_NAME: Final = 255  # RFC 1035 section 2.3.4, bytes on the wire, root included
MAX_LABEL: Final = 63  # RFC 1035 section 2.3.4

_PLAIN: Final = frozenset(
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_*/+=:"
)


def parent(name: bytes) -> bytes:
    """Drop the first label.  The root is its own parent."""
    return name[name[0] + 1 :] if name[0] else name


def is_below(name: bytes, zone: bytes) -> bool:
    """Say whether `name` is `zone` itself or a name under it."""
    if len(name) == len(zone):
        return name == zone
    if not name.endswith(zone):
        return False
    # The bytes agree; now the cut has to fall between two labels.
    cut = len(name) - len(zone)
    position = 0
    while position < cut:
        position += name[position] + 1
    return position == cut


def labels(name: bytes) -> list[bytes]:
    """Split a name into its labels, the root's empty one left out."""
    found: list[bytes] = []
    position = 0
    while length := name[position]:
        found.append(name[position + 1 : position + 1 + length])
        position += length + 1
    return found


def label_count(name: bytes) -> int:
    """Count the labels, the root's left out: `www.example.com.` has three."""
    count = 0
    position = 0
    while length := name[position]:
        count += 1
        position += length + 1
    return count


def ancestors(name: bytes) -> list[bytes]:
    """List a name and all above it, the longest first, the root last."""
    found = [name]
    while name[0]:
        name = name[name[0] + 1 :]
        found.append(name)
    return found


def keep_labels(name: bytes, count: int) -> bytes:
    """Keep the last `count` labels: `www.example.com.`, 2 is `example.com.`."""
    for _ in range(label_count(name) - count):
        name = name[name[0] + 1 :]
    return name


def sort_key(name: bytes) -> bytes:
    """Make the bytes that sort as names do in DNSSEC (RFC 4034 section 6.1).

    Labels are compared from the right, and a name comes before all below it, so the
    key is the labels from the right, each with a zero byte behind it, and what would
    look like that zero is written as something that sorts next: the key of a name
    begins with the keys of all its ancestors, and with no others.
    """
    found: list[bytes] = []
    position = 0
    while length := name[position]:
        label = name[position + 1 : position + 1 + length]
        if b"\x00" in label or b"\x01" in label:
            label = label.replace(b"\x01", b"\x01\x02").replace(b"\x00", b"\x01\x01")
        found.append(label + b"\x00")
        position += length + 1
    found.reverse()
    return b"".join(found)


def to_text(name: bytes) -> str:
    """Write a name as people do, with a dot at the end and RFC 4343 escapes.

    Anything that is not a letter, a digit or harmless punctuation is escaped, so the
    text can go to a terminal or a log whoever chose the name.
    """
    if name == ROOT:
        return "."
    return "".join(_label_text(label) + "." for label in labels(name))


def from_text(text: str) -> bytes:
    """Read a name as `to_text` writes it; letters may be capitals, the last dot missing.

    For who can do without all that `presentation` reads.  Raises ValueError.
    """
    if text == ".":
        return ROOT
    found = bytearray()
    label = bytearray()
    at = 0
    while at < len(text):
        if text[at] == ".":
            _end_label(found, label, text)
            label = bytearray()
            at += 1
            continue
        byte, at = _byte_at(text, at)
        label.append(byte)
    if label or not text:
        _end_label(found, label, text)
    if len(found) >= MAX_NAME:
        raise ValueError(f"{text[:MAX_NAME]!r} is longer than a name can be")
    return bytes(found).lower() + ROOT


def _end_label(found: bytearray, label: bytearray, text: str) -> None:
    if not 0 < len(label) <= MAX_LABEL:
        raise ValueError(f"{text[:MAX_NAME]!r} is not a name")
    found.append(len(label))
    found += label


def _byte_at(text: str, at: int) -> tuple[int, int]:
    """Read one byte of a label, escaped or not; and tell where the next one is."""
    letter = text[at]
    if letter == "\\":
        digits = text[at + 1 : at + 4]
        if len(digits) == 3 and digits.isdecimal() and int(digits) < 256:  # noqa: PLR2004 - RFC 1035 section 5.1: three digits for a byte
            return int(digits), at + 4
        letter = text[at + 1 : at + 2]
        if not letter or letter.isdecimal():
            raise ValueError(f"{text[:MAX_NAME]!r} is not a name: a \\ escapes nothing")
        at += 1
    if not "!" <= letter <= "~":
        raise ValueError(
            f"{text[:MAX_NAME]!r} is not ASCII or has a space;"
            " write the name in its xn-- form"
        )
    return ord(letter), at + 1


def _label_text(label: bytes) -> str:
    return "".join(
        chr(byte)
        if byte in _PLAIN
        else (f"\\{chr(byte)}" if byte in b'."\\();@$' else f"\\{byte:03d}")
        for byte in label
    )
