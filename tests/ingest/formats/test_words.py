"""Which body is published, and what an article is called without a headline."""

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.copies import prepare
from services.ingest.draft import Draft
from services.ingest.formats.words import FIRST_WORDS, first_words, one_body

BLANK = ["", " ", "<p></p>", "<p>&nbsp;<br></p>", "<!-- x -->", "<script>x</script>", "<figure></figure>", "<img>"]
FULL = ["<p>Words</p>", "Words", '<img src="https://a.b/c.jpg">', '<iframe src="https://a.b/c"></iframe>',
        "<table><tr><td>1</td></tr></table>", "<figure><figcaption>Words</figcaption></figure>"]  # fmt: skip
htmls = st.lists(st.sampled_from(BLANK + FULL), max_size=3)
texts = st.lists(st.sampled_from([" ", "\n", "Words"]), max_size=3)


@given(htmls=htmls, texts=texts)
def test_a_page_is_blank_only_where_every_body_is(htmls: list[str], texts: list[str]) -> None:
    html, text = one_body(htmls, texts)
    page = prepare("desk", Draft(guid="x", headline="h", body_html=html, body_text=text)).body
    pages = [prepare("desk", Draft(guid="x", headline="h", body_html=one)).body for one in FULL]
    assert (page in pages) is (any(one in FULL for one in htmls) or "Words" in texts)
    assert html is None or text is None


@given(html=st.text() | st.sampled_from(BLANK + FULL), texts=st.lists(st.text(), max_size=2))
def test_first_words_are_words_on_one_line(html: str, texts: list[str]) -> None:
    found = first_words(html, *texts)
    assert len(found) <= FIRST_WORDS
    assert found == " ".join(found.split())
    assert found or not any(text.strip() for text in texts)


def test_a_word_of_a_caption_that_is_emphasised_in_part_is_one() -> None:
    assert first_words("<figure><figcaption><b>H</b>arbour <i>re</i>opens</figcaption></figure>") == "Harbour reopens"
