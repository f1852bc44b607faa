"""Text as man(7) wants it, so that nothing of it is taken for an order to roff.

A line that begins with a dot or a quote would be a request, a backslash begins an
escape, and a hyphen, a quote or a tilde come out as another character than the one that
has to be typed.  So prose and what is typed are written in different ways, and nothing
else of this program writes roff.
"""

import re
from typing import Final

# What has to look like what is on a keyboard: groff_char(7).
_TYPED: Final = {
    ord("\\"): r"\e",
    ord("-"): r"\-",
    ord("'"): r"\(aq",
    ord("`"): r"\(ga",
    ord("^"): r"\(ha",
    ord("~"): r"\(ti",
}
_PROSE: Final = {it: _TYPED[it] for it in map(ord, "\\^~")}
# What is typed, in prose: `resolver stats`, --config, docs/settings.md.
_LITERAL: Final = re.compile(r"`([^`]+)`|((?<![\w-])--?\w[\w-]*)")
_SENTENCE: Final = re.compile(r"(?<=[.:?!])\s+(?=[A-Z])")


def typed(text: str) -> str:
    """Write characters that are to be typed as they stand."""
    return text.translate(_TYPED)


def prose(text: str) -> str:
    """Write a paragraph, a line for each sentence."""
    words = " ".join(text.split())
    return "\n".join(_line(sentence) for sentence in _SENTENCE.split(words))


def example(lines: list[str]) -> str:
    """Write lines that stay as they are."""
    body = "\n".join(_guarded(typed(line)) for line in lines)
    return f".PP\n.in +4n\n.nf\n{body}\n.fi\n.in\n"


def item(head: str, about: str) -> str:
    """Write a paragraph with a head; the head is roff already."""
    return f".TP\n{_guarded(head)}\n{about}\n"


def heading(text: str, level: str = "SH") -> str:
    """Begin a section, or with "SS" one inside it."""
    return f'.{level} "{typed(text)}"\n'


def bold(text: str) -> str:
    """Write what is typed as it stands."""
    return rf"\fB{typed(text)}\fR"


def italic(text: str) -> str:
    """Write what stands for something else."""
    return rf"\fI{typed(text)}\fR"


def _line(sentence: str) -> str:
    parts, end = [], 0
    for found in _LITERAL.finditer(sentence):
        parts.append(sentence[end : found.start()].translate(_PROSE))
        parts.append(bold(found[1] or found[2]))
        end = found.end()
    parts.append(sentence[end:].translate(_PROSE))
    return _guarded("".join(parts))


def _guarded(line: str) -> str:
    """Keep a line from being a request."""
    return rf"\&{line}" if line.startswith((".", "'")) else line
