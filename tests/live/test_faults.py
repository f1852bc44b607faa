"""Faults injected into a running resolver: none loses data or leaves anything behind.

Each fault of the table is a function: it does its harm, sees what is particular about it,
and mends it.  All of them have one verdict in common, `test_...` at the end; what a
fault may do beyond that stands beside it in the table, and in docs/operations.md.
"""

import contextlib
import json
import os
import resource
import shutil
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import lmdb
import pytest

from resolver.daemon import anchorfile
from resolver.daemon.storage import FileTurn
from resolver.lab.box import Box
from resolver.wire import types
from resolver.wire.writer import query
from tests.daemon.running import Internet, wait_until
from tests.live import afflicted
from tests.live.afflicted import KNOWN, LONGEST_GAP, Patient, storm
from tests.walk.pretend import question


@pytest.fixture(scope="module")
def box() -> Box:
    return Box.standard(signed=True)


@pytest.fixture(scope="module")
def internet(box: Box, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Internet]:
    """The lab on loopback; no namespace, and no other servers."""
    one = Internet(box, tmp_path_factory.mktemp("internet"))
    with one.running():
        yield one


@pytest.fixture(scope="module")
def donor(
    box: Box, internet: Internet, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Files that a healthy resolver has left."""
    folder = tmp_path_factory.mktemp("donor")
    return afflicted.donor(internet, folder, box.anchor_text)


class Fault(NamedTuple):
    """One row of the table.

    `before` prepares what is there when it starts, `inject` does the harm.  `warm`: what
    was known before is known at the start and after it.  `steady`: the answers never
    pause.  `status` is how it exits, `told` what it may warn of, and `told_after` what
    its next start may.
    """

    inject: Callable[[Patient], None]
    workers: tuple[int, ...] = (1,)
    before: Callable[[Patient], None] = lambda one: None
    warm: bool = True
    steady: bool = True
    status: int = 0
    told: tuple[str, ...] = ()
    told_after: tuple[str, ...] = ()


# --- Processes -----------------------------------------------------------------------


def a_worker_is_killed(one: Patient) -> None:
    os.kill(one.daemon.workers()[0], signal.SIGKILL)
    one.daemon.wait_for("worker_replaced")


def all_workers_are_killed(one: Patient) -> None:
    for worker in one.daemon.workers():
        os.kill(worker, signal.SIGKILL)
    one.daemon.wait_for("worker_replaced", 2)


def everything_is_killed(one: Patient) -> None:
    for process in one.processes():
        os.kill(process, signal.SIGKILL)
    one.daemon.process.wait(10)


def the_first_process_is_killed(one: Patient) -> None:
    one.daemon.process.kill()
    one.daemon.process.wait(10)
    wait_until(lambda: one.processes() == [], "workers end", within=2.0)


def it_is_killed_while_it_writes(one: Patient) -> None:
    """In the middle of a storm of entries for the store."""
    storm(one.port, 300)
    one.daemon.process.kill()
    one.daemon.process.wait(10)


# A supervisor that waits less long, and a worker that can be made to hang.
IMPATIENT: Final = """
import signal, sys
if "serve" in sys.orig_argv:
    import resolver.daemon.child as child
    child.LONGEST_SILENCE = 1.5
def hang_here(*_):
    while True:
        pass
signal.signal(signal.SIGWINCH, hang_here)
"""


def impatient(one: Patient) -> None:
    afflicted.customised(one, IMPATIENT)


def a_worker_is_stopped(one: Patient) -> None:
    os.kill(one.daemon.workers()[0], signal.SIGSTOP)
    assert one.daemon.wait_for("worker_ended")["reason"] == "silence, then SIGKILL"
    one.daemon.wait_for("worker_replaced")


def a_worker_hangs(one: Patient) -> None:
    os.kill(one.daemon.workers()[0], signal.SIGWINCH)
    stack = one.daemon.wait_for("worker_hung")["stack"]
    assert any("in hang_here" in line for line in stack)
    one.daemon.wait_for("worker_replaced")


def a_worker_has_a_bad_access(one: Patient) -> None:
    os.kill(one.daemon.workers()[0], signal.SIGSEGV)
    one.daemon.wait_for("worker_replaced")


# --- The file of trust anchors ------------------------------------------------------

DYING: Final = """
import os, signal
fsync, replace, opened = os.fsync, os.replace, os.open
def die():
    os.kill(os.getpid(), signal.SIGKILL)
def dying_open(path, *more, **others):
    if WHEN == "before it is written" and str(path).endswith("anchors.new"):
        die()
    return opened(path, *more, **others)
def dying_fsync(file):
    if WHEN == "half written" and os.readlink(f"/proc/self/fd/{file}").endswith("anchors.new"):
        os.ftruncate(file, 200)
        die()
    return fsync(file)
def dying_replace(one, other, **more):
    if WHEN == "before it has its name" and str(one).endswith("anchors.new"):
        die()
    replace(one, other, **more)
    if WHEN == "when it has its name" and str(one).endswith("anchors.new"):
        die()
os.open, os.fsync, os.replace = dying_open, dying_fsync, dying_replace
"""


def anchors_are_due(one: Patient, seconds: float = 0.0) -> None:
    """Have the root's keys asked for, and written down, soon."""
    moment = int(time.time() + seconds)  # noqa: TID251 - as the program has it
    watches = anchorfile.read(str(one.anchors)).values()
    anchorfile.write(str(one.anchors), [it._replace(due=moment) for it in watches])


def dies(when: str) -> Fault:
    def before(one: Patient) -> None:
        anchors_are_due(one, 1.0)
        afflicted.customised(one, f"WHEN = {when!r}{DYING}")

    def inject(one: Patient) -> None:
        assert one.daemon.process.wait(10) == -signal.SIGKILL

    return Fault(inject, before=before, steady=False, status=-signal.SIGKILL)


def no_harm(one: Patient) -> None:
    """It was done before the start."""


def set_aside(one: Patient, name: str) -> None:
    """See that there is one damaged file to look at, and remove it."""
    [aside] = one.folder.glob(f"{name}.damaged-*")
    aside.rmdir() if aside.is_dir() else aside.unlink()


def anchors_set_aside(one: Patient) -> None:
    one.daemon.wait_for("anchor_state_set_aside")
    wait_until(one.anchors.exists, "new anchors")
    set_aside(one, "anchors")


def _do(change: Callable[[Path], object], path: Path) -> None:
    change(path)


def with_anchors(change: Callable[[Path], object]) -> Fault:
    return Fault(
        anchors_set_aside,
        before=lambda one: _do(change, one.anchors),
        told=("anchor_state_set_aside",),
    )


def a_folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def no_folder_for_anchors(one: Patient) -> None:
    one.settings = (f'dnssec.anchor_state = "{one.folder}/no/anchors"',)


def a_file_in_the_folders_place(one: Patient) -> None:
    one.left.add("folder")
    (one.folder / "folder").write_text("")
    one.settings = (f'dnssec.anchor_state = "{one.folder}/folder/anchors"',)


# --- The disk ------------------------------------------------------------------------


def the_disk_is_full(one: Patient) -> None:
    """No file can grow, whichever it is, and then they can again."""
    for process in one.processes():
        resource.prlimit(process, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    one.daemon.wait_for("anchor_state_not_kept")
    storm(one.port, 200)
    wait_until(one.answers_new, "an answer that is new")
    for process in one.processes():
        limit = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(process, resource.RLIMIT_FSIZE, limit)


# --- The store ------------------------------------------------------------------------


def store_set_aside(one: Patient) -> None:
    one.daemon.wait_for("shared_cache_set_aside")
    set_aside(one, "kept.mdb")


def with_store(change: Callable[[Path], object]) -> Fault:
    return Fault(
        store_set_aside,
        before=lambda one: _do(change, one.kept),
        warm=False,
        told=("shared_cache_set_aside",),
    )


def with_garbage(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(bytes(range(256)) * 32)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def foreign(path: Path) -> None:
    path.write_text("Dear diary,\n" * 1000)
    path.chmod(0o600)


def of_an_old_version(path: Path) -> None:
    environment = lmdb.open(str(path), subdir=False, max_dbs=3)
    with environment.begin(write=True) as transaction:
        there = transaction.get(b"about")
        assert there is not None
        transaction.put(b"about", there[:8] + bytes((there[8] - 1,)) + there[9:])
    environment.close()
    Path(f"{path}-lock").unlink()


def others_may_write(path: Path) -> None:
    path.chmod(0o666)


def the_store_is_cut_under_it(one: Patient) -> None:
    """What is mapped and not there any more ends who looks at it."""
    os.truncate(one.kept, 0)
    storm(one.port, 100)
    time.sleep(0.5)


def the_store_is_removed_under_it(one: Patient) -> None:
    one.kept.unlink()
    Path(f"{one.kept}-lock").unlink()
    storm(one.port, 100)


def another_has_the_turn(one: Patient) -> None:
    turn = FileTurn(str(one.kept))
    wait_until(turn.take, "the turn")
    storm(one.port, 100)
    wait_until(one.answers_new, "an answer that is new")
    turn.close()


# --- The control socket -------------------------------------------------------------


def connected(one: Patient) -> socket.socket:
    it = socket.socket(socket.AF_UNIX)
    it.connect(str(one.socket))
    return it


def a_client_never_reads(one: Patient) -> None:
    request = json.dumps({"version": 1, "command": "statistics"}).encode() + b"\n"
    with connected(one) as client:
        client.settimeout(0)
        with contextlib.suppress(BlockingIOError):
            for _ in range(100_000):
                client.send(request)
        assert one.run("status")["state"] == "healthy"


def a_client_sends_garbage(one: Patient) -> None:
    for sent in (b"\0" * 10_000, b"{" * 2_000_000, b'{"version": 1}\n', b"[[[[\n"):
        with connected(one) as client, contextlib.suppress(OSError):
            client.sendall(sent)
    assert one.run("status")["state"] == "healthy"


def clients_say_nothing(one: Patient) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(connected(one))
        time.sleep(0.2)


def the_sockets_folder_is_removed(one: Patient) -> None:
    shutil.rmtree(one.socket.parent)
    time.sleep(0.2)
    one.signal(signal.SIGHUP)
    one.daemon.wait_for("reloaded")


# --- The log --------------------------------------------------------------------------


# Less room for lines that nobody takes, so that it is full whatever is dropped meanwhile.
LITTLE_ROOM: Final = """
import sys
if "resolver" in " ".join(sys.orig_argv):
    import resolver.observe.steady as steady
    steady.MAX_WAITING = 50_000
"""


def tells_queries(one: Patient) -> None:
    afflicted.customised(one, LITTLE_ROOM)
    one.settings = ("log.queries = true",)


def nobody_reads_the_log(one: Patient) -> None:
    """The pipe fills, and what waits beside it, too."""
    one.daemon.heeded.clear()
    storm(one.port, 3000, KNOWN)
    wait_until(one.answers_new, "an answer that is new")
    one.daemon.heeded.set()
    one.daemon.wait_for("log_lines_lost")


# --- Signals ---------------------------------------------------------------------------


def a_storm_of_reloads(one: Patient) -> None:
    for _ in range(30):
        one.signal(signal.SIGHUP)
        time.sleep(0.005)
    one.daemon.wait_for("reloaded")


def a_broken_file(one: Patient) -> None:
    text = one.daemon.path.read_text()
    one.daemon.reload("cache.size = ", "reload_refused")
    wait_until(one.answers_new, "an answer that is new")
    one.daemon.reload(text)


def the_file_disappears(one: Patient) -> None:
    text = one.daemon.path.read_text()
    one.daemon.path.unlink()
    one.signal(signal.SIGHUP)
    [problem] = one.daemon.wait_for("reload_refused")["problems"]
    assert str(one.daemon.path) in problem
    wait_until(one.answers_new, "an answer that is new")
    one.daemon.reload(text)


def a_reload_and_the_end(one: Patient) -> None:
    one.signal(signal.SIGHUP)
    one.signal(signal.SIGTERM)
    assert one.daemon.process.wait(10) == 0


# --- The machine -------------------------------------------------------------------------

SET_CLOCK: Final = """
import os, time
right = time.time
def wrong():
    try:
        return right() + float(open({path!r}).read() or 0)
    except OSError:
        return right()
time.time = wrong
"""


def a_clock_to_set(one: Patient) -> None:
    afflicted.customised(one, SET_CLOCK.format(path=f"{one.folder}/custom/clock"))


def the_clock_is_set(seconds: int) -> Fault:
    def inject(one: Patient) -> None:
        clock = one.folder / "custom" / "clock"
        clock.write_text(str(seconds))
        time.sleep(0.3)
        wait_until(one.answers_known, "an answer that is known")
        clock.unlink()
        # What was bogus meanwhile is not asked about again for a minute.
        one.run("flush", name=".", subtree=True)

    return Fault(inject, before=a_clock_to_set, warm=False, told=("clock_is_wrong",))


def no_server_answers(one: Patient) -> None:
    one.internet.reached.clear()
    assert not one.answers_new()
    wait_until(one.answers_known, "an answer that is known")
    time.sleep(0.3)
    one.internet.reached.set()


def no_descriptors_are_left(one: Patient) -> None:
    for process in one.processes():
        there = len(list(Path(f"/proc/{process}/fd").iterdir()))
        hard = resource.prlimit(process, resource.RLIMIT_NOFILE)[1]
        resource.prlimit(process, resource.RLIMIT_NOFILE, (there, hard))
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(socket.create_connection(("127.0.0.1", one.port)))
        wait_until(one.answers_known, "an answer that is known")
        for process in one.processes():
            hard = resource.prlimit(process, resource.RLIMIT_NOFILE)[1]
            resource.prlimit(process, resource.RLIMIT_NOFILE, (hard, hard))


def a_crowd_over_tcp(one: Patient) -> None:
    """Who connects and says nothing, who says half, who asks and never reads."""
    packet = query(1, question(KNOWN), flags=types.RD)
    framed = len(packet).to_bytes(2, "big") + packet
    with contextlib.ExitStack() as stack:
        for number in range(600):
            with contextlib.suppress(OSError):
                it = socket.create_connection(("127.0.0.1", one.port), 0.5)
                stack.enter_context(it)
                it.settimeout(0)
                it.send((b"", framed[:20], framed * 1000)[number % 3])
        wait_until(one.answers_known, "an answer that is known")
        wait_until(one.answers_new, "an answer that is new")


FAULTS: Final = {
    "a worker is killed": Fault(a_worker_is_killed, (2,), told=("worker_ended",)),
    "all workers are killed": Fault(
        all_workers_are_killed, (2,), steady=False, told=("worker_ended",)
    ),
    "the first process is killed": Fault(
        the_first_process_is_killed, (1, 2), steady=False, status=-signal.SIGKILL
    ),
    "everything is killed": Fault(
        everything_is_killed, (2,), steady=False, status=-signal.SIGKILL
    ),
    "it is killed while it writes": Fault(
        it_is_killed_while_it_writes, steady=False, status=-signal.SIGKILL
    ),
    "a worker is stopped": Fault(
        a_worker_is_stopped, (2,), impatient, steady=False, told=("worker_ended",)
    ),
    "a worker hangs": Fault(
        a_worker_hangs,
        (2,),
        impatient,
        steady=False,
        told=("worker_ended", "worker_hung"),
    ),
    "a worker has a bad access to memory": Fault(
        a_worker_has_a_bad_access, (2,), told=("worker_ended",)
    ),
    "it dies before the anchors are written": dies("before it is written"),
    "it dies with the anchors half written": dies("half written"),
    "it dies before the anchors have their name": dies("before it has its name"),
    "it dies when the anchors have their name": dies("when it has its name"),
    "a bit of the anchors is another": with_anchors(flipped),
    "the anchors are empty": with_anchors(lambda path: path.write_text("")),
    "the anchors are a folder": with_anchors(a_folder_instead),
    "the anchors are of another version": with_anchors(
        lambda path: path.write_text(path.read_text().replace("Version 1", "Version 0"))
    ),
    "others may write the anchors": with_anchors(others_may_write),
    "no folder for the anchors": Fault(
        no_harm,
        before=no_folder_for_anchors,
        told=("state_not_writable", "anchor_state_not_kept"),
    ),
    "a file in the place of the anchors' folder": Fault(
        no_harm,
        before=a_file_in_the_folders_place,
        told=("state_not_writable", "anchor_state_not_kept"),
    ),
    "the disk is full": Fault(
        the_disk_is_full,
        (1, 2),
        lambda one: anchors_are_due(one, 2.0),
        told=("anchor_state_not_kept",),
    ),
    "the store begins with garbage": with_store(with_garbage),
    "the store is cut": with_store(cut),
    "the store is another file": with_store(foreign),
    "the store is of an old version": with_store(of_an_old_version),
    "others may write the store": with_store(others_may_write),
    "the store is cut while it runs": Fault(
        the_store_is_cut_under_it,
        (2,),
        warm=False,
        steady=False,
        told=("worker_ended", "shared_cache_set_aside"),
    ),
    "the store is removed while it runs": Fault(
        the_store_is_removed_under_it, (1, 2), warm=False
    ),
    "another has the store's turn": Fault(another_has_the_turn, (1, 2)),
    "a control client never reads": Fault(a_client_never_reads, (1, 2)),
    "a control client sends garbage": Fault(a_client_sends_garbage),
    "control clients say nothing": Fault(clients_say_nothing),
    "nobody reads the log": Fault(
        nobody_reads_the_log, (1, 2), tells_queries, told=("log_lines_lost",)
    ),
    "a storm of reloads": Fault(a_storm_of_reloads, (1, 2)),
    "a reload of a broken file": Fault(a_broken_file, told=("reload_refused",)),
    "a reload without a file": Fault(the_file_disappears, told=("reload_refused",)),
    "the clock is a year ahead": the_clock_is_set(365 * 86_400),
    "the clock is a year behind": the_clock_is_set(-365 * 86_400),
    "no server answers": Fault(no_server_answers, (1, 2)),
    "no descriptors are left": Fault(no_descriptors_are_left, (1, 2)),
    "a crowd over TCP": Fault(a_crowd_over_tcp, (1, 2)),
}


CASES: Final = [
    pytest.param(fault, workers, id=f"{name}, {workers}")
    for name, fault in FAULTS.items()
    for workers in fault.workers
]


def test_there_are_as_many_faults_as_were_promised_and_a_page_lists_them() -> None:
    assert len(FAULTS) >= 24
    page = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")
    assert [name for name in FAULTS if f"* {name}\n" not in page] == []


@pytest.mark.parametrize(("fault", "workers"), CASES)
def test_it_goes_on_and_leaves_nothing_behind(
    fault: Fault, workers: int, internet: Internet, donor: Path, tmp_path: Path
) -> None:
    one = afflicted.patient(internet, donor, tmp_path, workers)
    fault.before(one)
    since = len(internet.asked)
    with one.living():
        wait_until(lambda: one.answers_known() or one.has_ended(), "an answer")
        fault.inject(one)
        if not fault.status:
            one.is_mended()
            wait_until(lambda: one.zombies() == [], "no zombie")
            wait_until(lambda: one.run("status")["state"] == "healthy", "it is well")
    assert one.daemon.process.returncode == fault.status
    assert one.complaints() - set(fault.told) == set()
    if fault.steady:
        assert one.stream.longest_gap() < LONGEST_GAP
    one.settings, one.environment = (), {}
    if not fault.status:
        one.examine()
    with one.living(workers=1):
        one.is_mended()
        assert one.run("status")["state"] == "healthy"
    assert one.daemon.process.returncode == 0
    assert one.complaints() - set(fault.told_after) == set()
    if fault.warm:
        assert not one.asked_again(since)
    one.examine()
    wait_until(one.anchors.exists, "anchors")
