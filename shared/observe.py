"""Logs as JSON lines on stderr, and the metrics that every service has."""

import json
import logging
import os
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
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

TOLD_EVERY = 10.0
"""Seconds between two lines about one thing that goes on failing."""
LATENCY = (0.0005, 0.001, 0.002, 0.004, 0.006, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

events_handled = Counter("pressrun_events_handled_total", "Events done", ["stream", "group"])
events_retried = Counter("pressrun_events_retried_total", "Events that failed and are tried again", ["stream", "group"])
events_set_aside = Counter("pressrun_events_set_aside_total", "Events set aside", ["stream", "group"])

_GROUP: Any = {"labelnames": ["stream", "group"], "multiprocess_mode": "mostrecent"}
event_lag = Gauge("pressrun_event_lag", "Entries that a group has not read yet", **_GROUP)
event_oldest = Gauge("pressrun_event_oldest_pending_seconds", "Age of the oldest entry not acknowledged", **_GROUP)
event_pending = Gauge("pressrun_event_pending", "Entries read and not acknowledged", **_GROUP)
unhandled = Counter("pressrun_unhandled_exceptions_total", "Exceptions that nothing expected")
store_failures = Counter("pressrun_store_failures_total", "Calls that the store could not serve")
requests = Histogram("pressrun_request_seconds", "Time to answer", ["route", "status"], buckets=LATENCY)


class NowAndThen:
    """Lets a line through every TOLD_EVERY seconds: what fails for all fails again and again."""

    def __init__(self) -> None:
        self._quiet_until = 0.0

    def is_due(self) -> bool:
        """Whether a line is to be written now; then none is for a while."""
        now = time.monotonic()
        if now < self._quiet_until:
            return False
        self._quiet_until = now + TOLD_EVERY
        return True


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


def exposition() -> bytes:
    """The metrics as Prometheus reads them: of this process, or of all that share a folder with it."""
    if not _IS_SHARED:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    _All(registry)  # type: ignore[no-untyped-call]  # prometheus_client's
    ProcessCollector(registry=registry)
    return generate_latest(registry)


class _Line(logging.Formatter):
    """What libraries log, as a line like ours: the server's word on a request that is none, asyncio's on a task."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """As JSON."""
        line = {
            "event": record.getMessage(),
            "logger": record.name,
            "service": self._service,
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return _ENCODER.encode(line)


def _take_over_libraries(service: str) -> None:
    """Have what libraries log written as we log; uvicorn has handlers of its own, which write text."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Line(service))
    root = logging.getLogger()
    root.handlers = [*(one for one in root.handlers if not isinstance(one.formatter, _Line)), handler]
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True


def configure_logs(service: str, level: str) -> None:
    """Log JSON lines, each with the service's name."""
    _take_over_libraries(service)

    def named(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        event["service"] = service
        return event

    structlog.configure(
        processors=[
            named,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _as_json,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    _configured.append(structlog.get_logger().bind())


_ENCODER = json.JSONEncoder(default=repr)


def _as_json(_: object, __: str, event: structlog.typing.EventDict) -> str:
    return _ENCODER.encode(event)


_configured: list[structlog.typing.FilteringBoundLogger] = []


def log() -> structlog.typing.FilteringBoundLogger:
    """The logger; bound once, for a line is written for every article."""
    logger: structlog.typing.FilteringBoundLogger = _configured[-1] if _configured else structlog.get_logger()
    return logger
