"""What the program and those who control it agree on.

A connection to the control socket carries requests and replies, one JSON object a line,
in turn: `{"version": 1, "command": "flush", "arguments": {"name": "example.com."}}`, and
back `{"version": 1, "result": ...}` or `{"version": 1, "refused": "why"}`.

Names are text as in zone files, with escapes and a dot at the end; types are numbers;
record data is in hexadecimal, as on the wire.
"""

from typing import Final

# Another number: an older or newer program, which may mean other things.
VERSION: Final = 1
# Bytes of one request and of one reply.
MAX_REQUEST: Final = 1 << 20
MAX_REPLY: Final = 8 << 20
# Entries that `cache-load` takes in one request.
MAX_LOAD: Final = 500
