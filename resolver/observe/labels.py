"""Short texts for records: ids, clients, and what fits into a small packet."""

from ipaddress import ip_network
from typing import Final

# Numbers of an id that are for the worker.
WORKERS: Final = 256
# Crockford's digits: no two of them look alike, and none makes words with u.
_DIGITS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
# How much of a client's address is kept, in bits of IPv4 and IPv6.
_BITS: Final = {"address": (32, 64), "network": (24, 48)}


def id_of(number: int, worker: int) -> str:
    """Write the id of a worker's record."""
    rest = number * WORKERS + worker
    digits = ""
    while rest:
        digits = _DIGITS[rest % len(_DIGITS)] + digits
        rest //= len(_DIGITS)
    return digits or _DIGITS[0]


def cut(text: str, size: int) -> str:
    """Shorten a text to `size` bytes of UTF-8, at its end, never inside a character."""
    whole = text.encode(errors="replace")
    if len(whole) <= size:
        return whole.decode()
    return whole[: size - 3].decode(errors="ignore") + "..."


def client_text(network: str | bytes, clients: str) -> str:
    """Write as much of a client's address as is to be known; see `Manners.clients`."""
    bits = _BITS.get(clients)
    if bits is None:
        return ""
    if not network:
        return "this host"
    host = network if isinstance(network, str) else network.ljust(16, b"\0")
    wide = bits[isinstance(network, bytes)]
    if isinstance(network, str) and clients == "address":
        return network
    return str(ip_network((host, wide), strict=False))
