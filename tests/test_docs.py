"""The documentation is tested: what there is has its line, what has a line is there, and no link leads nowhere."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import typer
import yaml
from pydantic import SecretStr, TypeAdapter

from services.console.cli import app
from services.ingest.draft import Draft
from services.ingest.formats import native
from services.render import edition
from shared import events
from shared.articles import Term, identify
from shared.settings import PREFIX, Settings
from shared.site_settings import SiteSettings
from shared.sources import Source

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = [README, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(ROOT.glob("docs/**/*.md"))]
SERVICES = ("ingest", "trending", "render")

VARIABLE = re.compile(r"\bPRESSRUN_[A-Z][A-Z_]*[A-Z]\b")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)|<img [^>]*src=\"([^\"]+)\"", re.DOTALL)
PARAMETER = re.compile(r"\{[^}]*\}")
METRIC = re.compile(r"\b(?:Counter|Gauge|Histogram)\(\s*\"(pressrun_\w+)\"")


@cache
def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def rows(page: Path) -> list[str]:
    """The lines of its tables that describe something: their first cell has a name in code."""
    return [line for line in text(page).splitlines() if re.match(r"\| \*{0,2}`", line)]


def named(page: Path) -> set[str]:
    """What stands in code in the first cell of its tables."""
    return {name for row in rows(page) for name in re.findall(r"`([^`]+)`", row.split(" | ")[0])}


def blocks(page: Path, language: str) -> list[str]:
    return [code for kind, code in BLOCK.findall(text(page)) if kind == language]


def source_files() -> Iterator[Path]:
    for folder in ("services", "shared", "deploy"):
        yield from (path for path in (ROOT / folder).rglob("*") if path.is_file() and path.suffix != ".pyc")
    yield from (ROOT / "docker-compose.yml", ROOT / "Dockerfile", ROOT / "Makefile")


def is_secret(name: str) -> bool:
    return name == "redis_url" or SecretStr.__name__ in str(Settings.model_fields[name].annotation)


# Settings


@pytest.mark.parametrize("name", Settings.model_fields)
def test_each_setting_has_its_line(name: str) -> None:
    variables = {PREFIX + name.upper()}
    if is_secret(name):
        variables.add(f"{PREFIX}{name.upper()}_FILE")
    assert variables <= named(README)


@pytest.mark.parametrize("name", [*SiteSettings.model_fields, *Source.model_fields])
def test_each_member_of_the_site_and_of_a_source_has_its_line(name: str) -> None:
    assert name in named(README)


@pytest.mark.parametrize("name", SiteSettings.model_fields)
def test_each_line_of_the_site_tells_the_default(name: str) -> None:
    default = SiteSettings.model_fields[name].default
    row = next(row for row in rows(README) if row.startswith(f"| `{name}` |"))
    assert (f"| `{default}` |" if default != "" else "| empty |") in row


def test_each_variable_that_the_command_reads_has_its_line() -> None:
    read = re.compile(r"(?:environ(?:\.get)?[(\[]|envvar=|in os\.environ|\")\"?(PRESSRUN_[A-Z_]+)\"")
    console = (path.read_text() for path in (ROOT / "services" / "console").glob("*.py"))
    assert {variable for code in console for variable in read.findall(code)} <= named(README)


def test_each_variable_that_the_readme_names_is_read_somewhere() -> None:
    code = "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in source_files())
    known = {PREFIX + name.upper() for name in Settings.model_fields} | set(VARIABLE.findall(code))
    known |= {f"{PREFIX}{name.upper()}_FILE" for name in Settings.model_fields if is_secret(name)}
    assert set(VARIABLE.findall(text(README))) <= known


# Commands


def commands(group: Any, path: str = "pressrun") -> Iterator[tuple[str, Any]]:
    """Each command that can be called, by its whole name."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


