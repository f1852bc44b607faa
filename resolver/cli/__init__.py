"""What may I ask the program to do?

`arguments` says what can be asked, `commands` does it, `configuration` finds out with
which settings, `query` puts one question.

The rooms below are imported by the functions that need them, not by these modules:
`resolver --help` and `resolver check` must not wait for a cryptography library.
"""

from resolver.cli.commands import main

__all__ = ["main"]
