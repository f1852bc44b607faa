"""Faults injected into a running resolver: none loses data or leaves anything behind.

Each fault of the table is a function: it does its harm, sees what is particular about it,
and mends it.  All of them have one verdict in common, `test_...` at the end; what a
fault may do beyond that stands beside it in the table, and in docs/operations.md.
"""

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from resolver.lab.box import Box
from tests.daemon.running import Internet, wait_until
from tests.live import afflicted
from tests.live.afflicted import LONGEST_GAP, Patient


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


def killed_worker(one: Patient) -> None:
    os.kill(one.daemon.workers()[0], signal.SIGKILL)
    one.daemon.wait_for("worker_replaced")


FAULTS: Final = {
    "a worker is killed": Fault(killed_worker, (2,), told=("worker_ended",)),
}


CASES: Final = [
    pytest.param(fault, workers, id=f"{name}, {workers}")
    for name, fault in FAULTS.items()
    for workers in fault.workers
]


def test_there_are_as_many_faults_as_were_promised() -> None:
    assert len(FAULTS) >= 24


@pytest.mark.parametrize(("fault", "workers"), CASES)
def test_it_goes_on_and_leaves_nothing_behind(
    fault: Fault, workers: int, internet: Internet, donor: Path, tmp_path: Path
) -> None:
    one = afflicted.patient(internet, donor, tmp_path, workers)
    fault.before(one)
    since = len(internet.asked)
    with one.living():
        wait_until(one.answers_known, "an answer")
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
