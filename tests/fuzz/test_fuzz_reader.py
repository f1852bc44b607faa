"""Every run of the tests fuzzes a little; FUZZ_SECONDS=600 fuzzes more."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from resolver.config.build import kind_of_build

ROOT = Path(__file__).parents[2]
SECONDS = int(os.environ.get("FUZZ_SECONDS", "10"))


@pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="atheris is not installed"
)
def test_no_input_raises_anything_but_malformed(tmp_path: Path) -> None:
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.fuzz.fuzz_reader",
            f"-max_total_time={SECONDS}",
            "-timeout=5",
            "-max_len=4096",
            f"-artifact_prefix={tmp_path}/",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS + 60,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-4000:]
    # A fuzzer that did not run would find nothing either.  What is compiled it cannot
    # see through, and throws packets at blindly.
    sign = "cov: " if kind_of_build() == "interpreted" else "exec/s: "
    assert sign in run.stderr
