"""The only room that knows all the others.

`build` introduces them to each other and makes a resolver without sockets; `serve`
gives it sockets, signals and a service manager, and `ask_once` a single question.

`process` is one process that answers; `supervisor` starts several of them, each a
`worker`, which is a `child` at the other end of a `link`.  `sharing` lets them share
what they find out, in a file for which `storage` finds a place.

`reloading` reads the configuration again and has it applied; `reload` brings what is
remembered in line with it.  `listeners` are the sockets of a process, `opened` those that
were there before it, `privileges` how it becomes less than root once it has them.
"""

from resolver.daemon.build import Core, World, build
from resolver.daemon.serve import ask_once, serve

__all__ = ["Core", "World", "ask_once", "build", "serve"]
