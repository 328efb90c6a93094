"""The dependency table, case by case: what must be rebuilt, and what must not. Every rule of it is held by a case."""

import ast
import inspect
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from services.render import affected as table
from services.render.affected import Mark, Shown, affected, neighbourhoods
from services.render.handlers import pages_of
from services.render.ticker import next_midnight, pages_due
from shared.articles import Card, Image, Term
from shared.events import ClockTicked, ConditionsChanged, FrontChanged, RankingChanged, SiteChanged
from shared.site_settings import SiteSettings

NOW = datetime(2025, 7, 26, 9, tzinfo=UTC)
WORLD, POLITICS = Term(slug="world", name="World"), Term(slug="politics", name="Politics")
OIL, IRAN = (Term(slug=name.lower(), name=name) for name in ("Oil", "Iran"))
JANE, ALI = Term(slug="jane", name="Jane"), Term(slug="ali", name="Ali")
NOTHING = Shown()


def card(**members: Any) -> Card:
    """An article about oil in World by Jane, on 26 July 2025."""
    whole: dict[str, Any] = {
        "id": "a", "revision": 1, "version": 1, "path": "/2025/07/26/story/", "headline": "Story", "excerpt": "Words.",
        "published_at": NOW, "section": WORLD, "topics": (OIL,), "authors": (JANE,), "content": "one",
    }  # fmt: skip
    return Card(**{**whole, **members})


BARE = card(section=None, topics=(), authors=())

Row = tuple[Any, ...]


def listed(name: str, *months: str, days: tuple[str, ...] = ()) -> set[Row]:
    """What changes about a list when a card on it does: its page, its feeds, its archives."""
    page = "front" if name == "all" else f"list:{name}"
    return {
        (page, "within", name, 30, ""),
        (f"feed:{name}", "within", name, 30, ""),
        *((f"archive:{name}|{period}|{{n}}", "place", name, 100, period) for period in (*months, *days)),
    }


def joined(name: str, *months: str) -> set[Row]:
    """What changes besides when a list is joined or left: the months that it names, the days of the site's month, and
    whether those have archives, and the site's months sitemaps."""
    page = "front" if name == "all" else f"list:{name}"
    edge = {("fragment:navigation", "edge", name, 0, "")} if name.startswith("section:") else set()
    days = {("archive:all|2025-07|1", "period", "all", 0, "2025-07-26")} if name == "all" else set()
    periods = (*months, *(DAY if name == "all" else ()))
    archives = {(f"archive:{name}|{period}|{{n}}", "pages", name, 100, period) for period in periods}
    parts = {(f"sitemap:{month}|{{n}}", "pages", name, 1000, month) for month in months if name == "all"}
    return {*((page, "period", name, 0, month) for month in months), *edge, *days, *archives, *parts}


def entries(*months: str) -> set[Row]:
    """The sitemaps of these months, which tell where it is and when it changed."""
    return {(f"sitemap:{month}|{{n}}", "place", "all", 1000, month) for month in months}


def sitemaps(*months: str) -> set[Row]:
    """The sitemaps of these months, and their index."""
    return entries(*months) | {("sitemap-index", "period", "all", 1000, month) for month in months}


NEWS = {("news-sitemap", "within", "all", 1000, "")}
CHARTS = {("chart:{n}", "charts", "", 0, "")}
TOPICS = {("fragment:topics", "short", "all", 8, "")}
BLOCKS = TOPICS | CHARTS
JULY, DAY = "2025-07", ("2025-07-26",)
FEEDS = {(f"feed:{name}", "within", name, 30, "") for name in ("all", "section:world", "topic:oil", "author:jane")}
ALL_OF_IT = (
    listed("all", JULY, days=DAY)
    | listed("section:world", JULY)
    | listed("topic:oil", JULY)
    | listed("author:jane", JULY)
)
COMES_OR_GOES = (
    ALL_OF_IT
    | joined("all", JULY)
    | joined("section:world", JULY)
    | joined("topic:oil", JULY)
    | joined("author:jane", JULY)
    | BLOCKS
    | NEWS
    | sitemaps(JULY)
)