COMMANDS = dict(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_its_line_and_each_option_stands_on_it(name: str) -> None:
    row = next(row for row in rows(README) if re.match(rf"\| `{name}[` ]", row))
    options = {option for parameter in COMMANDS[name].params for option in parameter.opts if option.startswith("--")}
    assert all(option in row for option in options - {"--data", "--help"})


def test_each_command_that_the_readme_has_a_line_for_exists() -> None:
    lined = [name for name in named(README) if name.startswith("pressrun ") and not name.startswith("pressrun --")]
    assert lined
    for name in lined:
        assert any(name == command or name.startswith(f"{command} ") for command in COMMANDS), name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_target_that_is_named_is_in_the_makefile(page: Path) -> None:
    targets = set(re.findall(r"^([a-z.][a-z.-]*):", text(ROOT / "Makefile"), re.MULTILINE))
    code = "\n".join([*re.findall(r"`([^`]+)`", text(page)), *(code for _, code in BLOCK.findall(text(page)))])
    assert set(re.findall(r"\bmake\s+([a-z.][a-z-]*)(?![\w.])", code)) <= targets


def test_the_readme_begins_with_the_two_commands() -> None:
    lines = "\n".join(code for _, code in BLOCK.findall(text(README))).splitlines()
    assert [line.split("#")[0].strip() for line in lines[:2]] == ["make run", "make test"]


# Endpoints

SERVICE = """
import importlib, json, sys
from prometheus_client import REGISTRY
from starlette.routing import Route
module = importlib.import_module(f"services.{sys.argv[1]}.app")
app = getattr(module, "api_app", module.app)
calls = {f"{method.upper()} {path}" for path, item in app.openapi()["paths"].items() for method in item}
plain = [route for route in app.routes if type(route) is Route and route.include_in_schema]
calls |= {f"{method} {route.path}" for route in plain for method in route.methods or {"POST"}}
metrics = [one.name + "_total" * (one.type == "counter") for one in REGISTRY.collect()]
print(json.dumps({"calls": [call for call in calls if not call.startswith("HEAD ")], "metrics": metrics}))
"""


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, list[str]]]:
    """The calls and the metrics of each service."""
    folder = tmp_path_factory.mktemp("docs")
    (folder / "sources.toml").write_text('[sources.docs]\ntokens = ["docs-token"]\n')
    ours = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    found = {}
    for service in SERVICES:
        answer = subprocess.run(
            [sys.executable, "-c", SERVICE, service],
            env={**ours, f"{PREFIX}DATA": str(folder)},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        found[service] = json.loads(answer.stdout)
    return found


@pytest.fixture(scope="module")
def calls(services: dict[str, dict[str, list[str]]]) -> set[str]:
    """The calls of all services, the names of their parameters left out."""
    return {PARAMETER.sub("{}", call) for service in services.values() for call in service["calls"]}


def described(page: Path, pattern: str) -> set[str]:
    return {PARAMETER.sub("{}", call) for call in re.findall(pattern, text(page), re.MULTILINE)}


def test_each_call_has_its_line(calls: set[str]) -> None:
    assert calls == described(README, r"^\| `((?:GET|POST|PUT|DELETE) /[^`]*)` \|")


def test_each_call_is_described_with_an_example(calls: set[str]) -> None:
    assert calls == described(ROOT / "docs" / "api.md", r"^### `((?:GET|POST|PUT|DELETE) /[^`]*)`$")


def test_the_articles_that_are_shown_are_accepted() -> None:
    shown = re.findall(r"/v1/articles\".*? -d '(\{.*?\})'", text(ROOT / "docs" / "api.md"), re.DOTALL)
    shown += re.findall(r"/v1/articles .*? -d '(\{.*?\})'", text(README), re.DOTALL)
    assert len(shown) >= 2
    for article in shown:
        assert isinstance(native.read(json.loads(article)), Draft), article


def test_the_first_article_of_the_readme_is_none_of_the_api_which_would_answer_something_else() -> None:
    first, shown = (set(re.findall(r'"guid": ?"([^"]*)"', text(page))) for page in (README, ROOT / "docs" / "api.md"))
    assert len(first) == 1
    assert not first & shown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_id_that_is_shown_is_that_of_its_guid(page: Path) -> None:
    for ident, guid in re.findall(r'"id": ?"(\w{16})",\s*(?:"source": ?"newsroom",\s*)?"guid": ?"([^"]*)"', text(page)):
        assert ident == identify("newsroom", guid)


def test_the_picture_that_is_shown_to_push_is_there() -> None:
    page = text(ROOT / "docs" / "api.md")
    [picture] = re.findall(r"-F media=@(\S+)", page)
    [size] = re.findall(r'"media_id": "city/bridge.png".*"size": (\d+)', page)
    assert (ROOT / picture).stat().st_size == int(size)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_is_shown_to_paste_needs_no_more_than_make_run_has_installed(page: Path) -> None:
    """No editor is named on a fresh machine, and pytest is there once `make check` has brought it."""
    for code in blocks(page, "sh"):
        assert "$EDITOR" not in code
        assert ".venv/bin/pytest" not in code or page.name == "CONTRIBUTING.md"


def test_what_the_docs_write_beside_them_stays_out_of_the_repository() -> None:
    """Articles under embargo are in it."""
    beside = ("backup.pressrun", "store.tar.gz", "media.tar.gz", "store.damaged", "valkey-check-aof")
    told = "".join(map(text, PAGES))
    ignored = text(ROOT / ".gitignore").replace("/", "").split()
    for name in beside:
        assert name.removesuffix(".tar.gz") in told
        assert any(fnmatch(name, pattern) for pattern in ignored), name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_json_that_is_shown_is_json(page: Path) -> None:
    for code in blocks(page, "json"):
        try:
            json.loads(code)
        except ValueError:
            assert [json.loads(line) for line in code.splitlines()], code


# Events

ADAPTERS: dict[str, TypeAdapter[Any]] = {
    events.ARTICLES: events.article_events,
    events.VIEWS: events.view_events,
    events.SIGNALS: events.signals,
    events.PAGES: events.page_events,
}
KINDS: dict[str, tuple[type[events.Event], ...]] = {
    events.ARTICLES: (events.ArticlePublished, events.ArticleUpdated, events.ArticleWithdrawn),
    events.VIEWS: (events.ArticleViewed,),
    events.SIGNALS: (
        events.RankingChanged,
        events.ConditionsChanged,
        events.FrontChanged,
        events.ClockTicked,
        events.SiteChanged,
    ),
    events.PAGES: (events.PageBuilt, events.PageRemoved),
}
STREAM_OF = {kind.model_fields["type"].default: stream for stream, kinds in KINDS.items() for kind in kinds}


def descendants(kind: type[events.Event]) -> Iterator[type[events.Event]]:
    for below in kind.__subclasses__():
        yield below
        yield from descendants(below)


def test_no_event_is_forgotten_here() -> None:
    ours = [kind for kind in descendants(events.Event) if kind.__module__ == events.__name__]
    assert {kind.model_fields["type"].default for kind in ours if "type" in kind.model_fields} == set(STREAM_OF)


@pytest.mark.parametrize("kind", STREAM_OF)
def test_each_event_has_its_line_beside_its_stream(kind: str) -> None:
    assert f"| `{STREAM_OF[kind]}` | `{kind}` |" in text(README)


@pytest.mark.parametrize("kind", STREAM_OF)
def test_each_event_has_an_example_that_is_such_an_event(kind: str) -> None:
    page = ROOT / "docs" / "events.md"
    section = text(page).partition(f"\n### `{kind}`\n")[2].partition("\n#")[0]
    example = json.loads(BLOCK.findall(section)[0][1])
    read = ADAPTERS[STREAM_OF[kind]].validate_python(example)
    assert read.type == kind
    assert set(example) <= set(type(read).model_fields)


@pytest.mark.parametrize("stream", [*KINDS, events.DEAD_LETTERS])
def test_each_stream_has_its_line_and_its_section(stream: str) -> None:
    assert stream in named(README)
    assert f"\n## `{stream}`\n" in text(ROOT / "docs" / "events.md")


# Metrics


def test_each_metric_has_its_line() -> None:
    code = "\n".join(path.read_text() for path in source_files() if path.suffix == ".py")
    assert set(METRIC.findall(code)) == {
        name for name in named(ROOT / "docs" / "operations.md") if name.startswith("pressrun_")
    }


def test_each_metric_is_told_by_the_services_that_its_line_names(services: dict[str, dict[str, list[str]]]) -> None:
    lines = re.findall(r"^\| `(pressrun_\w+)` \| ([a-z, ]+) \|", text(ROOT / "docs" / "operations.md"), re.MULTILINE)
    assert lines
    for metric, told_by in lines:
        named_there = SERVICES if told_by == "all" else told_by.split(", ")
        assert {name for name in named_there if metric in services[name]["metrics"]} == set(named_there), metric


ALARMS = yaml.safe_load(text(ROOT / "deploy" / "alerts.yml"))["groups"][0]["rules"]


@pytest.mark.parametrize("alarm", ALARMS, ids=lambda alarm: alarm["alert"])
def test_each_alarm_has_its_line_and_asks_for_metrics_that_there_are(alarm: dict[str, Any]) -> None:
    assert alarm["alert"] in named(ROOT / "docs" / "operations.md")
    asked = set(re.findall(r"\bpressrun_\w+", alarm["expr"]))
    known = named(ROOT / "docs" / "operations.md")
    assert {name.removesuffix("_bucket") for name in asked} <= known


# Links, and what must not stand anywhere


def anchors(page: Path) -> set[str]:
    """The anchors of its headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", BLOCK.sub("", text(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_and_picture_is_there(page: Path) -> None:
    for found in LINK.findall(BLOCK.sub("", text(page))):
        target = found[0] or found[1]
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / unquote(path)).resolve() if path else page
        assert there.is_relative_to(ROOT), target
        assert there.exists(), target
        if anchor:
            assert anchor in anchors(there), target


def test_the_readme_ends_with_a_way_to_each_page_for_whoever_needs_it() -> None:
    more = text(README).partition("\n## More\n")[2]
    pages = [page for page in PAGES if page != README and "decisions/0" not in page.as_posix()]
    assert {str(page.relative_to(ROOT)) for page in pages} <= set(re.findall(r"\]\(([^)]+)\)", more))


@pytest.mark.parametrize("picture", sorted((ROOT / "docs" / "images").iterdir()), ids=lambda path: path.name)
def test_each_picture_is_shown_by_a_page(picture: Path) -> None:
    shown = (Path(link or src).name for page in PAGES for link, src in LINK.findall(text(page)))
    assert picture.name in shown


# Put together here, so that this file has none of them itself.
_HOSTS = (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("golang", "org"), ("crates", "io"))
REGISTRIES = (*(".".join(name) for name in _HOSTS), "index-url" + " =")
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:wo" r"rk|ro" r"ot|Us" r"ers|ho" r"me)/|/tm" r"p/w")
NEIGHBOUR = "/".join(("..", "shared"))


def tracked() -> list[Path]:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=30
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def test_no_registry_and_no_path_of_a_machine_is_named() -> None:
    found = []
    for path in tracked():
        name, content = str(path.relative_to(ROOT)), path.read_bytes()
        if b"\0" in content:
            continue  # a picture
        words = content.decode("utf-8", "replace")
        found += [f"{name}: {registry}" for registry in REGISTRIES if registry in words]
        found += [f"{name}: {match[0]}" for match in MACHINE_PATHS.finditer(words)]
        if NEIGHBOUR in words and name != ".ci/run":
            found.append(f"{name}: {NEIGHBOUR}")
    assert found == []


def test_the_order_of_sections_that_is_shown_takes_the_place_of_a_line_of_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    [shown] = blocks(ROOT / "docs" / "customise.md", "python")
    line, _, slugs = shown.partition(" = ")
    assert f"\n{line} = ()\n" in text(ROOT / "services" / "render" / "edition.py")
    monkeypatch.setattr(edition, line.partition(":")[0], ast.literal_eval(slugs))
    terms = [Term(slug=name.lower(), name=name) for name in ("Arts", "City", "Sport", "World")]
    assert [term.name for term in edition.in_order(terms, language="en")] == ["World", "City", "Arts", "Sport"]


def test_each_module_of_the_ground_floor_has_its_place_in_the_table() -> None:
    floor = text(ROOT / "CONTRIBUTING.md").partition("| of | modules of `shared/` |")[2].partition("\n\n")[0]
    told = [name for row in floor.splitlines() for name in re.findall(r"`(\w+)`", row)]
    there = {path.stem for path in (ROOT / "shared").iterdir() if not path.name.startswith("_")}
    assert sorted(told) == sorted(there)


def test_each_module_that_says_that_it_is_pure_is_held_to_it() -> None:
    contracts = tomllib.loads(text(ROOT / "pyproject.toml"))["tool"]["importlinter"]["contracts"]
    [held] = [one["source_modules"] for one in contracts if one["name"].startswith("pure modules")]
    said = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in source_files()
        if path.suffix == ".py"
        and re.search(r"\bpure\b", ast.get_docstring(ast.parse(text(path))) or "", re.IGNORECASE)
    ]
    assert said
    assert [one for one in said if not any(f"{one}.".startswith(f"{name}.") for name in held)] == []
