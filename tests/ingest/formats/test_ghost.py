"""Ghost's webhooks."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from services.ingest.draft import Author, Draft, Ignored, Picture
from services.ingest.formats import ghost
from services.ingest.formats.bounds import MAX_SLUG
from services.ingest.html import clean_html

POST: dict[str, Any] = {
    "id": "6682b8a8e10cc04306284330",
    "uuid": "1f7c2a0e-8c53-4d43-8f5f-0d2b9c8d7e11",
    "title": "Fish &amp; chips",
    "slug": "fish-and-chips",
    "html": "<p>They are back.</p>",
    "plaintext": "They are back.",
    "status": "published",
    "visibility": "public",
    "featured": False,
    "feature_image": "https://example.org/content/fish.jpg",
    "feature_image_alt": "A fish",
    "feature_image_caption": "<span>By <a href='https://x.y'>X</a></span>",
    "created_at": "2025-07-25T08:00:00.000Z",
    "updated_at": "2025-07-26T09:31:00.000Z",
    "published_at": "2025-07-26T09:30:00.000Z",
    "custom_excerpt": "Back at last.",
    "excerpt": "They are back.",
    "url": "https://example.org/fish-and-chips/",
    "canonical_url": None,
    "authors": [{"id": "1", "name": "Jane Doe", "url": "https://example.org/author/jane/", "website": None}],
    "primary_author": {"id": "1", "name": "Jane Doe"},
    "tags": [
        {"name": "Food", "slug": "food", "visibility": "public"},
        {"name": "Harbour", "slug": "harbour", "visibility": "public"},
        {"name": "#newsletter", "slug": "hash-newsletter", "visibility": "internal"},
    ],
    "primary_tag": {"name": "Food", "slug": "food"},
}


def event(current: dict[str, Any], previous: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"post": {"current": current, "previous": previous or {}}}


def draft(current: dict[str, Any], previous: dict[str, Any] | None = None) -> Draft:
    found = ghost.read(event(current, previous))
    assert isinstance(found, Draft), found
    return found


def pointers(content: Any) -> list[str]:
    found = ghost.read(content)
    assert isinstance(found, list), found
    return [fault.pointer for fault in found]


def test_a_published_post_is_read() -> None:
    assert draft(POST, {"status": "draft"}) == Draft(
        guid="6682b8a8e10cc04306284330",
        headline="Fish & chips",
        body_html="<p>They are back.</p>",
        summary="Back at last.",
        section="Food",
        topics=("Food", "Harbour"),
        authors=(Author("Jane Doe", "https://example.org/author/jane/"),),
        published_at=datetime(2025, 7, 26, 9, 30, tzinfo=UTC),
        updated_at=datetime(2025, 7, 26, 9, 31, tzinfo=UTC),
        slug="fish-and-chips",
        image=Picture(url="https://example.org/content/fish.jpg", alt="A fish", caption="By X"),
        source_url="https://example.org/fish-and-chips/",
    )


@pytest.mark.parametrize(
    ("told", "section", "topics"),
    [
        ({"primary_tag": {"name": "Harbour"}}, "Harbour", ("Food", "Harbour")),
        ({"primary_tag": None}, "Food", ("Food", "Harbour")),
        ({"primary_tag": None, "tags": [{"name": "#hash"}, {"name": "Food"}]}, "Food", ("Food",)),
        (
            {"primary_tag": None, "tags": [{"name": "desk", "visibility": "internal"}, {"name": "Food"}]},
            "Food",
            ("Food",),
        ),
        ({"primary_tag": {"name": "#hash"}, "tags": [{"name": "#hash"}]}, None, ()),
    ],
)
def test_the_section_is_the_first_tag_that_is_not_internal(
    told: dict[str, Any], section: str | None, topics: tuple[str, ...]
) -> None:
    found = draft({**POST, **told})
    assert (found.section, found.topics) == (section, topics)


def test_what_else_ghost_says_is_read_where_it_says_it() -> None:
    assert draft({**POST, "locale": "de"}).language == "de"
    for none in (None, "/content/fish.jpg"):
        assert draft({**POST, "feature_image": none}).image is None
    assert draft({**POST, "slug": "مرحبا"}).slug == "mrhb"
    assert draft({**POST, "canonical_url": "https://x.y/z"}).source_url == "https://x.y/z"


def test_a_slug_is_cut_where_the_native_format_would_refuse_it() -> None:
    assert draft({**POST, "slug": "fish-" * MAX_SLUG}).slug == ("fish-" * MAX_SLUG)[: MAX_SLUG - 1]
    assert draft({**POST, "canonical_url": "/z"}).source_url is None
    assert draft({**POST, "status": "Published", "visibility": "Public"}) == draft(POST)
    found = draft({**POST, "authors": None, "primary_author": {"name": "Joe", "website": "https://joe.example/"}})
    assert found.authors == (Author("Joe", "https://joe.example/"),)


def test_an_excerpt_that_ghost_cut_within_a_character_is_nothing_to_us() -> None:
    """Ghost makes it of the first 500 units of UTF-16, of which an emoji has two."""
    cut = POST | {"excerpt": "They are back. " + "x" * 484 + "\ud83d"}
    assert draft(cut) == draft(POST)
    assert ghost.read(event({}, cut)) == ghost.read(event({}, POST))
    assert pointers(event(POST | {"custom_excerpt": "Back \ud83d"})) == ["/post/current/custom_excerpt"]


def test_a_draft_may_have_neither_title_nor_words() -> None:
    assert draft({"id": "1", "title": "", "html": None, "status": "draft"}).status == "withheld"


def test_a_post_that_was_mailed_is_withheld() -> None:
    assert draft({**POST, "status": "sent"}).status == "withheld"


def test_a_post_that_is_taken_back_is_withheld() -> None:
    found = draft({**POST, "status": "draft", "published_at": None}, {"status": "published"})
    assert (found.guid, found.status) == (POST["id"], "withheld")
    assert draft({**POST, "id": "x" * 512}).guid == "x" * 512


def test_a_deleted_post_is_named_by_what_it_was() -> None:
    found = draft({}, POST)
    assert found == Draft(guid=POST["id"], status="canceled", updated_at=datetime(2025, 7, 26, 9, 31, tzinfo=UTC))


def test_a_scheduled_post_carries_its_moment() -> None:
    found = draft({**POST, "status": "scheduled", "published_at": "2030-01-01T00:00:00.000Z"})
    assert found.withholds
    assert not draft(POST).withholds
    assert (found.status, found.published_at) == ("usable", datetime(2030, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("visibility", ["members", "paid", "tiers"])
def test_what_is_for_members_only_is_not_published(visibility: str) -> None:
    assert draft({**POST, "visibility": visibility}).status == "withheld"


GATED = "<p>For all.</p><!--kg-gated-block:begin %s --><p>Inside.</p><!--kg-gated-block:end--><p>For all too.</p>"


@pytest.mark.parametrize(
    ("access", "shown"),
    [
        ('nonMember:false memberSegment:"status:free,status:-free"', False),
        ('memberSegment:"status:-free"', False),
        ('nonMember:true memberSegment:""', True),
        ("nonMember:'true'", True),
        ('nonMember:"true"', True),
        ('nonMember:false memberSegment:"label:weekend"', False),
    ],
)
def test_a_card_for_members_only_is_not_published_in_a_public_post(access: str, shown: bool) -> None:
    gated = GATED % access
    for html in (gated, gated.replace("<!--", "<!-- ").replace("-->", " -->")):
        found = draft({**POST, "html": html}).body_html or ""
        assert ("Inside." in found) is shown
        assert found.count("For all") == 2


def test_what_is_for_members_only_is_not_published_as_plain_text_either() -> None:
    gated = "<!--kg-gated-block:begin nonMember:false --><p>Inside.</p><!--kg-gated-block:end-->"
    found = draft({**POST, "html": gated, "plaintext": "Inside."})
    assert (found.body_html, found.body_text) == (None, None)
    assert "Inside" not in (draft({**POST, "html": gated.partition("<!--kg-gated-block:end")[0]}).body_html or "")


@pytest.mark.parametrize("status", ["scheduled", "published"])
def test_what_is_only_mailed_is_not_published(status: str) -> None:
    """Ghost says `sent` only when the mail has gone; until then such a post is scheduled like any other."""
    assert draft({**POST, "status": status, "email_only": True}).status == "withheld"
    assert draft({**POST, "status": status, "email_only": False}).status == "usable"


def test_a_post_of_two_members_is_enough() -> None:
    found = draft({"id": "1", "title": "T", "plaintext": "x", "tags": None, "primary_tag": None, "authors": []})
    assert (found.headline, found.body_html, found.body_text, found.section) == ("T", None, "x", None)
    assert found.status == "usable"


def test_cards_say_the_same_without_ghosts_styles_and_scripts() -> None:
    player = (
        '<span class="kg-audio-current-time">0:00</span><div class="kg-audio-time">/<span class="kg-audio-duration">'
        '2:30</span></div><input type="range" class="kg-audio-seek-slider" max="100" value="0">'
    )
    film = player.replace("audio", "video").replace("><", ">\n<")
    assert clean_html(draft({**POST, "html": f"<p>a</p>{film}"}).body_html or "").strip() == "<p>a</p>"
    sound = (
        '<div class="kg-card kg-audio-card"><div class="kg-audio-player-container"><audio src="https://x.y/a.mp3" '
        'preload="metadata"></audio><div class="kg-audio-title">The "long" talk</div><div class="kg-audio-player">'
        f"{player}</div></div></div>"
    )
    for html in (sound, sound.replace("><", ">\n<")):
        shown = clean_html(draft({**POST, "html": html}).body_html or "")
        assert '<a href="https://x.y/a.mp3" rel="noopener">The "long" talk</a>' in shown
        assert shown.count("talk") == 1
        assert "0:00" not in shown
        assert "2:30" not in shown
    form = (
        '<div class="kg-card kg-signup-card" data-lexical-signup-form="" style="display: none;"><h2>Letters</h2><form>'
        '<input type="email"><button>Subscribe</button><div class="kg-signup-card-success" style="color: #000">'
        'Thank you!</div></form><p class="kg-signup-card-disclaimer">Weekly.</p></div>'
    )
    shown = clean_html(draft({**POST, "html": form}).body_html or "")
    assert ("Letters" in shown, "Weekly." in shown, "Thank you!" in shown) == (True, True, False)
    bookmark = (
        '<div class="kg-bookmark-metadata"><img class="kg-bookmark-icon" src="https://x.y/i.png">'
        '<span class="kg-bookmark-author">Ghost</span><span class="kg-bookmark-publisher">Jane</span></div>'
    )
    shown = clean_html(draft({**POST, "html": bookmark}).body_html or "")
    assert shown == "<div>Ghost · Jane</div>", "an icon would stand between them, as large as its file is"
    alone = bookmark.replace('<span class="kg-bookmark-author">Ghost</span>', "<span>a</span> <span>b</span>, ")
    assert "·" not in (draft({**POST, "html": alone}).body_html or "")


def test_a_review_says_how_many_of_five_stars_it_gives() -> None:
    def star(is_given: bool) -> str:
        given = "kg-product-card-rating-active" if is_given else ""
        drawing = '<svg viewBox="0 0 24 24"><path d="M12.7,1.2"></path></svg>'
        return f'<span class="{given} kg-product-card-rating-star">{drawing}</span>'

    stars = "\n      ".join(star(at < 4) for at in range(5))
    html = f'<h4>Kettle</h4><div class="kg-product-card-rating">\n      {stars}</div><p>Boils.</p>'
    shown = clean_html(draft({**POST, "html": html}).body_html or "")
    assert "".join(shown.split()) == "<h2>Kettle</h2><div>★★★★☆</div><p>Boils.</p>"


def test_the_picture_behind_the_words_of_a_header_is_shown() -> None:
    def shown(style: str, address: str) -> str:
        card = f'class="kg-card kg-header-card kg-style-{style}" data-kg-background-image="{address}" style=""'
        return clean_html(draft({**POST, "html": f"<div {card}><h2>Spring</h2></div>"}).body_html or "")

    picture = '<img alt="" src="https://x.y/a.jpg" loading="lazy">'
    assert shown("image", "https://x.y/a.jpg") == f"<div>{picture}<h2>Spring</h2></div>"
    assert shown("dark", "https://x.y/a.jpg") == shown("image", "") == "<div><h2>Spring</h2></div>"


@pytest.mark.parametrize(
    "piece",
    [
        '<div class="kg-header-card kg-style-image"',
        ' kg-header-card kg-style-image data-kg-background-image="a',
        '<span class=" kg-product-card-rating-star"><svg><',
    ],
)
def test_stars_and_headers_are_found_in_linear_time(piece: str) -> None:
    before = time.process_time()
    draft({**POST, "html": f"<div{piece * (400_000 // len(piece))}"})
    assert time.process_time() - before < 4


def test_a_card_that_plays_each_member_their_own_podcasts_is_left_out() -> None:
    frame = '<iframe title="Podcasts" {}="https://partner.transistor.fm/ghost/embed/%7Buuid%7D?ctx=a"></iframe>'
    late = f"{frame.format('data-src')}<script>if (1 < 2) {{}}\n</script><noscript>{frame.format('src')}</noscript>"
    html = f'<p>a</p><figure class="kg-card kg-transistor-card">\n{late}</figure><figure class="kg-card">b</figure>'
    assert clean_html(draft({**POST, "html": html}).body_html or "") == "<p>a</p><figure>b</figure>"


def test_a_post_without_a_title_begins_with_its_first_words() -> None:
    assert draft({**POST, "title": " "}).headline == "They are back."
    assert draft({**POST, "title": "x" * 301}).headline == "x" * 300
    assert draft({**POST, "title": None, "html": None, "plaintext": "One\ntwo"}).headline == "One two"
    assert draft({**POST, "title": None, "html": "", "plaintext": ""}).headline == "Back at last."


def test_an_empty_list_is_an_empty_object() -> None:
    assert draft({**POST, "primary_tag": []}).section == "Food"
    found = ghost.read({"post": {"current": [], "previous": POST}})
    assert isinstance(found, Draft)
    assert found.status == "canceled"


def test_a_body_that_is_blank_gives_way() -> None:
    found = draft({**POST, "html": "<!--kg-card-begin: html--><p></p>"})
    assert (found.body_html, found.body_text) == (None, "They are back.")


@pytest.mark.parametrize("kind", ["page", "tag", "member", "user", "site", "label", "newsletter", "offer", "tier"])
def test_events_about_other_things_are_ignored(kind: str) -> None:
    assert isinstance(ghost.read({kind: {"current": {"id": "1"}, "previous": {}}}), Ignored)
    assert isinstance(ghost.read({"event": f"{kind}.changed"}), Ignored)


def test_that_the_site_has_changed_says_nothing_more_and_is_ignored() -> None:
    assert isinstance(ghost.read({}), Ignored)


def test_an_event_may_be_named() -> None:
    named = {"event": "post.published", **event(POST)}
    assert ghost.read(named) == ghost.read(event(POST))
    assert pointers({"event": "post.published"}) == ["/post"]


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        ({"posts": []}, "/post"),
        ([], "/post"),
        ({"post": 5}, "/post"),
        ({"post": {"current": 5}}, "/post/current"),
        ({"post": {}}, "/post/previous/id"),
        (event({**POST, "id": None}), "/post/current/id"),
        (event({**POST, "id": 5}), "/post/current/id"),
        (event({**POST, "id": "x" * 513}), "/post/current/id"),
        (event({"id": "1", "title": "", "html": "<p></p>"}), "/post/current/title"),
        (event({**POST, "title": 5}), "/post/current/title"),
        (event({**POST, "html": 5}), "/post/current/html"),
        (event({**POST, "tags": "x"}), "/post/current/tags"),
        (event({**POST, "tags": [5]}), "/post/current/tags/0"),
        (event({**POST, "status": "burnt"}), "/post/current/status"),
        (event({**POST, "updated_at": "yesterday"}), "/post/current/updated_at"),
        (event({**POST, "html": "\ud800"}), "/post/current/html"),
    ],
)
def test_what_is_wrong_is_named_once(content: Any, pointer: str) -> None:
    assert pointers(content).count(pointer) == 1


@pytest.mark.parametrize("content", [{"post": None}, {"post": 5}, {"post": {"current": 5}}, {"posts": []}])
def test_what_is_about_no_post_has_one_fault(content: Any) -> None:
    assert len(pointers(content)) == 1
