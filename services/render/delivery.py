"""What leaves the press: files brought to disk, counted, and told to the stream of pages."""

import asyncio
import time
from collections.abc import Sequence
from functools import cache

from services.render import keys
from services.render.edition import Story
from services.render.leases import Taken
from services.render.output import Output
from services.render.site import Site
from shared.clock import Clock
from shared.events import Event, PageBuilt, PageRemoved
from shared.metrics import Counter
from shared.together import Together

AT_ONCE = 16

rendered = Counter("pressrun_pages_rendered_total", "Pages rendered", ["kind"])
written = Counter("pressrun_pages_written_total", "Pages whose files changed", ["kind"])
_rendered, _written = cache(rendered.labels), cache(written.labels)  # a label is looked up slower than counted


class TooLate(Exception):
    """A page's lease ran out before it was on its way to the disk: others may have written what is newer."""


class Delivery:
    """Brings outputs to disk and makes their events. `disk_fault` is why the disk does not take any now.

    One output at a time is on its way to the disk. Where several are ready they go in a thread, for creating files
    waits on the file system, which the store keeps busy with its log; meanwhile the next pages are printed.
    """

    def __init__(self, site: Site, clock: Clock) -> None:
        self.site = site
        self.disk_fault: str | None = None
        self._clock = clock
        self._together = Together(self._bring_all, AT_ONCE)

    async def bring(self, taken: Taken, output: Output, story: Story | None = None) -> list[str]:
        """Bring a page's output to disk; return its event, if any file changed. Raises OSError, ValueError, TooLate.

        If nobody knows whether an earlier change was told, all files are.
        """
        _rendered(keys.kind(taken.key)).inc()
        changed = await self._together.put((output, taken.until))
        if isinstance(changed, Exception):
            raise changed
        self.disk_fault = None
        if changed:
            _written(keys.kind(taken.key)).inc()
        if taken.untold:
            changed = [*output.files, *output.links, *output.absent]  # one that was there may be in a mirror still
        if not changed:
            return []
        served = [path for path in changed if path in output.files and not path.startswith("_gone/")]
        kind = PageBuilt if served or not any(path in output.absent for path in changed) else PageRemoved
        event: Event = kind(
            at=self._clock.now(),
            page=taken.key,
            paths=changed,
            cause=taken.cause or None,
            article=story.article.id if story else None,
            revision=story.article.revision if story else None,
        )
        return [event.model_dump_json()]

    async def _bring_all(self, outputs: Sequence[tuple[Output, float]]) -> list[list[str] | Exception]:
        if len(outputs) == 1:
            return [self._bring(*outputs[0])]
        return await asyncio.to_thread(lambda: [self._bring(*output) for output in outputs])

    def _bring(self, output: Output, until: float) -> list[str] | Exception:
        if time.monotonic() > until:
            return TooLate()
        try:
            return self.site.apply(output)
        except (OSError, ValueError) as error:
            return error  # of this one alone: others' are brought with it
