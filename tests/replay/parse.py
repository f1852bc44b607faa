"""Reading a .rpl file.

The file is Unbound's configuration up to CONFIG_END, then ranges and steps up to
SCENARIO_END.  A line that begins with a keyword is that keyword's; within an entry any
other line is a record of the section that was opened last.  A newer range stands in
front of older ones, so the last one written for a server is tried first.
"""

import re
import shlex
from pathlib import Path
from typing import Final

from tests.replay.packet import FLAGS, OPCODES, RCODES, Opt, Packet
from tests.replay.records import Reader, Unreadable
from tests.replay.scenario import Clause, Entry, Range, Scenario, Step

_STEPS_WITH_ENTRY: Final = {"QUERY", "CHECK_ANSWER", "CHECK_OUT_QUERY", "REPLY"}
_STEPS_WITH_FILE: Final = {"CHECK_AUTOTRUST", "CHECK_TEMPFILE"}
_MATCHES: Final = frozenset(
    {
        "opcode",
        "qtype",
        "qname",
        "rcode",
        "question",
        "answer",
        "subdomain",
        "all",
        "all_noedns",
        "ttl",
        "DO",
        "noedns",
        "ednsdata",
        "client_cookie",
        "server_cookie",
    }
)
_ADJUSTMENTS: Final = frozenset(
    {
        "copy_id",
        "copy_query",
        "copy_ednsdata_assume_clientsubnet",
        "increment_ecs_scope",
    }
)
# `name:`, but not an IPv6 address that happens to end in a colon.
_OPTION: Final = re.compile(r"[a-z][a-z0-9-]*:")


class Unparsable(ValueError):
    """A file that is no scenario; the text says where and why."""


