"""Logs as JSON lines on stderr: ours, and in the same form those of the libraries."""

import json
import logging
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

TOLD_EVERY = 10.0
"""Seconds between two lines about one thing that goes on failing."""

_ENCODER = json.JSONEncoder(default=repr)
_configured: list[structlog.typing.FilteringBoundLogger] = []


def configure_logs(service: str, level: str, lost: Callable[[], None]) -> None:
    """Log JSON lines, each with the service's name; `lost` is called for each line that cannot be written."""
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
        logger_factory=lambda *_: _Writer(lost),
        cache_logger_on_first_use=True,
    )
    _configured.append(structlog.get_logger().bind())


def log() -> structlog.typing.FilteringBoundLogger:
    """The logger; bound once, for a line is written for every article."""
    logger: structlog.typing.FilteringBoundLogger = _configured[-1] if _configured else structlog.get_logger()
    return logger


class _Writer:
    """Writes lines to stderr, whatever their level. One that its disk has no room for, or that nobody reads any more,
    is lost: what it tells of has been done, and must not be answered as an error, or done again."""

    def __init__(self, lost: Callable[[], None]) -> None:
        self._file = sys.stderr or sys.stdout  # none where it is closed, as `2>&-` leaves it
        self._lost = lost

    def msg(self, line: str) -> None:
        """Write a line."""
        try:
            self._file.write(line + "\n")
            self._file.flush()
        except OSError:
            self._lost()

    debug = info = warning = error = critical = exception = msg


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


def _as_json(_: object, __: str, event: structlog.typing.EventDict) -> str:
    return _ENCODER.encode(event)
