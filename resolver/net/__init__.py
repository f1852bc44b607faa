"""How bytes travel: listeners towards clients, exchanges towards servers.

The only room with sockets, and the only one that sets time limits.
"""
