"""A diary, told to people and to programs.

Notes come in the order in which things happened.  For people they become a tree:
a question holds the zones that its walk stood at, a zone the servers that were asked
there, and a sub-question hangs where it was needed.  What a server said, and what the
walk made of it, is told on the server's own line: one line, one exchange.

     0.0 ms  └─ www.example.com. A
     0.1 ms     ├─ zone .
     0.1 ms     │  └─ 198.41.0.4 udp: com. A? NOERROR in 12.3 ms, 820 bytes; referral com.
    12.6 ms     └─ zone com.

Every name and reason in a diary was chosen by somebody else; all that is printed has
passed `printable`.
"""

from collections.abc import Iterator, Sequence
from typing import Final, final

from resolver.config import printable
from resolver.dnssec.keys import algorithm_name
from resolver.observe.plain import plain
from resolver.ports import Note
from resolver.wire import names, types

# What the facts of each kind of note are called (`ports.Note`).
_FACTS: Final = {
    "question": ("question",),
    "cached": ("what",),
    "zone": ("zone", "role"),
    "sent": ("server", "question", "transport"),
    "reply": ("server", "rcode", "seconds", "bytes", "stray"),
    "silent": ("server", "reason", "seconds"),
    "verdict": ("outcome", "remark"),
    "alias": ("target",),
    "failed": ("text",),
    "policy": ("text",),
    "late": ("text",),
    "trust": ("zone", "security", "text"),
    "signed": ("name", "type", "signer", "key_tag", "algorithm"),
    "proof": ("proof",),
    "belief": ("security", "text"),
}


def trace_lines(diary: Sequence[Note], started: float) -> list[str]:
    """Draw the tree, one line each, with the milliseconds since `started` in front.

    `started` is on the clock of the diary.  The lines are safe for a terminal.
    """
    tree = _Tree()
    for note in diary:
        tree.grow(note)
    return [
        f"{(branch.at - started) * 1000:8.1f} ms  {rail}{printable(branch.text)}"
        for branch, rail in _drawn(tree.root.branches)
    ]


def trace_json(diary: Sequence[Note], started: float) -> list[dict[str, object]]:
    """List the notes for programs: what `json.dumps` takes, times in seconds."""
    return [_entry(note, started) for note in diary]


def _entry(note: Note, started: float) -> dict[str, object]:
    entry: dict[str, object] = {
        "at": round(note.at - started, 6),
        "depth": note.depth,
        "kind": note.kind,
    }
    known, facts = _FACTS.get(note.kind, ()), plain(note)
    for name, fact in zip(known, facts, strict=False):
        if name == "rcode" and isinstance(fact, int):
            entry[name] = types.rcode_name(fact)
        elif name == "type" and isinstance(fact, int):
            entry[name] = types.type_name(fact)
        elif name == "algorithm" and isinstance(fact, int):
            entry[name] = algorithm_name(fact)
        else:
            entry[name] = _plain(fact)
    if beyond := facts[len(known) :]:
        entry["facts"] = [_plain(fact) for fact in beyond]
    return entry


def _plain(fact: object) -> object:
    match fact:
        case bool() | int() | None:
            return fact
        case float():
            return round(fact, 6)
        case _:
            return _words(fact)


def _words(*facts: object) -> str:
    """Write facts as people do: names as text, the rest as it says itself."""
    texts = (
        names.to_text(fact) if isinstance(fact, bytes) else str(fact) for fact in facts
    )
    return " ".join(text for text in texts if text)


@final
class _Branch:
    """A line of the tree, and what hangs from it."""

    __slots__ = ("at", "branches", "text")

    def __init__(self, at: float, text: str) -> None:
        self.at: Final = at
        self.text = text
        self.branches: list[_Branch] = []

    def add(self, at: float, text: str) -> "_Branch":
        branch = _Branch(at, text)
        self.branches.append(branch)
        return branch


