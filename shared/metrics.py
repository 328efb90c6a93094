"""The metrics that every service has, and where the processes of one service count them together.

The kinds of metrics are taken from here by all: one without labels that is made before this module was read would be
counted in a file of its own process, which no room is made for.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Metric,
    ProcessCollector,
    generate_latest,
    values,
)
from prometheus_client.multiprocess import MultiProcessCollector

from shared.logs import NowAndThen, log

__all__ = ["Counter", "Gauge", "Histogram"]  # what is handed on; what is made here is public by its name

METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which prometheus_client knows where the processes of one service keep what they count."""
_KINDS = ("counter", "gauge_mostrecent", "histogram")
_ROOM = 512 * 1024  # for some 3,000 numbers

_consumer = os.environ.get("PRESSRUN_CONSUMER")
_IS_SHARED = METRICS_FOLDER in os.environ and _consumer is not None
# named after the process, not its pid: one that is started again goes on counting where it was. Others' variable of
# that name does not make a command of ours count into their folder
values.ValueClass = (
    values.MultiProcessValue(lambda: _consumer)  # type: ignore[no-untyped-call]
    if _IS_SHARED
    else values.MutexValue
)

LATENCY = (0.0005, 0.001, 0.002, 0.004, 0.006, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

events_handled = Counter("pressrun_events_handled_total", "Events done", ["stream", "group"])
events_retried = Counter("pressrun_events_retried_total", "Events that failed and are tried again", ["stream", "group"])
events_set_aside = Counter("pressrun_events_set_aside_total", "Events set aside", ["stream", "group"])

_GROUP: Any = {"labelnames": ["stream", "group"], "multiprocess_mode": "mostrecent"}
event_lag = Gauge("pressrun_event_lag", "Entries that a group has not read yet", **_GROUP)
event_oldest = Gauge("pressrun_event_oldest_pending_seconds", "Age of the oldest entry not acknowledged", **_GROUP)
event_pending = Gauge("pressrun_event_pending", "Entries read and not acknowledged", **_GROUP)
unhandled = Counter("pressrun_unhandled_exceptions_total", "Exceptions that nothing expected")
lines_lost = Counter("pressrun_log_lines_lost_total", "Lines of the log that could not be written")
store_failures = Counter("pressrun_store_failures_total", "Calls that the store could not serve")
requests = Histogram("pressrun_request_seconds", "Time to answer", ["route", "status"], buckets=LATENCY)

_of_the_store = NowAndThen()


def store_failed(error: Exception) -> None:
    """Count a call that the store could not serve, and log it now and then."""
    store_failures.inc()
    if _of_the_store.is_due():
        log().warning("the store does not serve", reason=str(error))


def make_room(folder: Path, consumer: str) -> None:
    """Make the files that a process of this name counts into. Raises OSError.

    They are written from end to end, because a process that is the first to write to a place in a mapped file while
    the disk is full is ended by SIGBUS.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for kind in _KINDS:
        (folder / f"{kind}_{consumer}.db").write_bytes(bytes(_ROOM))


class _All(MultiProcessCollector):
    """What all processes that share the folder have counted, also where its name looks like a pattern."""

    def collect(self) -> Iterable[Metric]:
        files = [str(path) for path in Path(self._path).glob("*.db")]
        found: Iterable[Metric] = self.merge(files, accumulate=True)  # type: ignore[no-untyped-call]
        return found


class _ThisProcess(ProcessCollector):
    """What the system knows of the process that answers, where another one may answer next: how it is, and not what it
    has counted, which would go down from one answer to the next."""

    def collect(self) -> Iterable[Metric]:
        return [metric for metric in super().collect() if metric.type != "counter"]


def exposition() -> bytes:
    """The metrics as Prometheus reads them: of this process, or of all that share a folder with it."""
    if not _IS_SHARED:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    _All(registry)  # type: ignore[no-untyped-call]  # prometheus_client's
    _ThisProcess(registry=registry)
    return generate_latest(registry)