class Case(NamedTuple):
    """An article that was listed as `before` and is as `after`, and all that follows."""

    before: Card | None
    after: Card | None
    pages: set[Row]
    topics: tuple[str, ...]
    shown: Shown = NOTHING


CASES = {
    "there is no article": Case(None, None, set(), ()),
    "it is published": Case(None, card(), COMES_OR_GOES, ("oil",)),
    "it is withdrawn": Case(card(), None, COMES_OR_GOES, ("oil",)),
    "nothing changed": Case(card(), card(), set(), ()),
    "only its revision is newer": Case(card(), card(revision=2, version=7), set(), ()),
    "only the moment of its change is another: its content left and came back": Case(
        card(modified_at=NOW),
        card(modified_at=NOW + timedelta(hours=1)),
        FEEDS | entries(JULY),
        (),
    ),
    "only its body changed: no list shows that, nor a sitemap, feeds do": Case(
        card(modified_at=NOW + timedelta(hours=1)), card(modified_at=NOW + timedelta(hours=1), content="two"), FEEDS, ()
    ),
    "its headline changed": Case(card(), card(headline="News", content="two"), ALL_OF_IT | BLOCKS | NEWS, ("oil",)),
    "its excerpt changed": Case(card(), card(excerpt="News.", content="two"), ALL_OF_IT | BLOCKS, ("oil",)),
    "its picture changed: no block shows that, nor articles around it": Case(
        card(), card(image=Image(url="/media/x")), ALL_OF_IT | CHARTS, ()
    ),
    "one that leads and is hot has another picture": Case(
        BARE,
        BARE.model_copy(update={"image": Image(url="/media/x")}),
        listed("all", JULY, days=DAY) | {("hot", "always", "", 0, ""), ("front", "always", "", 0, "")} | CHARTS,
        (),
        Shown(hot=("a",), lead=("a",), topics=("oil",)),
    ),
    "one that leads, is hot and of a shown topic has one topic more": Case(
        card(section=None, authors=()),
        card(section=None, authors=(), topics=(OIL, IRAN)),
        listed("topic:iran", JULY)
        | joined("topic:iran", JULY)
        | {("fragment:topics", "within", f"topic:{slug}", 8, "") for slug in ("oil", "iran")}
        | TOPICS,
        ("oil", "iran"),
        Shown(hot=("a",), lead=("a",), topics=("oil", "iran")),
    ),
    "its language changed": Case(card(), card(language="ar"), ALL_OF_IT | BLOCKS | NEWS, ("oil",)),
    "its author's address changed: its own page alone links to that, but feeds are not told apart": Case(
        card(), card(authors=(Term(slug="jane", name="Jane", url="https://jane.example/"),), content="two"), FEEDS, ()
    ),
    "it has another address on its day": Case(
        card(), card(path="/2025/07/26/other/"), ALL_OF_IT | BLOCKS | NEWS | entries(JULY), ("oil",)
    ),
    "it is published at another moment": Case(
        card(), card(published_at=NOW - timedelta(hours=1)), ALL_OF_IT | BLOCKS | NEWS | entries(JULY), ("oil",)
    ),
    "it moved to another section": Case(
        card(),
        card(section=POLITICS, content="two"),
        ALL_OF_IT
        | listed("section:politics", JULY)
        | joined("section:world", JULY)
        | joined("section:politics", JULY)
        | CHARTS,
        (),
    ),
    "it has a topic more: the lists that it stays in show it as before": Case(
        card(),
        card(topics=(OIL, IRAN), content="two"),
        FEEDS | listed("topic:iran", JULY) | joined("topic:iran", JULY) | TOPICS,
        ("oil", "iran"),
    ),
    "it has one topic for another": Case(
        card(),
        card(topics=(IRAN,), content="two"),
        {(f"feed:{name}", "within", name, 30, "") for name in ("all", "section:world", "author:jane")}
        | listed("topic:oil", JULY)
        | joined("topic:oil", JULY)
        | listed("topic:iran", JULY)
        | joined("topic:iran", JULY)
        | TOPICS,
        ("oil", "iran"),
    ),
    "its author is another: the cards in other lists do not name one": Case(
        card(),
        card(authors=(ALI,), content="two"),
        {(f"feed:{name}", "within", name, 30, "") for name in ("all", "section:world", "topic:oil")}
        | listed("author:jane", JULY)
        | joined("author:jane", JULY)
        | listed("author:ali", JULY)
        | joined("author:ali", JULY),
        (),
    ),
    "it moved to a day of another month": Case(
        BARE,
        BARE.model_copy(update={"path": "/2025/08/01/story/"}),
        listed("all", JULY, "2025-08", days=("2025-07-26", "2025-08-01")) | BLOCKS | NEWS | sitemaps(JULY, "2025-08"),
        (),
    ),
    "one without section, topics and authors is published": Case(
        None, BARE, listed("all", JULY, days=DAY) | joined("all", JULY) | BLOCKS | NEWS | sitemaps(JULY), ()
    ),
    "one that leads and is hot is withdrawn": Case(
        BARE,
        None,
        listed("all", JULY, days=DAY)
        | joined("all", JULY)
        | {("fragment:hot", "always", "", 0, ""), ("hot", "always", "", 0, ""), ("front", "always", "", 0, "")}
        | BLOCKS
        | NEWS
        | sitemaps(JULY),
        (),
        Shown(hot=("b", "a"), lead=("a",)),
    ),
    "one that is hot comes back": Case(
        None,
        BARE,
        listed("all", JULY, days=DAY)
        | joined("all", JULY)
        | {("fragment:hot", "always", "", 0, ""), ("hot", "always", "", 0, "")}
        | BLOCKS
        | NEWS
        | sitemaps(JULY),
        (),
        Shown(hot=("a",), lead=("b",)),
    ),
    "one that leads changes its body alone": Case(
        BARE,
        BARE.model_copy(update={"content": "two"}),
        {("feed:all", "within", "all", 30, "")},
        (),
        Shown(hot=("a",), lead=("a",), topics=("oil",)),
    ),
    "one of a topic that is shown is published": Case(
        None,
        card(section=None, authors=(), topics=(OIL, IRAN)),
        listed("all", JULY, days=DAY)
        | joined("all", JULY)
        | listed("topic:oil", JULY)
        | joined("topic:oil", JULY)
        | listed("topic:iran", JULY)
        | joined("topic:iran", JULY)
        | {("fragment:topics", "within", "topic:oil", 3, ""), ("fragment:topics", "short", "all", 3, "")}
        | CHARTS
        | NEWS
        | sitemaps(JULY),
        ("oil", "iran"),
        Shown(topics=("rain", "oil"), block=3),
    ),
    "a section or an author by the name of a shown topic": Case(
        None,
        card(section=Term(slug="oil", name="Oil"), authors=(), topics=()),
        listed("all", JULY, days=DAY)
        | joined("all", JULY)
        | listed("section:oil", JULY)
        | joined("section:oil", JULY)
        | BLOCKS
        | NEWS
        | sitemaps(JULY),
        (),
        Shown(topics=("oil",)),
    ),
    "one that is not of a shown topic by the name of the list of all": Case(
        None,
        BARE,
        listed("all", JULY, days=DAY) | joined("all", JULY) | BLOCKS | NEWS | sitemaps(JULY),
        (),
        Shown(topics=("all",)),
    ),
    "one that is no news any more": Case(
        None,
        BARE,
        listed("all", JULY, days=DAY) | joined("all", JULY) | BLOCKS | sitemaps(JULY),
        (),
        Shown(news_since=NOW),
    ),
    "one that was news and is dated back": Case(
        BARE,
        BARE.model_copy(update={"published_at": NOW - timedelta(hours=2)}),
        listed("all", JULY, days=DAY) | BLOCKS | NEWS | entries(JULY),
        (),
        Shown(news_since=NOW - timedelta(hours=1)),
    ),
}


