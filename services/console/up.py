"""`pressrun up`: the whole stack on this machine, in the foreground."""

import asyncio
import os
import shlex
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from services.console.folder import CannotStart, Folder, Secrets, other_address
from services.console.parts import SERVICES, Ports, ask_store, service_environ, service_part, site_part, store_part
from services.console.stack import Stack, check_ports
from shared.settings import Settings

PARTS = ("site", *SERVICES, "redis")


def up(
    data: Annotated[
        Path, typer.Option(metavar="DIR", envvar="PRESSRUN_DATA", help="Folder that everything is kept in.")
    ] = Path("data"),
    port: Annotated[
        int, typer.Option(metavar="N", min=1, max=65531, help="Port of the site; the four after it are taken too.")
    ] = 8080,
    sample: Annotated[bool, typer.Option("--sample", help="Post the sample edition into an empty store.")] = False,
) -> None:
    """Run the store, the three services and the web server on this machine, until Ctrl-C."""
    folder = Folder(data)
    folder.take()
    try:
        asyncio.run(_run(folder, Ports(port), sample=sample))
    finally:
        folder.release()


async def _run(folder: Folder, ports: Ports, *, sample: bool) -> None:
    stopped = _stop_signals()
    stack, settings, secrets = _prepare(folder, ports, sample=sample)
    try:
        running = asyncio.create_task(_serve(stack, folder, settings, ports, secrets, sample=sample))
        asked = asyncio.create_task(stopped.wait())
        await asyncio.wait([running, asked], return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
        running.cancel()
        asked.cancel()
        await asyncio.gather(running, asked, return_exceptions=True)
    finally:
        await stack.stop()


async def _serve(
    stack: Stack, folder: Folder, settings: Settings, ports: Ports, secrets: Secrets, *, sample: bool
) -> None:
    await stack.reclaim()
    check_ports([ports.of(name) for name in PARTS])
    await stack.start()
    if sample and (folder.sample_begun.exists() or await _is_empty(ports, secrets)):
        await _post_sample(stack.run, settings, folder.sample_begun)
    typer.echo(f"ready {ports.url('site')}/")
    say_curl(stack.run)
    await stack.keep()


def _prepare(folder: Folder, ports: Ports, *, sample: bool) -> tuple[Stack, Settings, Secrets]:
    try:
        folder.write_settings(ports.url("site"), sample=sample)
        secrets = folder.secrets()
        environ = service_environ(os.environ, folder, ports, secrets)
        settings = Settings.load(environ)
        stages = [
            [store_part(folder, ports, secrets)],
            [service_part(name, folder, ports, environ) for name in SERVICES],
            [site_part(folder, ports, secrets)],
        ]
    except OSError as error:
        raise CannotStart(f"cannot write to {folder.root}: {error}") from None
    if other_address(settings.site, ports.url("site")):
        say(f"{folder.site_settings} says base_url = {settings.site.base_url!r}; addresses will point there")
    return Stack(folder, stages, _describe(settings, ports, secrets), say), settings, secrets


def _describe(settings: Settings, ports: Ports, secrets: Secrets) -> dict[str, Any]:
    """What `run.json` says beside the pids: where everything is, and what the first source with a token signs with."""
    name, source = max(settings.upstreams.items(), key=lambda named: bool(named[1].tokens))
    token, hmac_secret = (kept[0].get_secret_value() if kept else "" for kept in (source.tokens, source.hmac_secrets))
    return {
        **{part: ports.url(part) for part in ("site", *SERVICES)},
        "redis": ports.store_url(secrets.store_password),
        "source": name,
        "token": token,
        "hmac_secret": hmac_secret,
    }


async def _is_empty(ports: Ports, secrets: Secrets) -> bool:
    return await ask_store(ports.of("redis"), secrets.store_password, "EXISTS list:all") == ":0"


async def _post_sample(run: dict[str, Any], settings: Settings, begun: Path) -> None:
    """Post the sample edition; done when readers get it. One that was interrupted is posted again."""
    from services.console.sample import SampleFailed, post_sample  # its HTTP client would hold up every start

    begun.touch()
    try:
        await post_sample(run, settings.now or datetime.now(UTC), settings.site.hot, settings.site.topics)
    except SampleFailed as error:
        raise CannotStart(f"the sample edition: {error}") from None
    begun.unlink()


def say(line: str) -> None:
    """Tell the person at the terminal."""
    typer.echo(f"pressrun: {line}", err=True)


def say_curl(run: dict[str, Any]) -> None:
    """Print a line that posts an article when it is pasted into a shell."""
    article = '{"guid": "hello", "headline": "Hello, readers", "body_text": "Posted a moment ago.", "section": "World"}'
    words = ("curl", "-i", f"{run['ingest']}/v1/articles", "-H", f"Authorization: Bearer {run['token']}")
    typer.echo(shlex.join((*words, "-H", "Content-Type: application/json", "-d", article)), err=True)


def _stop_signals() -> asyncio.Event:
    stopped = asyncio.Event()
    for way in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(way, stopped.set)
    return stopped
