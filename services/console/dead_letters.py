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
Idents = Annotated[list[str], typer.Argument(metavar="ID…")]


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
def show(ident: Annotated[str, typer.Argument(metavar="ID")], data: Data = None) -> None:
    """One of them, whole."""
    found = [letter for letter in with_store(data, lambda _, store: letters(store)) if letter["id"] == ident]
    if not found:
        _unknown([ident])
    out.print_json(json.dumps(found[0]))


@app.command()
def retry(idents: Idents, data: Data = None) -> None:
    """Put them back: an event onto its stream, a page among those that wait, a scheduled version among those due."""

    async def work(_: Place, store: Store) -> list[str]:
        known = {letter["id"]: letter for letter in await letters(store)}
        for ident in idents:
            if ident in known:
                await _put_back(store, known[ident])
        return [ident for ident in idents if ident not in known]

    _finish(idents, with_store(data, work), "put back")


@app.command()
def drop(idents: Idents, data: Data = None) -> None:
    """Forget them."""

    async def work(_: Place, store: Store) -> list[str]:
        known = {letter["id"] for letter in await letters(store)}
        await store.all([("XDEL", DEAD_LETTERS, ident) for ident in idents if ident in known])
        return [ident for ident in idents if ident not in known]

    _finish(idents, with_store(data, work), "dropped")


async def _put_back(store: Store, letter: dict[str, Any]) -> None:
    if letter["kind"] == "event":
        await store.commit(
            {}, [("XADD", letter["stream"], "*", "event", letter["raw"]), ("XDEL", DEAD_LETTERS, letter["id"])]
        )
        return
    if letter["kind"] == "schedule":
        await store.commit({}, [("ZADD", due("ingest"), 0, letter["name"]), ("XDEL", DEAD_LETTERS, letter["id"])])
        return
    page = letter["name"] if letter["kind"] == "page" else keys.article(letter["article"])
    dirty = Dirty(store, "console")
    if keys.kind(page) == "article":
        await dirty.forget([page.partition(":")[2]])
    await dirty.mark([page], "retry", patience=0)
    await store.do("XDEL", DEAD_LETTERS, letter["id"])


def _finish(idents: list[str], unknown: list[str], what: str) -> None:
    out.print(f"{len(idents) - len(unknown)} {what}")
    if unknown:
        _unknown(unknown)


def _unknown(idents: list[str]) -> None:
    err.print(f"no dead letter has the id {', '.join(idents)}", markup=False)
    raise typer.Exit(1)


def _line(text: str) -> str:
    return " ".join(text.split())[:160]
