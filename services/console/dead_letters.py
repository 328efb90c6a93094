"""`pressrun dead-letters`: what was set aside, with its reason."""

import json
from typing import Annotated, Any

import typer

from services.console.place import AsJson, Data, Place, err, out, with_store
from services.render import keys
from services.render.dirty import Dirty
from shared.clock import due
from shared.dead_letters import letters
from shared.events import DEAD_LETTERS
from shared.store import Store

app = typer.Typer(help="What was set aside, with its reason.", no_args_is_help=True)
WHICH = "The first word of a line of the list."
Ident = Annotated[str, typer.Argument(metavar="ID", help=WHICH)]
Idents = Annotated[list[str], typer.Argument(metavar="ID…", help=WHICH)]


@app.command("list")
def list_letters(data: Data = None, as_json: AsJson = False) -> None:
    """All of them, oldest first."""
    found = with_store(data, lambda _, store: letters(store))
    if as_json:
        out.print_json(json.dumps(found))
        return
    for letter in found:
        out.print(f"{letter['id']}  {letter['kind']}  {letter['name']}  {_line(letter['reason'])}", markup=False)
    if not found:
        err.print("no dead letters")


@app.command()
def show(ident: Ident, data: Data = None) -> None:
    """One of them, whole."""
    found = [letter for letter in with_store(data, lambda _, store: letters(store)) if letter["id"] == ident]
    if not found:
        _unknown([ident])
    out.print_json(json.dumps(found[0]))


@app.command()
def retry(idents: Idents, data: Data = None) -> None:
    """Put them back: an event onto its stream, a page among those that wait, a scheduled version among those due."""

    async def work(_: Place, store: Store) -> tuple[list[str], list[str]]:
        known = {letter["id"]: letter for letter in await letters(store)}
        stuck = [ident for ident in idents if ident in known and not _has_a_way_back(known[ident])]
        asked = [known[ident] for ident in dict.fromkeys(idents) if ident in known and ident not in stuck]
        for thing, letter in {_thing(letter): letter for letter in asked}.items():
            await _put_back(store, letter, [one["id"] for one in known.values() if _thing(one) == thing])
        return [ident for ident in idents if ident not in known], stuck

    unknown, stuck = with_store(data, work)
    if stuck:
        err.print(f"nothing here can be put back, only dropped: {', '.join(stuck)}", markup=False)
    _finish([ident for ident in idents if ident not in stuck], unknown, "put back")
    if stuck:
        raise typer.Exit(1)


@app.command()
def drop(idents: Idents, data: Data = None) -> None:
    """Forget them."""

    async def work(_: Place, store: Store) -> list[str]:
        known = {letter["id"] for letter in await letters(store)}
        await store.all([("XDEL", DEAD_LETTERS, ident) for ident in idents if ident in known])
        return [ident for ident in idents if ident not in known]

    _finish(idents, with_store(data, work), "dropped")


def _has_a_way_back(letter: dict[str, Any]) -> bool:
    needs = {"event": "stream", "schedule": "name", "page": "name", "picture": "article"}
    return bool(letter.get(needs.get(letter["kind"], "")))


def _thing(letter: dict[str, Any]) -> tuple[str, ...]:
    """What was set aside. It goes back once: every group reads an event again, whichever of them set it aside."""
    return letter["kind"], letter["name"], letter.get("article", "")


async def _put_back(store: Store, letter: dict[str, Any], idents: list[str]) -> None:
    gone = ("XDEL", DEAD_LETTERS, *idents)
    if letter["kind"] == "event":
        await store.commit({}, [("XADD", letter["stream"], "*", "event", letter["raw"]), gone])
        return
    if letter["kind"] == "schedule":
        await store.commit({}, [("ZADD", due("ingest"), 0, letter["name"]), gone])
        return
    page = letter["name"] if letter["kind"] == "page" else keys.article(letter["article"])
    dirty = Dirty(store, "console")
    if keys.kind(page) == "article":
        await dirty.forget([page.partition(":")[2]])
    await dirty.mark([page], "retry", patience=0)
    await store.do(*gone)


def _finish(idents: list[str], unknown: list[str], what: str) -> None:
    out.print(f"{len(idents) - len(unknown)} {what}")
    if unknown:
        _unknown(unknown)


def _unknown(idents: list[str]) -> None:
    err.print(f"no dead letter has the id {', '.join(idents)}", markup=False)
    raise typer.Exit(1)


def _line(text: str) -> str:
    return " ".join(text.split())[:160]
