"""No standard file is closed once the program has begun."""

import subprocess
import sys

import pytest

PROGRAM = """
import os, subprocess, sys
from resolver.daemon.standard import have_standard_files
for number in map(int, sys.argv[2:]):
    os.close(number)
sys.stdout, sys.stderr = (None if str(it) in sys.argv[2:] else there
                          for it, there in ((1, sys.stdout), (2, sys.stderr)))
have_standard_files()
print("told", file=sys.stderr)
links = [os.readlink(f"/proc/self/fd/{number}") for number in range(3)]
child = subprocess.run(["readlink", "/proc/self/fd/2"], stdout=subprocess.PIPE)
with open(sys.argv[1], "w") as file:
    print(*links, child.stdout.decode().strip(), file=file)
"""


@pytest.mark.parametrize("closed", [(), (0,), (2,), (1, 2), (0, 1, 2)])
def test_what_is_closed_is_nothing_and_what_is_open_stays(
    closed: tuple[int, ...], tmp_path_factory: pytest.TempPathFactory
) -> None:
    said = tmp_path_factory.mktemp("said") / "links"
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(said), *map(str, closed)],
        stdin=subprocess.PIPE,
        capture_output=True,
        check=True,
    )
    *links, child = said.read_text().split()
    for number, link in enumerate(links):
        assert (link == "/dev/null") == (number in closed)
    assert child == links[2]
    assert done.stderr == (b"" if 2 in closed else b"told\n")
