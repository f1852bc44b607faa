"""What can be seen: the log of the program, and the diary of a question.

`logs` sets up structlog for everybody who logs, `trace` turns a diary into a tree
that people read and a list that programs read.
"""

from resolver.observe.logs import configure_logging
from resolver.observe.trace import trace_json, trace_lines

__all__ = ["configure_logging", "trace_json", "trace_lines"]