@final
class _Tree:
    """Grows from notes; remembers where the walk stands, for each depth.

    A diary that was full lost notes at its end (`ports.MAX_NOTES`), so a note may
    speak of what was never introduced: it then hangs from what is nearest.
    """

    __slots__ = ("_asked", "_places", "_questions", "_reply", "root")

    def __init__(self) -> None:
        self.root: Final = _Branch(0.0, "")
        # By depth, the root's before them: the question, and where its walk stands.
        self._questions = [self.root]
        self._places = [self.root]
        # Exchanges whose reply was not told yet, by server: several may be open.
        self._asked: Final[dict[object, list[_Branch]]] = {}
        # The reply that a verdict would be about.
        self._reply: _Branch | None = None

    def grow(self, note: Note) -> None:
        """Add what a note tells."""
        at, depth = note.at, note.depth + 1
        match note.kind, plain(note):
            case "question", facts:
                branch = self._place(depth - 1).add(at, _words(*facts))
                self._questions[depth:] = [branch]
                self._places[depth:] = [branch]
            case "zone" | "alias" | "failed", facts:
                question = self._questions[min(depth, len(self._questions) - 1)]
                branch = question.add(at, f"{note.kind} {_words(*facts)}")
                self._places[depth:] = [branch if note.kind == "zone" else question]
            case "sent", (server, question, transport):
                text = f"{_words(server, transport)}: {_words(question)}?"
                branch = self._place(depth).add(at, text)
                self._asked.setdefault(server, []).append(branch)
            case "reply", (server, int(rcode), float(seconds), size, *stray):
                text = f"{types.rcode_name(rcode)} in {_ms(seconds)}, {size} bytes"
                text += "".join(f", after {_words(it)}" for it in stray)
                self._reply = self._tell(note, server, seconds, text)
            case "silent", (server, reason, float(seconds)):
                text = f"{_words(reason)} after {_ms(seconds)}"
                self._tell(note, server, seconds, text)
            case "verdict", facts if self._reply is not None:
                self._reply.text += "".join(f"; {_words(fact)}" for fact in facts)
                self._reply = None
            case ("trust" | "signed" | "proof" | "belief") as kind, facts:
                question = self._questions[min(depth, len(self._questions) - 1)]
                question.add(at, _link(kind, facts))
            case kind, facts:
                self._place(depth).add(at, f"{kind} {_words(*facts)}")

    def _place(self, depth: int) -> _Branch:
        return self._places[min(depth, len(self._places) - 1)]

    def _tell(self, note: Note, server: object, seconds: float, text: str) -> _Branch:
        """Write what came of an exchange on the exchange's own line.

        Of several with one server it is the one that began as long ago as it took.
        """
        open_ones = self._asked.get(server)
        if not open_ones:
            return self._place(note.depth + 1).add(note.at, f"{_words(server)}: {text}")
        begun = note.at - seconds
        branch = min(open_ones, key=lambda it: abs(it.at - begun))
        open_ones.remove(branch)
        branch.text += f" {text}"
        return branch


def _link(kind: str, facts: tuple[object, ...]) -> str:
    """Tell a link of the chain of trust, or what hangs from it."""
    match kind, facts:
        case "trust", (bytes(zone), security, text):
            return f"trust {names.to_text(zone)} {security}" + (
                f": {text}" if text else ""
            )
        case "signed", (bytes(name), int(rdtype), bytes(signer), tag, *rest):
            what = f"{names.to_text(name)} {types.type_name(rdtype)}"
            how = "".join(f" ({algorithm_name(it)})" for it in rest if type(it) is int)
            return f"signed {what} by {names.to_text(signer)} key {tag}{how}"
        case "belief", (security, text):
            return f"belief {security}" + (f": {text}" if text else "")
        case _:
            return f"{kind} {_words(*facts)}"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def _drawn(branches: list[_Branch], rail: str = "") -> Iterator[tuple[_Branch, str]]:
    """Go through the tree from top to bottom, with the lines that lead to a branch."""
    for index, branch in enumerate(branches):
        last = index == len(branches) - 1
        yield branch, rail + ("└─ " if last else "├─ ")
        yield from _drawn(branch.branches, rail + ("   " if last else "│  "))
