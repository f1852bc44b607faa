"""What can be seen: the log of the program, and what became of a question.

`logs` sets up structlog for everybody who logs.  `trace` turns a diary into a tree that
people read and a list that programs read.  `recorder` keeps the diaries of questions that
went wrong, each as a `record`; `story` puts a diary together again, `verdict` and the
rules beside it say what it comes to, and `explain` tells all of that.
"""

from resolver.observe.logs import configure_logging
from resolver.observe.trace import trace_json, trace_lines

__all__ = ["configure_logging", "trace_json", "trace_lines"]
