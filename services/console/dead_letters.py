"""`pressrun dead-letters`: what was set aside, with its reason."""

import json
from typing import Annotated, Any

import typer

from services.console.place import Data, Place, with_store
from services.console.terminal import AsJson, err, out
from services.render import keys
from services.render.dirty import Dirty
from shared.clock import due
from shared.dead_letters import forget, letters, take_back, thing_of
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
        unknown = [ident for ident in idents if ident not in known]
        alike: dict[str, list[dict[str, Any]]] = {}
        for letter in known.values():
            alike.setdefault(thing_of(letter), []).append(letter)
        # it goes back once: every group reads an event again, whichever of them set it aside
        for thing, letter in {thing_of(letter): letter for letter in asked}.items():
            if not await put_back(store, letter, alike[thing]):
                unknown.append(letter["id"])  # somebody else has just put it back, or dropped it
        return unknown, stuck

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
        known = {letter["id"]: letter for letter in await letters(store)}
        await forget(store, [known[ident] for ident in idents if ident in known])
        return [ident for ident in idents if ident not in known]

    _finish(idents, with_store(data, work), "dropped")


def _has_a_way_back(letter: dict[str, Any]) -> bool:
    needs = {"event": "stream", "schedule": "name", "page": "name", "picture": "article"}
    return bool(letter.get(needs.get(letter["kind"], "")))


async def put_back(store: Store, letter: dict[str, Any], its: list[dict[str, Any]]) -> bool:
    """Put what a letter is of where it came from, and all of its letters away; False if these were gone already."""
    match letter["kind"]:
        case "event":
            return await take_back(store, its, ("XADD", letter["stream"], "*", "event", letter["raw"]))
        case "schedule":
            return await take_back(store, its, ("ZADD", due("ingest"), 0, letter["name"]))
        case kind:
            page = letter["name"] if kind == "page" else keys.article(letter["article"])
            await Dirty(store).mark_at_once([page], "retry")
            return bool(await forget(store, its))


def _finish(idents: list[str], unknown: list[str], what: str) -> None:
    out.print(f"{len(set(idents) - set(unknown))} {what}")  # one may be named twice
    if unknown:
        _unknown(unknown)


def _unknown(idents: list[str]) -> None:
    err.print(f"no dead letter has the id {', '.join(idents)}", markup=False)
    raise typer.Exit(1)


def _line(text: str) -> str:
    return " ".join(text.split())[:160]
