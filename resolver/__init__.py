"""A caching recursive DNS resolver.

    from resolver import Resolver

    async with Resolver() as resolver:
        answer = await resolver.resolve("example.com", "MX")

The map: a room imports only what stands below it; rooms on one line cannot see each
other and are introduced by `daemon`.

    cli | library             what may I ask the program to do? | the same for programs
    daemon | lab              the only file that knows everyone | the Internet in a box
    service | observe         a question's whole path (READ THIS FIRST) | what can be seen
    net | walk | dnssec | policy
                              how bytes travel | who knows | is it true | may we say it
    cache                     what we remember; every method takes now
    beliefs                   what data is worth: Claim, Belief
    ports                     the words rooms share: Ask, Errand (budget, diary), Silence
    counts                    what is counted on the way, with labels
    wire | hot                what DNS says | packets answered without leaving bytes
    config                    what can be set: one frozen dataclass per TOML table

`data` holds files: the root hints and the root trust anchors.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resolver.library import Answer, Resolver, Security
else:

    def __getattr__(name: str) -> object:
        """Load the library when it is asked for: the daemon is to start quickly."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from resolver import library  # noqa: PLC0415 - see above

        return getattr(library, name)


__all__ = ["Answer", "Resolver", "Security"]
