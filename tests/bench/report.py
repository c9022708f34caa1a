"""The findings as a person reads them in a terminal."""

import os
import platform
import statistics
from collections.abc import Sequence

from tests.bench.measuring import Finding, Limit, quantile


def machine() -> str:
    """What it ran on, and how busy it was: others' work shows in every figure but CPU time."""
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, load at the start {load}"
    )


def show(finding: Finding) -> None:
    """One task: its figures, then every limit under them."""
    facts = [f"median {_ms(statistics.median(finding.times_ms))}"]
    if len(finding.times_ms) > 1:
        facts.append(f"p10–p90 {_ms(quantile(finding.times_ms, 0.1))}–{_ms(quantile(finding.times_ms, 0.9))}")
        facts.append(f"p95 {_ms(quantile(finding.times_ms, 0.95))}")
    if finding.cpu_ms:
        facts.append(f"CPU {_ms(statistics.median(finding.cpu_ms))}")
    if finding.queries is not None:
        facts.append(f"{finding.queries} queries")
    print(f"\n{finding.task}\n    {', '.join(facts)}")
    for limit in finding.limits:
        print(f"    {_limit(limit)}")
    if finding.note:
        print(f"    {finding.note}")
    print(end="", flush=True)


def _limit(limit: Limit) -> str:
    spread = ""
    if len(set(limit.values)) > 1:
        spread = (
            f" (rounds p25–p75 {_plain(quantile(limit.values, 0.25))}–{_plain(quantile(limit.values, 0.75))})"
        )
    goals = [f"must ≤ {_plain(limit.must)}" if limit.must is not None else ""]
    goals.append(f"aim ≤ {_plain(limit.aim)}" if limit.aim is not None else "")
    asked = ", ".join(filter(None, goals))
    said = f"{limit.what}: {_plain(limit.value)}{limit.unit}{spread}"
    return f"{said}; {asked}: {limit.verdict}" if asked else said


def verdict(findings: Sequence[Finding]) -> int:
    """Say what was missed; the exit code: 1 when a limit was missed by more than noise."""
    missed = [(each, limit) for each in findings for limit in each.limits if limit.verdict == "MISSED"]
    noisy = [(each, limit) for each in findings for limit in each.limits if "noise" in limit.verdict]
    print()
    for each, limit in missed:
        print(
            f"Missed by more than noise: {each.task}, {limit.what}: "
            f"{_plain(limit.value)}, must ≤ {limit.must}."
        )
    for each, limit in noisy:
        print(
            f"Over the limit, but within this run's noise: {each.task}, {limit.what}: {_plain(limit.value)}."
        )
    if not missed:
        print(
            "Everything that must be reached was reached."
            if not noisy
            else "Nothing was missed beyond noise."
        )
    return 1 if missed else 0


def _ms(value: float) -> str:
    return f"{value:.2f} ms" if value < 100 else f"{value:.0f} ms"


def _plain(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
