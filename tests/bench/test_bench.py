"""The benchmarks run to their end and print every task; what they measure is judged by `./run bench`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TASKS = {
    "requests": ["Floor: an empty view", "Coach's page", "Free times of four weeks", "$0 booking", "Webhook"],
    "races": ["The last time, 8 buyers", "The last time, 32 buyers", "rounds without exactly one winner: 0;"],
    "tenants": ["A tenant provisioned", "Relations per tenant", "no-op", "a new column", "migrate_schemas"],
}


@pytest.mark.skipif(not os.environ.get("UPFRONT_SLOW"), reason="takes long: ./run test --slow")
@pytest.mark.parametrize("part", TASKS)
def test_the_bench_measures_and_prints(part: str, tmp_path: Path) -> None:
    """In a database of its own, beside the one of this test process."""
    roots = os.pathsep.join([str(ROOT), str(ROOT / "platform")])
    done = subprocess.run(
        [sys.executable, "tests/bench/run.py", "--quick", "--only", part],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": roots, "LOCAL_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert [words for words in TASKS[part] if words not in done.stdout] == []
