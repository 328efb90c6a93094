"""One child process, kept running: started, watched until it is ready, started again when it dies."""

import asyncio
import errno
import os
import shutil
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from services.console.leftovers import Trace, end_group, trace

LOOK_EVERY = 0.02
LONGEST_PAUSE = 5.0
SETTLED = 2.0
TRIES = 3
LAST_LINES = 15
LOG_BYTES = 8 * 1024 * 1024
GATE = ("/bin/sh", "-c", 'read -r word && unset PWD SHLVL && exec "$@" </dev/null', "sh")
"""Stands before a command, as the same process: nothing runs that the next `up` would not know of after a SIGKILL."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the stack: how it is started, and how one sees that it is ready."""

    name: str
    command: tuple[str, ...]
    folder: Path
    environ: Mapping[str, str]
    is_ready: Callable[[], Awaitable[bool]]
    nice: int = 0
    settles_after: float = SETTLED
    """Seconds for which it must have been ready for its death not to be an early one."""
    is_further: bool = False
    """Whether it only stands beside the part of its kind: `run.json` names that one alone."""


def pause(early: int, *, was_ready: bool) -> float:
    """Seconds before the next start, after so many early deaths in a row: none if it had been ready until now."""
    if was_ready and early <= 1:
        return 0.0
    return float(min(LONGEST_PAUSE, 0.1 * 2**early))


class Child:
    """A part as a process that is kept running. `changed` is called for each new process."""

    def __init__(self, part: Part, log: Path, changed: Callable[[], None], say: Callable[[str], None]) -> None:
        self.part = part
        self.trace: Trace | None = None
        self.ready = asyncio.Event()
        self.given_up = asyncio.Event()
        self._log = log
        self._log_from = 0
        self._changed = changed
        self._say = say
        self._process: asyncio.subprocess.Process | None = None
        self._was_ever_ready = False

    async def keep(self) -> None:
        """For ever: run it. Until it was ready for the first time it is given up after TRIES deaths."""
        early = 0
        while True:
            ready_for = await self._live()
            was_ready = ready_for is not None
            early = 0 if ready_for is not None and ready_for >= self.part.settles_after else early + 1
            if not self._was_ever_ready and early >= TRIES:
                self.given_up.set()
                return
            wait = pause(early, was_ready=was_ready)
            self._say(f"{self.part.name} {self._how_it_ended()}; starting it again" + (f" in {wait:g} s" * bool(wait)))
            await asyncio.sleep(wait)

    async def stop(self, patience: float) -> None:
        """End it and its group: asked first, forced when its patience is over."""
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), patience)
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        await end_group(process.pid)

    def last_lines(self) -> str:
        """What its last process wrote in the end."""
        try:
            with self._log.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(size - 8192, self._log_from))
                return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-LAST_LINES:])
        except OSError:
            return ""

    def trim_log(self) -> None:
        """Move a log that has grown long aside; the process goes on writing to the same, empty file."""
        with suppress(OSError):
            if self._log.stat().st_size > LOG_BYTES:
                shutil.copyfile(self._log, self._log.with_suffix(".log.1"))
                os.truncate(self._log, 0)
                self._log_from = 0

    async def _live(self) -> float | None:
        """One process from start to end; the seconds for which it was ready, None if it never was."""
        try:
            process = await self._start()
        except OSError as error:
            self._say(f"{self.part.name} cannot be started: {error}")
            return None
        ended = asyncio.create_task(process.wait())
        try:
            ready_at = await self._until_ready(ended)
            await ended
        finally:
            ended.cancel()
            self.ready.clear()
        await end_group(process.pid)
        return None if ready_at is None else time.monotonic() - ready_at

    async def _start(self) -> asyncio.subprocess.Process:
        self._process = None  # how the one before ended is told already
        self._log.parent.mkdir(mode=0o700, exist_ok=True)  # who is to empty it may have taken it away
        if shutil.which(command := self.part.command[0], path=self.part.environ.get("PATH")) is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), command)
        descriptor = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        gate, key = os.pipe()
        try:
            self._log_from = os.fstat(descriptor).st_size
            self._process = await asyncio.create_subprocess_exec(
                *GATE,
                *self.part.command,
                stdin=gate,
                stdout=descriptor,
                stderr=descriptor,
                cwd=self.part.folder,
                env=dict(self.part.environ),
                process_group=0,  # a session of its own would be weighed by Linux as one, whatever is nice in it
            )
            self._note(self._process)
            with suppress(OSError):  # it may have ended already
                os.write(key, b"\n")
        finally:
            for one in (descriptor, gate, key):
                os.close(one)
        return self._process

    def _note(self, process: asyncio.subprocess.Process) -> None:
        if self.part.nice:
            with suppress(OSError):  # it may have ended already
                # behind the others, also where all of them were started by `nice`
                nice = os.getpriority(os.PRIO_PROCESS, 0) + self.part.nice
                os.setpriority(os.PRIO_PROCESS, process.pid, nice)
        self.trace = trace(process.pid)
        self._changed()

    async def _until_ready(self, ended: asyncio.Task[int]) -> float | None:
        while not ended.done():
            if await self.part.is_ready():
                self.ready.set()
                self._was_ever_ready = True
                return time.monotonic()
            await asyncio.wait([ended], timeout=LOOK_EVERY)
        return None

    def _how_it_ended(self) -> str:
        code = self._process.returncode if self._process else None
        if code is None:
            return "did not start"
        return f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
