"""`pressrun up`: the whole stack on this machine, in the foreground."""

import asyncio
import os
import shlex
import shutil
import signal
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import SecretStr

from services.console.failed import CannotGoOn
from services.console.folder import Folder, Secrets, other_address, unknown
from services.console.memory import give_room
from services.console.parts import (
    PARTS,
    SERVICES,
    Ports,
    further_parts,
    service_environ,
    service_parts,
    site_part,
    store_part,
)
from services.console.place import named
from services.console.probe import HERE, ask_store
from services.console.stack import Stack, check_ports, reclaim
from shared.clock import Clock
from shared.live import list_key
from shared.machine import cores
from shared.settings import Settings
from shared.sources import HASHED
from shared.store import Store, StoreUnavailable


def up(
    data: Annotated[
        Path,
        typer.Option(metavar="DIR", envvar="PRESSRUN_DATA", parser=named, help="Folder that everything is kept in."),
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


@dataclass(frozen=True, slots=True)
class _Setup:
    """A stack, made and not yet started, and what it was made from."""

    folder: Folder
    ports: Ports
    secrets: Secrets
    settings: Settings
    stack: Stack


async def _run(folder: Folder, ports: Ports, *, sample: bool) -> None:
    stopped = asyncio.Event()
    is_kept_on = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN  # as `nohup` has it
    for way in (signal.SIGTERM, signal.SIGINT, *(() if is_kept_on else (signal.SIGHUP,))):
        asyncio.get_running_loop().add_signal_handler(way, stopped.set)
    await reclaim(folder)
    check_ports([ports.of(name) for name in PARTS])
    setup = _prepare(folder, ports, sample=sample)
    running = asyncio.create_task(_serve(setup, sample=sample))
    asked = asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait([running, asked], return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
    finally:
        for task in (running, asked):
            task.cancel()
        await asyncio.gather(running, asked, return_exceptions=True)
        await setup.stack.stop()


async def _serve(setup: _Setup, *, sample: bool) -> None:
    await setup.stack.start_stage()
    await _look_at_the_store(setup)
    await setup.stack.start()
    if sample and (setup.folder.is_sample_begun() or await _is_empty(setup)):
        await _post_sample(setup)
    typer.echo(f"ready {setup.ports.url('site')}{setup.settings.site.path}/")
    say_curl(setup.stack.run)
    await setup.stack.keep()


def _prepare(folder: Folder, ports: Ports, *, sample: bool) -> _Setup:
    try:
        shutil.rmtree(folder.metrics, ignore_errors=True)  # what an earlier stack has counted is over
        folder.write_settings(ports.url("site"), sample=sample)
        secrets = folder.secrets()
        environ = service_environ(os.environ, folder, ports, secrets)
        settings = Settings.load(environ)
        stages = [
            [store_part(folder, ports, secrets)],
            service_parts(folder, ports, environ),
            [site_part(folder, ports, secrets, settings.site.path)],
            further_parts(folder, ports, environ) if cores() > 1 else [],
        ]
    except OSError as error:
        raise CannotGoOn(f"cannot write to {folder.root}: {error}") from None
    for name in unknown(os.environ):
        say(f"{name}: there is no setting of this name, and nothing is done with it")
    if other_address(settings.site, ports.url("site")):
        say(f"{folder.site_settings} says base_url = {settings.site.base_url!r}; addresses will point there")
    if shutil.disk_usage(folder.root).free < settings.disk_floor_mb * 1024 * 1024:
        floor = f"{settings.disk_floor_mb} MB (PRESSRUN_DISK_FLOOR_MB)"
        say(f"{folder.root}: the disk has less than {floor} free; ingest accepts nothing until there is more")
    return _Setup(folder, ports, secrets, settings, Stack(folder, stages, _describe(settings, ports, secrets), say))


def _describe(settings: Settings, ports: Ports, secrets: Secrets) -> dict[str, Any]:
    """What `run.json` says beside the pids: where everything is, and what the first source with a token signs with."""
    sources = {
        name: (_plain(source.tokens), _plain(source.hmac_secrets)) for name, source in settings.upstreams.items()
    }
    name, (token, hmac_secret) = max(sources.items(), key=lambda named: bool(named[1][0]))
    return {
        **{part: ports.url(part) for part in ("site", *SERVICES)},
        "redis": ports.store_url(secrets.store_password),
        "source": name,
        "token": token,
        "hmac_secret": hmac_secret,
    }


async def _look_at_the_store(setup: _Setup) -> None:
    """See that it can be started on. The services refuse a time that goes back as well; here it takes one line and no
    attempts."""
    store = Store(setup.settings)
    try:
        if await give_room(store):
            say("the store has all the memory that it may have; soon ingest accepts nothing until it is given more")
        if await Clock(setup.settings).start(store):
            say("this machine's clock is behind the site's last moment; the site waits there")
    except StoreUnavailable as error:
        raise CannotGoOn(str(error)) from None
    finally:
        await store.close()


async def _is_empty(setup: _Setup) -> bool:
    return await ask_store(setup.ports.of("redis"), setup.secrets.store_password, f"EXISTS {list_key('all')}") == ":0"


async def _post_sample(setup: _Setup) -> None:
    """Post the sample edition; done when readers get it. One that was interrupted is posted again."""
    from services.console.sample import SampleFailed, post_sample  # its HTTP client would hold up every start

    if not setup.stack.run["token"]:
        raise CannotGoOn(
            f"{setup.folder.sources}: --sample posts with a token, and none stands there in plain text; add one, "
            "or leave --sample out"
        )
    site, now = setup.settings.site, setup.settings.now or datetime.now(UTC)
    setup.folder.begin_sample()
    try:
        await post_sample(setup.stack.run, now, site.hot, site.topics)
    except SampleFailed as error:
        raise CannotGoOn(f"the sample edition: {error}") from None
    setup.folder.end_sample()


def _plain(kept: list[SecretStr]) -> str:
    """The first secret that is not kept as its digest alone."""
    secrets = (secret.get_secret_value() for secret in kept)
    return next((secret for secret in secrets if not secret.startswith(HASHED)), "")


def say(line: str) -> None:
    """Tell the person at the terminal, if there still is one."""
    _tell(f"pressrun: {line}")


def say_curl(run: dict[str, Any]) -> None:
    """Print a line that posts an article when it is pasted into a shell; none where no token is known to post with."""
    if not run["token"]:
        return
    article = '{"guid": "hello", "headline": "Hello, readers", "body_text": "Posted a moment ago.", "section": "World"}'
    straight = ("--noproxy", HERE)  # a proxy of the environment's would look for ingest on its own machine
    words = ("curl", "-i", *straight, f"{run['ingest']}/v1/articles", "-H", f"Authorization: Bearer {run['token']}")
    _tell(shlex.join((*words, "-H", "Content-Type: application/json", "-d", article)))


def _tell(line: str) -> None:
    with suppress(OSError):
        typer.echo(line, err=True)
