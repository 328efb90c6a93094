"""The embedded stack: its children in the order in which they need one another."""

import asyncio
import json
import socket
from collections.abc import Callable, Sequence
from typing import Any

from services.console import leftovers
from services.console.children import Child, Part
from services.console.failed import CannotGoOn
from services.console.folder import Folder, write_private
from services.console.probe import HERE

PATIENCE = 6.0
STORE_PATIENCE = 2.0
SAY_EVERY = 10.0
HOUSEKEEPING = 5.0


class Stack:
    """The parts of a stack in stages, each started when the stage before it is ready, and ended in reverse.

    `run` is what `run.json` says beside the pids; it is written once all parts have one, and again for each new.
    """

    def __init__(
        self, folder: Folder, stages: Sequence[Sequence[Part]], run: dict[str, Any], say: Callable[[str], None]
    ) -> None:
        self._folder = folder
        self._run = run
        self._say = say
        self._stages = [[Child(part, folder.log(part.name), self._record, say) for part in stage] for stage in stages]
        self._started = 0
        self._keeping: list[asyncio.Task[None]] = []
        self._unwritten = False

    @property
    def children(self) -> list[Child]:
        """All of them, the first to start first."""
        return [child for stage in self._stages for child in stage]

    @property
    def run(self) -> dict[str, Any]:
        """What `run.json` says."""
        named = {
            child.part.name: child.trace.pid for child in self.children if child.trace and not child.part.is_further
        }
        return {**self._run, "pids": named}

    async def start(self) -> None:
        """Start the stages that are left; raises CannotGoOn, with a child's last lines, if one will not start."""
        while self._started < len(self._stages):
            await self.start_stage()

    async def start_stage(self) -> None:
        """Start the next stage; raises like `start`."""
        stage = self._stages[self._started]
        self._started += 1
        self._keeping += [asyncio.create_task(child.keep(), name=child.part.name) for child in stage]
        await asyncio.gather(*(self._ready(child) for child in stage))

    async def keep(self) -> None:
        """For ever: look after logs and records; raises what a child's keeper died of, if it ever does."""
        while True:
            done, _ = await asyncio.wait(self._keeping, timeout=HOUSEKEEPING, return_when=asyncio.FIRST_COMPLETED)
            for keeper in done:
                keeper.result()
            for child in self.children:
                child.trim_log()
            if self._unwritten:
                self._record()

    async def stop(self) -> None:
        """End all children, the last started first; done within 10 seconds."""
        for keeper in self._keeping:
            keeper.cancel()
        await asyncio.gather(*self._keeping, return_exceptions=True)
        first, *rest = self._stages
        await asyncio.gather(*(child.stop(PATIENCE) for stage in rest for child in stage))
        await asyncio.gather(*(child.stop(STORE_PATIENCE) for child in first))

    async def _ready(self, child: Child) -> None:
        waiting = [asyncio.create_task(child.ready.wait()), asyncio.create_task(child.given_up.wait())]
        try:
            while not (await asyncio.wait(waiting, timeout=SAY_EVERY, return_when=asyncio.FIRST_COMPLETED))[0]:
                self._say(f"still waiting for {child.part.name}; its log is {self._folder.log(child.part.name)}")
        finally:
            for waiter in waiting:
                waiter.cancel()
        if child.given_up.is_set():
            lines = child.last_lines()
            error = CannotGoOn(
                f"{child.part.name} does not start" + (". Its last lines:" if lines else ", and has written nothing")
            )
            error.add_note(lines)
            raise error

    def _record(self) -> None:
        """Keep who runs: for the next `up`, and for readers of `run.json`. A full disk must not end the stack."""
        traces = {child.part.name: child.trace for child in self.children if child.trace}
        try:
            write_private(self._folder.children, leftovers.note(traces))
            if len(traces) == len(self.children):
                write_private(self._folder.run, json.dumps(self.run, indent=2) + "\n")
            self._unwritten = False
        except OSError as error:
            self._unwritten = True
            self._say(f"cannot record the children: {error}")


async def reclaim(folder: Folder) -> None:
    """End what a stack on this folder that was killed has left running. Raises CannotGoOn for what does not end: two
    stores would write into one folder."""
    homes = (folder.root, folder.store, folder.nginx)  # what keeps much may be a link to another disk
    if left := await leftovers.end(leftovers.noted(folder.children), homes):
        raise CannotGoOn(f"{folder.root}: a stack that was killed has left what does not end: {left}; end it first")


def check_ports(ports: Sequence[int]) -> None:
    """Raise CannotGoOn if one of the ports is taken."""
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HERE, port))
                probe.listen(1)
            except OSError as error:
                raise CannotGoOn(f"port {port} on {HERE} is not free ({error.strerror}); try another --port") from None
