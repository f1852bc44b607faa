"""The case of the letters in a name, as a secret ("0x20").

Servers give the question back as it was sent, and take no notice of case.  So each
letter can carry a bit that a forger has to guess (draft-vixie-dnsext-dns0x20).
"""

from typing import Final

# For `bytes.translate`: the bit that makes a letter's case, nothing elsewhere.  The
# lengths of labels are below 64, so never letters.
_CASE_BITS: Final = bytes(
    0x20 if byte < 0x80 and chr(byte).isalpha() else 0  # noqa: PLR2004 - ASCII ends
    for byte in range(256)
)


def shuffle_case(name: bytes, lots: int) -> bytes:
    """Turn each letter of a lower-case name upper or leave it.

    `lots` is at least as many random bits as there are in the name.
    """
    upper = int.from_bytes(name.translate(_CASE_BITS)) & lots
    return (int.from_bytes(name) ^ upper).to_bytes(len(name))
