"""`python -m services.render.helper`: a second press on one machine, for when more waits than one can build.

It reads no stream and answers nobody: what is to be built is decided by render alone.
"""

import asyncio
import signal

import uvloop

from services.render.edition import LiveEdition
from services.render.press import Press
from services.render.printer import Printer
from services.render.site import Site
from shared.running import running
from shared.service import Service
from shared.settings import Settings


async def help_out(settings: Settings) -> None:
    """Build until SIGTERM."""
    stopped = asyncio.Event()
    for way in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(way, stopped.set)
    service = Service("render", settings, links=1, remembers=True)
    edition, printer = LiveEdition(service.store, settings.site), Printer(settings.site)
    site = Site(settings.pages_dir, settings.consumer, settings.spare)
    press = Press(
        service.store, edition, printer, site, service.clock, settings.consumer, settings.originals_dir, helps=True
    )

    async def run() -> None:
        service.keep_running(press.run, "press")

    async with running(service, run):
        await stopped.wait()


if __name__ == "__main__":
    uvloop.run(help_out(Settings.load()))