def rows(marks: tuple[Mark, ...]) -> list[Row]:
    """Marks as tuples, whichever module made them."""
    return [(mark.page, mark.when, mark.list, mark.size, mark.period) for mark in marks]


@pytest.mark.parametrize("name", CASES)
def test_what_an_article_touches(name: str) -> None:
    case = CASES[name]
    marks = rows(affected(case.before, case.after, case.shown))
    assert set(marks) == case.pages
    assert len(marks) == len(set(marks))
    assert neighbourhoods(case.before, case.after) == case.topics


@pytest.mark.parametrize("name", CASES)
def test_to_and_fro_touch_the_same_pages(name: str) -> None:
    case = CASES[name]
    forth = set(rows(affected(case.before, case.after, case.shown)))
    assert set(rows(affected(case.after, case.before, case.shown))) == forth


# ------------------------------------------------------------------------------ every rule is held by a case

Mutation = Callable[[], str]


def mutants(tree: ast.Module) -> Iterator[Mutation]:
    """Changes to the table's functions, each of which takes one rule or condition away; each says what it did."""
    for function in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
        for node in ast.walk(function):
            for change in _changes(node):
                yield lambda change=change, name=function.name: f"{name}: {change()}"


def _changes(node: ast.AST) -> Iterator[Mutation]:
    for statements in (getattr(node, "body", None), getattr(node, "orelse", None)):
        if isinstance(statements, list):
            yield from (_without(statements, at) for at, found in enumerate(statements) if _is_rule(found))
    if isinstance(node, ast.If | ast.IfExp):
        yield from (_decided(node, answer) for answer in (True, False))
    if isinstance(node, ast.BoolOp):
        yield from (_granted(node, at) for at in range(len(node.values)))
    if isinstance(node, ast.comprehension):
        yield from (_shortened(node.ifs, at) for at in range(len(node.ifs)))
    if isinstance(node, ast.Compare) and isinstance(node.left, ast.Tuple):
        yield from (_blind(node, at) for at in range(len(node.left.elts)))
    if isinstance(node, ast.List | ast.Tuple) and any(isinstance(part, ast.Starred) for part in node.elts):
        yield from (_shortened(node.elts, at) for at in range(len(node.elts)))


