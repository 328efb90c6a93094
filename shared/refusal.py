"""A wrong setting ends a service's start with one line that names it, and with exit code 1."""

import os
import sys
from types import TracebackType
from typing import NoReturn

from shared.wrong import WrongSetting


def tell_wrong_settings() -> None:
    """From now on a WrongSetting that nothing catches is one line instead of a traceback."""
    usual = sys.excepthook

    def tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, WrongSetting):
            _say(error)
        else:
            usual(kind, error, trace)

    sys.excepthook = tell


def end_the_start(error: WrongSetting) -> NoReturn:
    """End a process whose server runs already: uvicorn would print a traceback, or serve all the same."""
    _say(error)
    os._exit(1)


def _say(error: WrongSetting) -> None:
    sys.stderr.write(f"cannot start: {error}\n")
    sys.stderr.flush()
