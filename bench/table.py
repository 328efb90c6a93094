"""A row of the benchmark, and the table of all of them."""

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured: ours, the limit beside it in the same run, their ratio, and what is aimed at."""

    what: str
    ours: str
    limit: str = ""
    ratio: str = ""
    target: str = ""


def median(values: Sequence[float]) -> float:
    """The median of some runs."""
    return statistics.median(values)


def percentile(values: Sequence[float], percent: float) -> float:
    """A percentile by the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def ms(seconds: float) -> str:
    """A time, in milliseconds."""
    return f"{seconds * 1000:.2f} ms"


def microseconds(seconds: float) -> str:
    """A short time, in microseconds."""
    return f"{seconds * 1e6:.1f} µs"


def rate(per_second: float, unit: str = "") -> str:
    """A rate."""
    return f"{per_second:,.0f}{unit}/s"


def share(part: float, whole: float) -> str:
    """A ratio in per cent."""
    return f"{100 * part / whole:.0f} %" if whole else ""


def in_markdown(rows: Sequence[Row]) -> str:
    """The table in Markdown, under the date and the machine."""
    machine = f"{os.cpu_count()} × {_processor()}, Python {platform.python_version()}, {platform.system()}"
    lines = [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC · {machine} · medians of 5",
        "",
        "| what | ours | limit, same run | ratio | target |",
        "|---|---|---|---|---|",
        *(f"| {row.what} | {row.ours} | {row.limit} | {row.ratio} | {row.target} |" for row in rows),
    ]
    return "\n".join(lines) + "\n"


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as about:  # noqa: PTH123 - not a path of ours
            names = [line.partition(":")[2].strip() for line in about if line.startswith("model name")]
        return names[0] if names else platform.machine()
    except OSError:
        return platform.machine()
