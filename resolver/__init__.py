"""A caching recursive DNS resolver.

The map: a room imports only what stands below it; rooms on one line cannot see each
other and are introduced by `daemon`.

    cli                       what may I ask the program to do?
    daemon | lab              the only file that knows everyone | the Internet in a box
    service | observe         a question's whole path (READ THIS FIRST) | what can be seen
    net | walk | dnssec | policy
                              how bytes travel | who knows | is it true | may we say it
    cache                     what we remember; every method takes now
    beliefs                   what data is worth: Claim, Belief
    ports                     the words rooms share: Ask, Errand (budget, diary), Silence
    wire | hot                what DNS says | packets answered without leaving bytes
    config                    what can be set: one frozen dataclass per TOML table

`data` holds files: the root hints and the root trust anchors.
"""
