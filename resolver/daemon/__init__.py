"""The only room that knows all the others.

`build` introduces them to each other and makes a resolver without sockets; `serve`
gives it sockets, signals and a service manager, and `ask_once` a single question.

`process` is one process that answers; `supervisor` starts several of them, each a
`worker`, which is a `child` at the other end of a `link`.  `sharing` lets them share
what they find out, in a file for which `storage` finds a place.
"""

from resolver.daemon.build import Core, World, build
from resolver.daemon.serve import ask_once, serve

__all__ = ["Core", "World", "ask_once", "build", "serve"]