def _is_rule(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Yield | ast.YieldFrom)


def _without(statements: list[ast.stmt], at: int) -> Mutation:
    def change() -> str:
        gone, statements[at] = statements[at], ast.Pass()
        return f"without {ast.unparse(gone)}"

    return change


def _decided(node: ast.If | ast.IfExp, answer: bool) -> Mutation:
    def change() -> str:
        asked, node.test = node.test, ast.Constant(answer)
        return f"{ast.unparse(asked)} is always {answer}"

    return change


def _granted(node: ast.BoolOp, at: int) -> Mutation:
    def change() -> str:
        asked, node.values[at] = node.values[at], ast.Constant(isinstance(node.op, ast.And))
        return f"without {ast.unparse(asked)}"

    return change


def _shortened(parts: list[ast.expr], at: int) -> Mutation:
    def change() -> str:
        return f"without {ast.unparse(parts.pop(at))}"

    return change


def _blind(node: ast.Compare, at: int) -> Mutation:
    def change() -> str:
        for side in (node.left, *node.comparators):
            assert isinstance(side, ast.Tuple)
            gone = side.elts.pop(at)
        return f"blind to {ast.unparse(gone)}"

    return change


SOURCE = inspect.getsource(table)
COUNT = sum(1 for _ in mutants(ast.parse(SOURCE)))


