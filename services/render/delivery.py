"""What leaves the press: files brought to disk, counted, and told to the stream of pages."""

from prometheus_client import Counter

from services.render import keys
from services.render.dirty import Taken
from services.render.edition import Story
from services.render.site import Output, Site
from shared.clock import Clock
from shared.events import Event, PageBuilt, PageRemoved

rendered = Counter("pressrun_pages_rendered_total", "Pages rendered", ["kind"])
written = Counter("pressrun_pages_written_total", "Pages whose files changed", ["kind"])


class Delivery:
    """Brings outputs to disk and makes their events. `disk_fault` is why the disk does not take any now."""

    def __init__(self, site: Site, clock: Clock) -> None:
        self.site = site
        self.disk_fault: str | None = None
        self._clock = clock

    def bring(self, taken: Taken, output: Output, story: Story | None = None) -> list[str]:
        """Bring a page's output to disk; return its event, if any file changed. Raises OSError."""
        rendered.labels(keys.kind(taken.key)).inc()
        changed = self.site.apply(output)
        self.disk_fault = None
        if not changed:
            return []
        written.labels(keys.kind(taken.key)).inc()
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
