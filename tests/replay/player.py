"""Playing a scenario: the whole service in this process, in virtual time.

The order of things is testbound's.  Over and over, the first of these that applies:

1. the step is CHECK_OUT_QUERY and a question that the resolver sent matches it;
2. the step is CHECK_ANSWER and the resolver has answered a client: compare;
3. a waiting question has a reply in the ranges that are in force: deliver it;
4. otherwise the step is carried out, and the next one is the current one.

"In force" means at the number of the *current* step, the one still to be done.  The
clock stands still but in TIME_PASSES steps.  testbound fails a scenario whose check
comes before there is anything to check; our resolver may take another way to the same
answer, so the player lets time pass first: waiting questions time out, timers fire.  A
question that ends like that and that the scenario never mentioned is a fault of its
own, also where the answer comes out right.

Differences of behaviour that are tolerated, besides those of `match.TOLERATED`:

* *Priming.*  It is off.  A scripted exchange about `. NS` that nobody begins (a
  CHECK_OUT_QUERY, its REPLY) is passed over: the hints say the same.
* *Patience.*  How often a silent server is asked again is the resolver's choice: more
  TIMEOUT or ERROR steps than questions are passed over, and a question that failed by
  such a step may be asked, and fail, again.
* *Order.*  A CHECK_OUT_QUERY may find its question among those already answered,
  behind the one that the check before it found.
* *Thrift.*  A REPLY that no question waits for is passed over when the client already
  has its answer: the resolver needed fewer questions.
* *REPLY* goes to the waiting question that its MATCH line fits, if there is one; to the
  last one sent otherwise, as in testbound.
* *A question that CHECK_OUT_QUERY saw* and that no step answers may wait for ever.
"""

import random
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from resolver.config import Config
from resolver.ports import Note
from tests.replay import autotrust, macros
from tests.replay.core import (
    Build,
    Front,
    Surroundings,
    build_daemon,
    close,
    receive,
)
from tests.replay.fake_sha1 import FakeSha1
from tests.replay.match import (
    differences,
    is_minimal_any,
    is_refused_snooping,
)
from tests.replay.packet import Asked, Broken, Packet, read, write
from tests.replay.scenario import Entry, Scenario, Step
from tests.replay.settings import Wishes, translate
from tests.replay.upstream import Upstream, Waiting
from tests.virtual import START, VirtualLoop

# Rounds before a scenario is taken to go in circles; as testbound.
MAX_ROUNDS: Final = 5000
# Seconds of virtual time that the player waits for what a step checks.
PATIENCE: Final = 60.0
LOCALHOST: Final = "127.0.0.1"
_PRIMING: Final = (b"\0", 2, 1)  # the key of `. IN NS`


class Fault(Exception):
    """The scenario fails here."""


@dataclass
class Result:
    """How a scenario went: "passed", "failed" (`faults`) or "needs" (`needs`)."""

    scenario: Scenario
    needs: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    transcript: list[str] = field(default_factory=list)
    diaries: list[list[Note]] = field(default_factory=list)

    @property
    def status(self) -> str:
        """Say it in a word."""
        if self.faults:
            return "failed"
        return "needs" if self.needs else "passed"


@dataclass
class Reply:
    """What a client got back, and the question that it had sent."""

    question: Packet
    packet: Packet
    host: str
    transport: str


def play(
    scenario: Scenario,
    *,
    seed: int = 0,
    anyway: bool = False,
    build: Build = build_daemon,
) -> Result:
    """Play a scenario.

    `seed` is for chance in the resolver, `anyway` plays also what needs things that
    we do not have, `build` makes the resolver.
    """
    wishes = translate(scenario)
    if wishes.needs and not anyway:
        return Result(scenario, needs=wishes.needs)
    with tempfile.TemporaryDirectory() as folder:
        config = wishes.config(Path(folder))
        player = Player(scenario, wishes)
        return player.play(config, random.Random(seed), build)


