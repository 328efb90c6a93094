"""Logs as JSON lines on stderr, and the metrics that every service has."""

import json
import logging
import sys

import structlog
from prometheus_client import Counter, Gauge, Histogram

LATENCY = (0.0005, 0.001, 0.002, 0.004, 0.006, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

events_handled = Counter("pressrun_events_handled_total", "Events done", ["stream", "group"])
events_retried = Counter("pressrun_events_retried_total", "Events that failed and are tried again", ["stream", "group"])
events_set_aside = Counter("pressrun_events_set_aside_total", "Events set aside", ["stream", "group"])
event_lag = Gauge("pressrun_event_lag", "Entries that a group has not read yet", ["stream", "group"])
event_oldest = Gauge(
    "pressrun_event_oldest_pending_seconds", "Age of the oldest entry not acknowledged", ["stream", "group"]
)
event_pending = Gauge("pressrun_event_pending", "Entries read and not acknowledged", ["stream", "group"])
unhandled = Counter("pressrun_unhandled_exceptions_total", "Exceptions that nothing expected")
store_failures = Counter("pressrun_store_failures_total", "Calls that the store could not serve")
requests = Histogram("pressrun_request_seconds", "Time to answer", ["route", "status"], buckets=LATENCY)


def configure_logs(service: str, level: str) -> None:
    """Log JSON lines, each with the service's name."""

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
