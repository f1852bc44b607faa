"""The only room that knows all the others.

`build` introduces them to each other and makes a resolver without sockets; `serve`
gives it sockets, signals and a service manager, and `ask_once` a single question.
"""

from resolver.daemon.build import Core, build
from resolver.daemon.serve import ask_once, serve

__all__ = ["Core", "ask_once", "build", "serve"]