def _mutant(number: int) -> tuple[ModuleType, str]:
    tree = ast.parse(SOURCE)
    what = list(mutants(tree))[number]()
    module = ModuleType("mutant")
    exec(compile(ast.fix_missing_locations(tree), "mutant", "exec"), module.__dict__)  # noqa: S102 - our own source
    return module, what


def _is_told_apart(mutant: ModuleType, case: Case) -> bool:
    try:
        marks = rows(mutant.affected(case.before, case.after, case.shown))
        return set(marks) != case.pages or mutant.neighbourhoods(case.before, case.after) != case.topics
    except Exception:  # noqa: BLE001 - a mutant that fails is told apart, whatever it fails with
        return True


def test_there_are_mutants_of_every_function() -> None:
    tree = ast.parse(SOURCE)
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    told = {mutation().partition(":")[0] for mutation in list(mutants(tree))[::-1]}
    assert told == names
    assert COUNT > 60


@pytest.mark.parametrize("number", range(COUNT))
def test_no_rule_can_be_dropped_without_a_case_that_notices(number: int) -> None:
    mutant, what = _mutant(number)
    assert any(_is_told_apart(mutant, case) for case in CASES.values()), what


# ------------------------------------------------------------------------------ signals, and what falls due


@pytest.mark.parametrize(
    ("signal", "pages"),
    [
        (RankingChanged(at=NOW, list="hot"), {"fragment:hot", "hot"}),
        (RankingChanged(at=NOW, list="topics"), {"fragment:topics"}),
        (RankingChanged(at=NOW, list="week:2025-W30"), {"chart:2025-W30", "hot"}),
        (RankingChanged(at=NOW, list="hot:section:world"), set()),
        (ConditionsChanged(at=NOW), {"fragment:masthead"}),
        (FrontChanged(at=NOW), {"front"}),
        (ClockTicked(at=NOW, due=["midnight"]), set()),
        (SiteChanged(at=NOW, pages=3), set()),
    ],
)
def test_what_a_signal_touches(signal: Any, pages: set[str]) -> None:
    assert set(pages_of(signal)) == pages


@pytest.mark.parametrize(
    ("due", "pages"),
    [
        ([], ()),
        (["midnight"], ("fragment:masthead",)),
        (["conditions"], ("fragment:masthead",)),
        (["midnight", "conditions"], ("fragment:masthead",)),
        (["lead:aaaaaaaaaaaaaaaa"], ("front",)),
        (["news:aaaaaaaaaaaaaaaa", "news:bbbbbbbbbbbbbbbb"], ("news-sitemap",)),
    ],
)
def test_what_falls_due_touches(due: list[str], pages: tuple[str, ...]) -> None:
    assert pages_due(due) == pages


@pytest.mark.parametrize(
    ("zone", "at", "midnight"),
    [
        ("Asia/Baghdad", "2025-07-26T20:59:59+00:00", "2025-07-26T21:00:00+00:00"),
        ("Asia/Baghdad", "2025-07-26T21:00:00+00:00", "2025-07-27T21:00:00+00:00"),
        ("Europe/Berlin", "2025-03-30T00:00:00+01:00", "2025-03-31T00:00:00+02:00"),
        ("Europe/Berlin", "2025-10-26T12:00:00+01:00", "2025-10-27T00:00:00+01:00"),
        ("Africa/Cairo", "2025-04-24T12:00:00+02:00", "2025-04-25T01:00:00+03:00"),
    ],
)
def test_midnight_is_the_beginning_of_the_sites_next_day(zone: str, at: str, midnight: str) -> None:
    found = next_midnight(SiteSettings(timezone=zone), datetime.fromisoformat(at))
    assert found.astimezone(UTC) == datetime.fromisoformat(midnight)
