"""The command `pressrun`, ready for Ctrl-C and SIGTERM from its first moment on: importing all of it takes a second."""

import os
import signal
import sys
from io import TextIOWrapper
from types import FrameType

QUIT = 128


def main() -> None:
    """Run a subcommand. `up` that is ended before it has begun has nothing to stop, and is done."""
    is_up = sys.argv[1:2] == ["up"]

    def end(number: int, _: FrameType | None) -> None:
        os._exit(0 if is_up else QUIT + number)  # an exception may be lost in whatever is being imported

    for way in (signal.SIGINT, signal.SIGTERM) if is_up else (signal.SIGINT,):
        if signal.getsignal(way) != signal.SIG_IGN:
            signal.signal(way, end)
    if not os.environ.get("COLUMNS", "80").strip("0"):
        os.environ.pop("COLUMNS")  # a terminal that does not know its width yet; nothing would be printed on it
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as stderr: not every terminal has every letter
    from services.console import cli

    if not is_up and signal.getsignal(signal.SIGINT) is end:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a command that has begun may have to put away
    cli.main()


if __name__ == "__main__":
    main()
