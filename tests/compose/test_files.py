"""What deployment files promise, as far as it can be seen without an engine."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from socket import gethostname
from typing import Any

import pytest
import yaml

from services.console.parts import STORE
from shared.site_settings import SiteSettings

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def test_only_the_site_publishes_ports_and_only_on_this_machine() -> None:
    assert [name for name, service in SERVICES.items() if service.get("ports")] == ["site"]
    assert all(port.startswith("${PRESSRUN_BIND:-127.0.0.1}:") for port in SERVICES["site"]["ports"])
    assert len(SERVICES["site"]["ports"]) == 2


def test_readers_wait_for_no_other_service() -> None:
    assert "depends_on" not in SERVICES["site"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_locked_down_and_comes_back(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"]
    assert service["stop_grace_period"]
    assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}


@pytest.mark.parametrize("name", SERVICES)
def test_secrets_are_files(name: str) -> None:
    for variable in SERVICES[name].get("environment", {}):
        assert not re.search(r"PASSWORD$|SECRET$|TOKEN$", variable), variable
    assert SERVICES[name].get("secrets")


def test_images_are_named_by_tag() -> None:
    ours = {name for name, service in SERVICES.items() if service["image"].startswith("${PRESSRUN_IMAGE")}
    assert ours == {"ingest", "trending", "render"}
    assert {name for name, service in SERVICES.items() if service.get("pull_policy") == "never"} == ours
    assert SERVICES["redis"]["image"] == "redis:8"
    assert SERVICES["site"]["image"] == "nginx:stable"
    assert set(re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)) == {"python:3.13-slim"}


def test_redis_keeps_what_is_acknowledged() -> None:
    settings = (ROOT / "deploy" / "redis.conf").read_text().splitlines()
    assert {"appendonly yes", "appendfsync always", "maxmemory-policy noeviction"} <= set(settings)


def test_the_store_in_compose_is_set_as_the_embedded_one_is() -> None:
    def settings(text: str) -> set[str]:
        lines = {line for line in text.splitlines() if line and not line.startswith("#")}
        return {line for line in lines if line.split()[0] not in ("bind", "port", "requirepass", "dir", "maxmemory")}

    embedded = settings(STORE) - {"daemonize no"}
    assert embedded == settings((ROOT / "deploy" / "redis.conf").read_text())
    assert "rdbcompression no" in embedded


def make_env(folder: Path, **environ: str) -> str:
    """Run make-env with everything below a folder; return what it prints."""
    given = {"PRESSRUN_SECRETS": str(folder / "secrets"), "PRESSRUN_SITE_TOML": str(folder / "site.toml")} | environ
    out = folder / ".env"
    with out.open("w") as file:
        subprocess.run(
            [ROOT / "deploy" / "make-env"], env={"PATH": "/usr/bin:/bin"} | given, stdout=file, check=True, timeout=30
        )
    return out.read_text()


def test_make_env_makes_random_secrets_that_others_cannot_read(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    assert make_env(one) != make_env(other)
    for name in ("redis_password", "edge_secret", "sources.toml"):
        assert (one / "secrets" / name).read_bytes() != (other / "secrets" / name).read_bytes()
    assert re.fullmatch(r"[0-9a-f]{48}", (one / "secrets" / "redis_password").read_text())
    assert (one / "secrets").stat().st_mode & 0o777 == 0o700
    assert (one / "secrets" / "sources.toml").stat().st_mode & 0o777 == 0o644  # tokens are changed in it
    assert (one / ".env").stat().st_mode & 0o777 == 0o600


def test_make_env_run_again_keeps_the_secrets(tmp_path: Path) -> None:
    first = make_env(tmp_path)
    before = {file.name: file.read_bytes() for file in (tmp_path / "secrets").iterdir()}
    assert make_env(tmp_path) == first
    assert {file.name: file.read_bytes() for file in (tmp_path / "secrets").iterdir()} == before


def test_make_env_takes_over_what_is_set(tmp_path: Path) -> None:
    printed = make_env(tmp_path, PRESSRUN_SITE_PORT="80", PRESSRUN_BASE_URL="https://news.example")
    assert "PRESSRUN_SITE_PORT=80\n" in printed
    assert 'base_url = "https://news.example"' in (tmp_path / "site.toml").read_text()


def test_another_stack_on_the_machine_shares_nothing_with_the_first(tmp_path: Path) -> None:
    assert "\nCOMPOSE_PROJECT_NAME=pressrun\n" in make_env(tmp_path)
    assert "\nCOMPOSE_PROJECT_NAME=staging\n" in make_env(tmp_path, COMPOSE_PROJECT_NAME="staging")
    images = {service["image"] for service in SERVICES.values() if service.get("pull_policy") == "never"}
    assert images == {"${PRESSRUN_IMAGE:-${COMPOSE_PROJECT_NAME:-pressrun}}"}
    assert not any(shared and {"name", "external"} & shared.keys() for shared in COMPOSE["volumes"].values())
    assert not any({"name", "external"} & shared.keys() for shared in COMPOSE["networks"].values())
    assert not any("container_name" in service for service in SERVICES.values())


@pytest.mark.parametrize(
    ("base_url", "path"),
    [
        ("https://news.example", ""),
        ("https://news.example/", ""),
        ("http://127.0.0.1:8080", ""),
        ("https://example.org/news", "/news"),
        ("https://example.org/news/desk-2//", "/news/desk-2"),
    ],
)
def test_make_env_tells_nginx_the_path_of_the_sites_address(tmp_path: Path, base_url: str, path: str) -> None:
    printed = make_env(tmp_path, PRESSRUN_BASE_URL=base_url)
    assert f"\nPRESSRUN_SITE_PATH={path}\n" in printed
    assert SiteSettings.read(tmp_path / "site.toml").path == path
    assert make_env(tmp_path) == printed


def test_nginx_has_the_pages_below_the_sites_path() -> None:
    site, path = SERVICES["site"], "${PRESSRUN_SITE_PATH:-}"
    assert site["environment"]["PRESSRUN_SITE_PATH"] == path
    assert [volume["target"] for volume in site["volumes"]] == [site["environment"]["PRESSRUN_PAGES"] + path]
    told = {name for name, service in SERVICES.items() if service["environment"].get("PRESSRUN_SITE_PATH") == path}
    assert told == {"site", "ingest", "trending", "render"}  # the three refuse another than base_url's


@contextmanager
def replica(folder: Path, **environ: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A process that runs as a replica of render until it is killed, and the name it was given."""
    process = subprocess.Popen(
        (sys.executable, ROOT / "deploy" / "as_replica.py", "render", folder,
         "sh", "-c", 'echo "$PRESSRUN_CONSUMER"; exec cat'),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={"PATH": "/usr/bin:/bin"} | environ,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip(), process
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def test_replicas_share_no_name_and_a_dead_ones_is_taken_up(tmp_path: Path) -> None:
    with ExitStack() as running:
        first, process = running.enter_context(replica(tmp_path))
        second, _ = running.enter_context(replica(tmp_path))
        assert (first, second) == ("render-1", "render-2")
        process.kill()
        process.wait()
        third, _ = running.enter_context(replica(tmp_path))
        assert third == "render-1"


def test_a_container_that_is_started_again_has_its_name_though_an_earlier_one_is_free(tmp_path: Path) -> None:
    with replica(tmp_path) as (first, _), replica(tmp_path) as (second, _):
        assert (first, second) == ("render-1", "render-2")
    (tmp_path / "render-1.lock").write_text("a container that is no more")
    with replica(tmp_path) as (name, _), replica(tmp_path) as (other, _):
        assert (name, other) == ("render-2", "render-1")
    assert {lock.read_text() for lock in tmp_path.iterdir()} == {gethostname()}


def test_a_name_that_is_given_is_kept(tmp_path: Path) -> None:
    with replica(tmp_path, PRESSRUN_CONSUMER="mine") as (name, _):
        assert name == "mine"
    assert list(tmp_path.iterdir()) == []
