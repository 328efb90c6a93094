"""`pressrun why`, `impact` and `watch`."""

import json
import time
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter

from services.console.place import Data, Place, with_store
from services.console.terminal import AsJson, err, out
from services.render import reasons
from services.render.edition import LiveEdition
from services.render.site import Site
from shared.clock import moment
from shared.entries import Fields, Unreadable, came_at, decode
from shared.events import ARTICLES, PAGES, SIGNALS, article_events, page_events, signals
from shared.store import Store


def why(
    path: Annotated[str, typer.Argument(metavar="PATH", help="A page's path, or its whole address.")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """What a page is made of, and the event that last rebuilt it."""

    def work(place: Place, store: Store) -> Any:
        edition = LiveEdition(store, place.settings.site)
        return reasons.why(store, edition, Site(place.settings.pages_dir), path)

    found = with_store(data, work)
    if found is None:
        err.print(f"no page has the address {path}", markup=False)
        raise typer.Exit(1)
    if as_json:
        out.print_json(json.dumps(found))
        return
    out.print(f"page      {found['page']}", markup=False)
    out.print(f"articles  {' '.join(found['made_of']['articles']) or '-'}", markup=False)
    out.print(f"includes  {' '.join(found['made_of']['includes']) or '-'}", markup=False)
    event = found["last_event"]
    what = f"{event.get('type', '')} {event.get('guid', '')} {event['event_id']}".strip() if event else "-"
    out.print(f"rebuilt   {_time(found['rebuilt_at_ms'])} by {what}", markup=False)


def impact(
    article: Annotated[str, typer.Argument(metavar="ARTICLE", help="The article's id, or its address.")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """The pages that would change if this article changed."""

    async def work(place: Place, store: Store) -> tuple[str, list[str] | None]:
        edition = LiveEdition(store, place.settings.site)
        told = article.encode(errors="replace").decode()  # a shell passes on what is no UTF-8, too
        ident = await reasons.article_at(store, edition, told)
        return ident, await reasons.impact(store, edition, ident)

    ident, found = with_store(data, work)
    if found is None:
        what = "address" if "/" in article else "id"
        err.print(f"no article with the {what} {article} is on the site", markup=False)
        raise typer.Exit(1)
    if as_json:
        out.print_json(json.dumps({"article": ident, "pages": found}))
        return
    for page in found:
        out.print(page, markup=False)


_EVENTS: dict[str, TypeAdapter[Any]] = {ARTICLES: article_events, SIGNALS: signals, PAGES: page_events}


def watch(data: Data = None, as_json: AsJson = False) -> None:
    """A line for each event as it happens, and for each page that it changed, until Ctrl-C."""

    async def work(_: Place, store: Store) -> None:
        # `$` would be each stream's end anew at every read, and what comes between two reads be lost
        newest = await store.all([("XREVRANGE", stream, "+", "-", "COUNT", 1) for stream in _EVENTS])
        last: Any = {stream: found[0][0] if found else "0" for stream, found in zip(_EVENTS, newest, strict=True)}
        came: dict[str, int] = {}
        while True:
            answer: Any = await store.client.xread(last, count=100, block=1000)
            for name, entries in answer:
                stream = name.decode()
                for ident, fields in entries:
                    last[stream] = ident
                    _show(stream, ident.decode(), fields, came, as_json)

    try:
        with_store(data, work)
    except KeyboardInterrupt:
        return


def _show(stream: str, entry: str, fields: Fields, came: dict[str, int], as_json: bool) -> None:
    try:
        decode(_EVENTS[stream], entry, fields)
    except Unreadable:
        err.print(f"unreadable entry {entry} on {stream}", markup=False)
        return
    event = json.loads(fields[b"event"])
    at = came_at(entry, event["event_id"], time.time_ns() // 1_000_000)
    if stream != PAGES:
        came[event["event_id"]] = at
        while len(came) > 10_000:
            came.pop(next(iter(came)))
    since = came.get(event.get("cause") or "")
    if as_json:
        out.print(json.dumps({"stream": stream, "at_ms": at, "ms": since and at - since, **event}), markup=False)
        return
    what = event.get("guid") or event.get("list") or " ".join(event.get("paths", ())) or ""
    wait = f"  {at - since} ms" if since is not None else ""
    out.print(f"{_time(at)}  {event['type']:<18} {what}{wait}", markup=False)


def _time(ms: int | None) -> str:
    return moment(ms).isoformat(timespec="milliseconds") if ms else "-"
