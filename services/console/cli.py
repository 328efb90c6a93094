"""The command `pressrun`: each subcommand is a function in a module of its own."""

import os
import sys
from errno import ENOSPC
from typing import Annotated

import typer

from services.console import dead_letters
from services.console.building import build, check, rebuild
from services.console.exporting import export
from services.console.failed import CannotGoOn
from services.console.importing import import_
from services.console.post import post
from services.console.reasons import impact, watch, why
from services.console.status import status
from services.console.terminal import err
from services.console.up import up
from shared.release import released
from shared.wrong import WrongSetting

app = typer.Typer(
    name="pressrun",
    help="An event-driven publishing engine for newsrooms.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"pressrun {released()}")
        raise typer.Exit


@app.callback()
def pressrun(
    _: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """An event-driven publishing engine for newsrooms."""


for command in (up, post, build, rebuild, check, why, impact, watch, status, export):
    app.command()(command)
app.command("import")(import_)
app.add_typer(dead_letters.app, name="dead-letters")


def main() -> None:
    """Run a subcommand. Exit code 0: done; 1: the answer is no; 2: wrong usage."""
    if os.environ.get("NO_COLOR"):
        from typer import rich_utils  # prints help and wrong usage; slow to import, so only where it is needed

        rich_utils.COLOR_SYSTEM = None  # NO_COLOR alone would leave bold
    try:
        app()
    except (CannotGoOn, WrongSetting) as error:
        err.print(f"pressrun: {error}", markup=False)
        for line in "\n".join(getattr(error, "__notes__", ())).splitlines():
            err.print(line, markup=False)
        sys.exit(1)
    except OSError as error:
        if error.errno != ENOSPC:
            raise
        err.print(f"pressrun: {error.filename or 'what is printed'}: {error.strerror}", markup=False)
        if error.filename is None:  # what is left of it would be tried again on the way out, and end that with 120
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


if __name__ == "__main__":
    main()
