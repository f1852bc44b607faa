"""The shortest reply there is: come again over TCP.

For a client that asks too often over UDP.  It is a header and the question, so never
longer than the query, and TC is set, which sends every real client to TCP (RFC 7766
section 5).
"""

from typing import Final

from resolver.hot.question import HEADER, question_end

# Of the flags: QR, opcode, AA and TC; RD; RA; CD (RFC 1035 section 4.1.1, RFC 2535).
_NOT_RD: Final = 0xFE
_RD: Final = 0x01
_QR_TC: Final = 0x82
_RA: Final = 0x80
_CD: Final = 0x10
_COUNTS: Final = b"\x00\x01\x00\x00\x00\x00\x00\x00"


def truncated(packet: bytes) -> bytes:
    """Give the reply to a query; b"" for what is no plain query."""
    end = question_end(packet)
    # A response, another opcode, AA or TC; or not one question.
    if not end or packet[2] & _NOT_RD or packet[4:6] != _COUNTS[:2]:
        return b""
    flags = bytes((_QR_TC | packet[2] & _RD, _RA | packet[3] & _CD))
    return packet[:2] + flags + _COUNTS + packet[HEADER:end]