class _Lines:
    """The lines of a file, with comments and empty lines left out."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self.number = 0

    def next(self) -> str | None:
        """Give the next line that says something, stripped; None at the end."""
        while (line := self.next_raw()) is not None:
            stripped = line.strip()
            if stripped and stripped[0] not in ";#":
                return stripped
        return None

    def next_raw(self) -> str | None:
        """Give the next line as it stands."""
        if self.number >= len(self._lines):
            return None
        self.number += 1
        return self._lines[self.number - 1]

    def must(self, what: str) -> str:
        """Give the next line; raise Unparsable if there is none before `what`."""
        line = self.next()
        if line is None:
            raise Unparsable(f"the file ends before {what}")
        return line

    def block(self, end: str) -> list[str]:
        """Give the raw lines up to the one that begins with `end`."""
        found: list[str] = []
        while (line := self.next_raw()) is not None:
            if line.strip().startswith(end):
                return found
            found.append(line.rstrip())
        raise Unparsable(f"the file ends before {end}")


def parse(path: Path) -> Scenario:
    """Read a scenario.  Raises Unparsable."""
    text = path.read_text(encoding="utf-8", errors="surrogateescape")
    return parse_text(text, path)


def parse_text(text: str, path: Path) -> Scenario:
    """Read a scenario from text; `path` gives it its name."""
    lines = _Lines(text)
    scenario = Scenario(path)
    try:
        _configuration(lines, scenario)
        _story(lines, scenario)
    except (Unreadable, ValueError) as problem:
        raise Unparsable(f"{path.name} line {lines.number}: {problem}") from problem
    return scenario


def _configuration(lines: _Lines, scenario: Scenario) -> None:
    words: list[str] = []
    while not (line := lines.must("CONFIG_END")).startswith("CONFIG_END"):
        keyword, _, rest = line.partition(" ")
        if keyword == "TEMPFILE_NAME":
            words.append(rest.strip())
        elif keyword == "TEMPFILE_CONTENTS":
            scenario.files[rest.strip()] = lines.block("TEMPFILE_END")
        elif keyword == "AUTOTRUST_FILE":
            scenario.files[rest.strip()] = lines.block("AUTOTRUST_END")
            words += ["server:", "auto-trust-anchor-file:", rest.strip()]
        else:
            words += _config_words(line)
    _clauses(words, scenario)


def _config_words(line: str) -> list[str]:
    splitter = shlex.shlex(line, posix=True, punctuation_chars=False)
    splitter.whitespace_split = True
    splitter.escape = ""
    # An option may touch its value: `name:"."`.
    return [
        part
        for word in splitter
        for part in (
            re.split(r"(?<=:)(?=[.])", word) if _OPTION.match(word) else [word]
        )
    ]


def _clauses(words: list[str], scenario: Scenario) -> None:
    clause = Clause("server")
    scenario.clauses.append(clause)
    for position, word in enumerate(words):
        if not _OPTION.fullmatch(word):
            if clause.options:
                key, values = clause.options[-1]
                clause.options[-1] = (key, (*values, word))
            continue
        follower = words[position + 1] if position + 1 < len(words) else ":"
        name = word[:-1]
        if _OPTION.fullmatch(follower) or follower == ":" or name == "server":
            clause = Clause(name)
            scenario.clauses.append(clause)
        else:
            clause.options.append((name, ()))


def _story(lines: _Lines, scenario: Scenario) -> None:
    reader = Reader()
    while True:
        line = lines.must("SCENARIO_END")
        keyword, _, rest = line.replace("\t", " ").partition(" ")
        match keyword:
            case "SCENARIO_BEGIN":
                scenario.title = rest.strip()
            case "RANGE_BEGIN":
                scenario.ranges.insert(0, _range(lines, rest, reader))
            case "STEP":
                scenario.steps.append(_step(lines, rest, reader))
            case "SCENARIO_END":
                return
            case _:
                raise Unparsable(f"what is {line!r}?")


def _range(lines: _Lines, rest: str, reader: Reader) -> Range:
    first, last = rest.split()[:2]
    found = Range(int(first), int(last))
    while not (line := lines.must("RANGE_END")).startswith("RANGE_END"):
        keyword, *words = _words(line)
        if keyword == "ADDRESS":
            found.address = words[0]
        elif keyword == "ENTRY_BEGIN":
            found.entries.append(_entry(lines, reader))
        elif not _directive(line, reader):
            raise Unparsable(f"what is {line!r} in a range?")
    return found


def _step(lines: _Lines, rest: str, reader: Reader) -> Step:
    number, event, *words = _words(rest)
    step = Step(int(number), lines.number, event)
    if "ADDRESS" in words:
        where = words.index("ADDRESS")
        step.address = words[where + 1]
        del words[where : where + 2]
    step.argument = " ".join(words)
    if event in _STEPS_WITH_ENTRY:
        while not (line := lines.must("ENTRY_BEGIN")).startswith("ENTRY_BEGIN"):
            if not _directive(line, reader):
                raise Unparsable(f"{step} needs an entry, not {line!r}")
        step.entry = _entry(lines, reader)
    elif event in _STEPS_WITH_FILE:
        lines.must("FILE_BEGIN")
        step.content = lines.block("FILE_END")
    return step


def _entry(lines: _Lines, reader: Reader) -> Entry:
    entry = Entry(lines.number)
    section = "QUESTION"
    do = False
    while not (line := lines.must("ENTRY_END")).startswith("ENTRY_END"):
        packet = entry.packets[-1]
        keyword, *words = _words(line)
        if keyword == "MATCH":
            _match(words, entry)
        elif keyword == "REPLY":
            do |= _header(words, packet)
        elif keyword == "ADJUST":
            _adjust(words, entry)
        elif keyword == "SECTION":
            section = words[0]
        elif not _bulk(keyword, lines, entry) and not _directive(line, reader):
            _add_record(line, section, packet, reader)
    if do:
        last = entry.packets[-1]
        last.edns = (last.edns or Opt())._replace(do=True)
    return entry


def _bulk(keyword: str, lines: _Lines, entry: Entry) -> bool:
    """Read a block of hexadecimal digits, or begin a further packet, if this does."""
    packet = entry.packets[-1]
    if keyword == "EXTRA_PACKET":
        entry.packets.append(Packet())
    elif keyword == "HEX_ANSWER_BEGIN":
        packet.raw = _hex(lines.block("HEX_ANSWER_END"))
    elif keyword == "HEX_EDNSDATA_BEGIN":
        packet.edns = Opt(data=_hex(lines.block("HEX_EDNSDATA_END")))
    else:
        return False
    return True


def _directive(line: str, reader: Reader) -> bool:
    """Obey `$ORIGIN` and `$TTL`; say whether the line was one of them."""
    keyword, *words = _words(line)
    if keyword == "$ORIGIN":
        reader.set_origin(words[0])
    elif keyword == "$TTL":
        reader.set_ttl(words[0])
    return keyword.startswith("$")


def _words(line: str) -> list[str]:
    """Split a line, its comment left out."""
    return re.split(r"[;#]", line, maxsplit=1)[0].split()


def _match(words: list[str], entry: Entry) -> None:
    for word in words:
        key, _, value = word.replace(":", "=").partition("=")
        if key in {"UDP", "TCP"}:
            entry.transport = key
        elif key == "serial":
            entry.serial = int(value)
        elif key == "ede":
            entry.ede = -1 if value == "any" else int(value)
        elif key in _MATCHES:
            entry.match |= {key}
        else:
            raise Unparsable(f"MATCH {word} is unknown")


def _adjust(words: list[str], entry: Entry) -> None:
    for word in words:
        key, _, value = word.partition("=")
        if key in {"sleep", "packet_sleep"}:
            entry.sleep += float(value)
        elif key in _ADJUSTMENTS:
            entry.adjust |= {key}
        else:
            raise Unparsable(f"ADJUST {word} is unknown")


def _header(words: list[str], packet: Packet) -> bool:
    """Read a REPLY line into the packet; say whether it sets DO."""
    do = False
    for word in words:
        if word in FLAGS:
            packet.flags |= FLAGS[word]
        elif word in RCODES:
            packet.rcode = RCODES[word]
        elif word in OPCODES:
            packet.opcode = OPCODES[word]
        elif word == "DO":
            do = True
        else:
            raise Unparsable(f"REPLY {word} is unknown")
    return do


def _add_record(line: str, section: str, packet: Packet, reader: Reader) -> None:
    if section == "QUESTION":
        packet.questions.append(reader.question(line))
        return
    for name, records in packet.sections():
        if name == section:
            records.append(reader.record(line))
            return
    raise Unparsable(f"SECTION {section} is unknown")


def _hex(lines: list[str]) -> bytes:
    digits = "".join("".join(_words(line)) for line in lines)
    return bytes.fromhex(digits + "0" * (len(digits) % 2))
