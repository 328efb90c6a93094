"""The sample edition brings about the reference page, line by line."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from xml.etree.ElementTree import Element

import html5lib  # type: ignore[import-untyped]  # it has no types

from services.console.sample import LED, article, edition, most_read, shows_the_sample, views
from services.render import contexts as c
from services.render.printer import Printer
from shared.articles import Article, Term, identify
from shared.conditions import Conditions
from shared.excerpts import excerpt
from shared.site_settings import SiteSettings

NOW = datetime(2025, 7, 26, 9, 30, tzinfo=UTC)
SITE = SiteSettings(name="Baghdad Courier", base_url="https://courier.example", timezone="Asia/Baghdad", city="Baghdad")
ENTRIES = edition()["articles"]
REFERENCE = Path(__file__).parents[1] / "fixtures" / "reference-page.txt"


def plain(text: str) -> str:
    """A line without the difference between kinds of spaces."""
    return " ".join(text.split())


LINES = [line for line in map(plain, REFERENCE.read_text(encoding="utf-8").splitlines()) if line]
HOT, TOPICS, RELATED = (LINES.index(name) for name in ("Hot this week", "Topics", "Related Articles"))


def record(number: int) -> Article:
    """The record that ingest would make of an entry."""
    entry = ENTRIES[number]
    terms = {
        name: Term(slug=name.lower().replace(" ", "-"), name=name) for name in [entry["section"], *entry["topics"]]
    }
    return Article(
        id=identify("sample", entry["guid"]),
        source="sample",
        guid=entry["guid"],
        revision=1,
        version=1,
        state="published",
        digest="d",
        accepted_at=NOW,
        published_at=NOW - timedelta(minutes=entry["minutes_ago"]),
        headline=entry["headline"],
        summary=entry.get("summary", ""),
        opening=entry["paragraphs"][0],
        section=terms[entry["section"]],
        topics=tuple(terms[name] for name in entry["topics"]),
        day="2025-07-26",
        slug=entry["guid"],
    )


def hot() -> list[Article]:
    """The articles by views."""
    return [record(number) for number in sorted(range(len(ENTRIES)), key=lambda number: -ENTRIES[number]["views"])]


def topics() -> list[tuple[str, Article]]:
    """The most read topics, each with its newest article that is not above it already."""
    read: Counter[str] = Counter()
    for entry in ENTRIES:
        for topic in entry["topics"]:
            read[topic] += entry["views"]
    shown: list[tuple[str, Article]] = []
    for topic, _ in read.most_common(LED):
        newest = min((entry for entry in ENTRIES if topic in entry["topics"]), key=lambda entry: entry["minutes_ago"])
        shown.append((topic, record(ENTRIES.index(newest))))
    return shown


def page() -> str:
    """The reference page with its fragments in place."""
    printer = Printer(SITE)
    reference = record(0)
    related = tuple(
        other.card() for other in map(record, range(1, len(ENTRIES))) if set(other.topics) & set(reference.topics)
    )
    fragments: dict[str, c.Context] = {
        "masthead": c.Masthead(SITE, NOW, Conditions(at=NOW, **edition()["conditions"])),
        "navigation": c.Navigation(SITE, ()),
        "hot": c.HotFragment(SITE, tuple(one.card() for one in hot()[:5])),
        "topics": c.TopicsFragment(
            SITE, tuple(c.TopicCard(Term(slug="t", name=name), one.card()) for name, one in topics())
        ),
    }
    text = printer.print(c.ArticlePage(SITE, reference, article(ENTRIES[0], NOW)["body_html"], related)).decode()
    for name, context in fragments.items():
        text = text.replace(f'<!--# include virtual="/_fragments/{name}.html" -->', printer.print(context).decode())
    return text


def lines(text: str) -> list[str]:
    """The lines that readers see."""
    root: Element = html5lib.parse(text, namespaceHTMLElements=False)
    body = root.find("body")
    assert body is not None
    seen = (node for node in body.iter() if node.tag in {"p", "h1", "h2", "h3", "li"})
    return [plain("".join(node.itertext())) for node in seen]


def test_the_page_has_the_reference_lines_in_their_order() -> None:
    seen = iter(lines(page()))
    missing = [line for line in LINES if line not in seen]
    assert not missing


def test_excerpts_come_out_as_the_reference_has_them() -> None:
    cards = {entry["headline"]: plain(excerpt(entry["summary"])) for entry in ENTRIES if "summary" in entry}
    expected = dict(zip(LINES[TOPICS + 1 : RELATED : 2], LINES[TOPICS + 2 : RELATED : 2], strict=True))
    assert cards == expected
    assert {plain(excerpt(entry["paragraphs"][0])) for entry in ENTRIES[1:]} == set(expected.values())


def test_views_bring_hot_and_topics_into_order_without_ties() -> None:
    expected = LINES[TOPICS + 1 : RELATED : 2]
    assert [one.headline for one in hot()][:5] == LINES[HOT + 1 : TOPICS : 2] == most_read()[:5]
    assert [one.headline for _, one in topics()] == expected == most_read()[:LED]
    read = Counter(view["article"] for view in views("sample", NOW))
    assert len(set(read.values())) == len(ENTRIES)
    assert len({one.id for _, one in topics()}) == LED


def test_without_views_the_newest_eight_stand_in_the_same_order() -> None:
    newest = sorted(ENTRIES, key=lambda entry: entry["minutes_ago"])
    assert [entry["headline"] for entry in newest[:LED]] == LINES[TOPICS + 1 : RELATED : 2]


def test_the_reference_article_is_whole_and_has_related_ones() -> None:
    assert ENTRIES[0]["headline"] == LINES[3]
    assert [plain(paragraph) for paragraph in ENTRIES[0]["paragraphs"]] == LINES[4:HOT]
    assert any(set(entry["topics"]) & set(ENTRIES[0]["topics"]) for entry in ENTRIES[1:])


def test_bodies_are_solid() -> None:
    assert all(4 <= len(entry["paragraphs"]) <= 9 for entry in ENTRIES)
    assert min(len(unescape(article(entry, NOW)["body_html"])) for entry in ENTRIES) > 1000


def test_posting_twice_sends_the_same() -> None:
    assert list(views("sample", NOW)) == list(views("sample", NOW))
    assert len({view["event_id"] for view in views("sample", NOW)}) == sum(entry["views"] for entry in ENTRIES)


def test_a_page_in_the_making_is_not_taken_for_the_sample() -> None:
    whole = page()
    assert shows_the_sample(whole, 5, 8)
    assert shows_the_sample(whole, 3, 2)
    assert not shows_the_sample(whole.replace(most_read()[4], "", 1), 5, 8)
    assert not shows_the_sample("", 5, 8)
