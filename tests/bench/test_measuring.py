"""What the bench says about its figures."""

import pytest

from tests.bench.measuring import Batch, Finding, Limit, interleaved, over_floor, quantile
from tests.bench.report import show, verdict


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([1, 1, 1, 1], "met"),
        ([3, 3, 3, 3], "met, aim missed"),
        # Some rounds of a busy machine are beyond the limit, but its quiet ones are not.
        ([1, 1, 6, 6, 6], "over, within noise"),
        ([6, 6, 6, 9], "MISSED"),
    ],
)
def test_a_limit_is_missed_by_more_than_noise_only(values: list[float], said: str) -> None:
    assert Limit("figure", values, must=4, aim=2).verdict == said


def test_a_missed_limit_ends_in_an_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    missed = Finding("a task", [1, 2], limits=[Limit("seconds", [6, 6], must=4)])
    show(missed)
    assert verdict([missed]) == 1
    assert "a task, seconds: 6, must ≤ 4" in capsys.readouterr().out
    assert verdict([Finding("a task", [1, 2], limits=[Limit("seconds", [3, 3], must=4)])]) == 0


def test_ratios_are_of_the_same_round() -> None:
    slow_then_fast = [Batch([0.4], 4), Batch([0.1], 1)]
    floor = [Batch([0.2], 2), Batch([0.05], 0.5)]
    by_time, by_cpu = over_floor(slow_then_fast, floor, floor_name="floor", must=4, aim=2)
    assert list(by_time.values) == list(by_cpu.values) == [2, 2]


def test_every_task_is_done_in_every_round_and_once_to_get_warm() -> None:
    calls: list[str] = []

    def task(name: str) -> Batch:
        calls.append(name)
        return Batch([1.0], 1.0)

    batches = interleaved({"a": lambda: task("a"), "b": lambda: task("b")}, rounds=3)
    assert {name: len(each) for name, each in batches.items()} == {"a": 3, "b": 3}
    assert [sorted(calls[at : at + 2]) for at in range(0, 8, 2)] == [["a", "b"]] * 4


def test_quantiles_are_values_that_were_measured() -> None:
    assert [quantile([3, 1, 2, 4], share) for share in (0, 0.5, 0.95)] == [1, 3, 4]