class Player:
    """One scenario being played."""

    def __init__(self, scenario: Scenario, wishes: Wishes) -> None:
        self._steps = scenario.steps
        self._wishes = wishes
        self._result = Result(scenario)
        self._loop = VirtualLoop()
        self._loop.set_exception_handler(self._loop_complains)
        self._upstream = Upstream(scenario.ranges, self._loop, self._tell)
        self._front: Front
        self._config: Config
        self._position = 0
        self._since = self._loop.time()
        self._replies: list[Reply] = []
        self._silenced: set[object] = set()  # what TIMEOUT and ERROR steps let fail
        self._variables: dict[str, str] = {}
        self._queries = 0
        self._over = False

    def play(self, config: Config, dice: random.Random, build: Build) -> Result:
        """Play to the end, or to the first fault."""
        date = self._wishes.date
        self._config = config
        around = Surroundings(
            self._loop,
            self._upstream,
            dice,
            self._crashed,
            (lambda: self._loop.time() - START) if date is None else lambda: date,
            FakeSha1() if self._wishes.fake_sha1 else None,
            [],
            self._wishes.idle,
        )
        try:
            self._front = self._built(build, config, around)
            self._rounds()
            self._look_back()
        except (Fault, macros.MacroError) as fault:
            self._result.faults.append(str(fault))
        finally:
            self._over = True
            close(self._loop)
        return self._result

    def _built(self, build: Build, config: Config, around: Surroundings) -> Front:
        try:
            return build(config, around, self._result.diaries)
        except (ValueError, OSError) as problem:
            raise Fault(f"no resolver can be built: {problem}") from problem

    def _rounds(self) -> None:
        for _ in range(MAX_ROUNDS):
            if self._position >= len(self._steps):
                return
            step = self._steps[self._position]
            if step.event == "CHECK_OUT_QUERY" and self._question_was_sent(step):
                self._next()
            elif step.event == "CHECK_ANSWER" and self._replies_for(step):
                self._check_answer(step)
                self._next()
            elif self._upstream.answer_from_ranges(step.number):
                self._loop.settle()
            else:
                self._carry_out(step)
        raise Fault(f"it goes in circles: {MAX_ROUNDS} rounds")

    def _carry_out(self, step: Step) -> None:
        match step.event:
            case "QUERY":
                # The next step is the current one while the question is at work.
                self._next()
                self._query(step)
            case "CHECK_ANSWER":
                self._wait_for(step, "no answer comes")
            case "CHECK_OUT_QUERY" if not _is_priming(step):
                self._wait_for(step, "no such question is sent")
            case "REPLY":
                self._reply(step)
            case "TIMEOUT" | "ERROR":
                self._fail_question(step)
            case "TIME_PASSES":
                self._time_passes(step)
            case "CHECK_AUTOTRUST":
                self._check_anchors(step)
            case "ASSIGN":
                name, _, text = step.argument.partition("=")
                self._variables[name.strip()] = self._expand(text.strip())
                self._next()
            case _:  # NOTHING, TRAFFIC, and priming that nobody does
                self._next()

    def _next(self) -> None:
        self._tell(str(self._steps[self._position]))
        self._position += 1
        self._since = self._loop.time()

    def _query(self, step: Step) -> None:
        """Bring a client's question."""
        entry = _entry(step)
        self._queries += 1
        question = replace(entry.packet, id=self._queries)
        transport = entry.transport or "UDP"
        host = step.address or LOCALHOST
        wire = write(question)
        self._silenced.clear()
        self._upstream.forget_answered()
        self._tell(f"  {host} asks {question.asked}")

        def send(reply: bytes) -> None:
            if reply:
                self._replied(Reply(question, _understood(reply), host, transport))

        stream = transport == "TCP"
        self._loop.call_soon(
            lambda: receive(self._front, wire, host, send, stream=stream)
        )
        self._loop.settle()

    def _replied(self, reply: Reply) -> None:
        self._tell(f"  {reply.host} gets {reply.packet.header_text()}")
        if reply.packet.id != reply.question.id and not reply.question.raw:
            self._result.faults.append(f"the id of {reply.question.asked} is wrong")
        self._replies.append(reply)

    def _replies_for(self, step: Step) -> list[Reply]:
        return [reply for reply in self._replies if step.address in {"", reply.host}]

    def _check_answer(self, step: Step) -> None:
        """Find an answer that is as the step wants it, and tick it off."""
        found: list[str] = []
        for reply in self._replies_for(step):
            wrong = differences(_entry(step), reply.packet, reply.transport)
            if not wrong or self._is_our_way(reply):
                self._replies.remove(reply)
                return
            found += wrong
            found += [f"  came: {line}" for line in str(reply.packet).splitlines()]
        raise Fault("\n".join([f"{step} (line {step.line})", *found]))

    def _is_our_way(self, reply: Reply) -> bool:
        """Say whether a reply differs on purpose, whatever the scenario expects."""
        return is_minimal_any(reply.question, reply.packet) or (
            self._wishes.snooping and is_refused_snooping(reply.question, reply.packet)
        )

    def _question_was_sent(self, step: Step) -> bool:
        return self._upstream.was_sent(_entry(step), step.address)

    def _reply(self, step: Step) -> None:
        """Let the scripted reply come to a waiting question."""
        entry = _entry(step)
        waiting = self._upstream.waiting_at(step.address)
        fitting = [
            one for one in waiting if not differences(entry, one.packet, one.transport)
        ]
        if _is_priming(step) and not any(_asks_priming(one) for one in waiting):
            self._next()
        elif waiting:
            self._next()
            self._upstream.reply((fitting or waiting)[-1], entry)
            self._loop.settle()
        elif self._replies:
            self._next()  # it is known already: we needed fewer questions
        else:
            self._wait_for(step, "no question waits for this reply")

    def _fail_question(self, step: Step) -> None:
        """Let the last question that was sent fail."""
        waiting = self._upstream.waiting_at(step.address)
        if waiting:
            self._next()
            self._silenced.add(waiting[-1].key)
            reason = "timeout" if step.event == "TIMEOUT" else "error"
            self._upstream.fail(waiting[-1], reason)
            self._loop.settle()
        elif self._silenced or self._replies:
            self._next()
        else:
            self._wait_for(step, "no question waits")

    def _time_passes(self, step: Step) -> None:
        kind, _, text = step.argument.partition(" ")
        try:
            seconds = float(self._expand(text) if kind == "EVAL" else text)
        except ValueError:
            raise Fault(f"{step}: how long is that?") from None
        self._next()
        if self._wishes.anchors is None:
            self._loop.advance(seconds)
        else:
            # Months pass, and nobody looks at the keys in between, as in testbound.
            self._loop.jump(seconds)

    def _check_anchors(self, step: Step) -> None:
        """Compare the keys in the file of trust anchors, and their states."""
        self._next()
        lines = [self._expand(line) for line in step.content]
        wanted = autotrust.theirs(lines)
        found = autotrust.ours(self._config.dnssec.anchor_state)
        if found != wanted:
            raise Fault(f"{step} (line {step.line}): {sorted(found ^ wanted)} differ")

    def _expand(self, text: str) -> str:
        now = self._loop.time() - START
        timer = self._loop.next_timer()
        return macros.expand(
            text, self._variables, now, None if timer is None else timer - START
        )

    def _wait_for(self, step: Step, complaint: str) -> None:
        """Let time pass until something happens; complain when nothing can."""
        moments = [waiting.deadline for waiting in self._upstream.waiting]
        timer = self._loop.next_timer()
        moment = min(moments if timer is None else [*moments, timer], default=None)
        if moment is None or moment > self._since + PATIENCE:
            raise Fault(f"{step} (line {step.line}): {complaint}")
        self._loop.advance(max(0.0, moment - self._loop.time()))
        for waiting in list(self._upstream.waiting):
            if waiting.deadline <= self._loop.time():
                self._blame(waiting, "nothing scripted answers")
                self._upstream.fail(waiting, "timeout")
        self._loop.settle()

    def _look_back(self) -> None:
        """See what is left over when the last step is done."""
        last = self._steps[-1].number if self._steps else 0
        while self._upstream.answer_from_ranges(last):
            self._loop.settle()
        for waiting in self._upstream.waiting:
            self._blame(waiting, "at the end there still waits")
        for reply in self._replies:
            self._result.faults.append(
                f"an answer that no step checks: {reply.packet.asked}"
                f" {reply.packet.header_text()}"
            )

    def _blame(self, waiting: Waiting, complaint: str) -> None:
        if not waiting.excused and waiting.key not in self._silenced:
            self._result.faults.append(f"{complaint} {waiting}")

    def _crashed(self, what: str, error: BaseException) -> None:
        if not self._over:
            self._result.faults.append(f"{what}: {error!r}")

    def _loop_complains(self, _: object, context: dict[str, object]) -> None:
        self._result.faults.append(f"in the loop: {context}")

    def _tell(self, line: str) -> None:
        seconds = self._loop.time() - START
        self._result.transcript.append(f"{seconds:9.3f}  {line}")


def _entry(step: Step) -> Entry:
    if step.entry is None:
        raise Fault(f"{step} has no entry")
    return step.entry


def _understood(wire: bytes) -> Packet:
    try:
        return read(wire)
    except Broken as broken:
        raise Fault(f"the resolver's answer: {broken}") from broken


def _key(asked: Asked | None) -> object:
    return None if asked is None else asked.key


def _is_priming(step: Step) -> bool:
    """Say whether a step is about `. IN NS`."""
    return _key(_entry(step).packet.asked) == _PRIMING


def _asks_priming(waiting: Waiting) -> bool:
    return _key(waiting.packet.asked) == _PRIMING
