"""Sections, topics and authors as parts of addresses."""

import pytest

from services.ingest.terms import section_of, slug_of, slugs_of, spelling_of, term_of
from shared.articles import Term

NAMES = "Archive author hot media nginx-health sitemaps Topic v1 2025 \u0662\u0660\u0662\u0665"


@pytest.mark.parametrize("name", NAMES.split())
def test_a_section_that_would_collide_with_the_sites_own_addresses_has_a_suffix(name: str) -> None:
    assert section_of(name) == Term(slug=f"{term_of(name).slug}-section", name=name)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Oil & Gas", "oil-gas"),
        ("Hot dogs", "hot-dogs"),
        ("_fragments", "fragments"),
        ("365", "365"),
        ("20255", "20255"),
        ("Health", "health"),
        ("Front", "front"),
        ("Static", "static"),
    ],
)
def test_any_other_section_is_called_by_its_name(name: str, slug: str) -> None:
    assert section_of(name) == Term(slug=slug, name=name)


def test_a_name_without_letters_has_an_address_of_its_own() -> None:
    oil, gas = term_of("\U0001f6e2"), section_of("\U0001f525")
    assert oil.slug.startswith("x-")
    assert len(oil.slug) == len("x-") + 8
    assert gas.slug.startswith("x-")
    assert oil.slug != gas.slug


def test_an_authors_address_stays_with_the_name() -> None:
    assert term_of("Ali", "https://ali.example/") == Term(slug="ali", name="Ali", url="https://ali.example/")


def test_a_slug_is_cut_at_a_word_in_the_order_of_its_words() -> None:
    assert slug_of("a " + "long" * 18 + " bridges of stone", "x") == "a-" + "long" * 18
    assert slug_of("a" * 81, "x") == "a" * 80
    assert slug_of("aaaa " * 16 + "b", "x") == "-".join(["aaaa"] * 16)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Middle East", "middle-EAST"),
        ("Caf\u00e9", "Cafe"),
        ("\u0152uvre S\u00f8rensen", "Oeuvre Sorensen"),
        ("Stra\u00dfe", "Strasse"),
        ("#MeToo", "MeToo"),
        ("Essen + Trinken", "Essen & Trinken"),
        ("A+B", "A/B"),
        ("\u0623\u062e\u0628\u0627\u0631", "\u0627\u062e\u0628\u0627\u0631"),
        ("\u0627\u06cc\u0631\u0627\u0646", "\u0627\u064a\u0640\u0631\u0627\u0646"),
        ("\uff21\u7d4c\u6e08", "A\u7d4c\u6e08"),
        ("O\u2019Brien", "O\u02bcBrien"),
        ("O\u2019Brien", "O'Brien"),
        ("Sana'a", "Sana`a"),
        ("\u05e2\u05b4\u05d1\u05b0\u05e8\u05b4\u05d9\u05ea", "\u05e2\u05d1\u05e8\u05d9\u05ea"),
        (
            "\u0627\u0644\u0639\u064e\u0631\u064e\u0628\u0650\u064a\u0651\u064e\u0629",
            "\u0627\u0644\u0639\u0631\u0628\u064a\u0629",
        ),
        ("\u06a9\u0631\u06a9\u0648\u06a9", "\u0643\u0631\u0643\u0648\u0643"),
        ("\u041c\u0443\u0437\u0435\u0439", "\u041c\u0443\u0437\u0435\u0438\u0306"),
        ("\u041c\u0443\u0437\u0435\u0439", "\u041c\u0423\u0417\u0415\u0419"),
        ("\u0e02\u0e48\u0e32\u0e27 \u0e51", "\u0e02\u0e48\u0e32\u0e27 1"),
    ],
)
def test_spellings_of_a_name_are_one(one: str, other: str) -> None:
    assert spelling_of(one) == spelling_of(other)
    assert slugs_of(term_of(one)) == slugs_of(term_of(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("\u738b\u4f1f", "\u738b\u7ef4"),  # Wang Wei, two men
        ("\u7ecf\u6d4e", "\u7ade\u6280"),  # the economy, and athletics
        ("\u062d\u0631\u0628", "\u0647\u0631\u0628"),  # war, and flight
        ("\u041e\u043b\u044c\u0433\u0430", "Olga"),
        ("\u041c\u0443\u0437\u0435\u0439", "\u041c\u0443\u0437\u0435\u0438"),  # a museum, and museums
        ("\u0e02\u0e48\u0e32\u0e27", "\u0e02\u0e49\u0e32\u0e27"),  # news, and rice
        ("\u0e82\u0ec8\u0eb2", "\u0e82\u0ec9\u0eb2"),  # galangal, and to kill
        ("\u1780\u17b6\u178f\u17cb", "\u1780\u17b6\u178f"),  # to cut, and a card
        ("\u1000\u1014\u103a", "\u1000\u1014\u1037\u103a"),  # a lake, and to hinder
        ("C++", "C#"),
        ("C", "C#"),
        ("C+", "C++"),
        ("C", "C++"),
        ("water " * 20, "water " * 21),
        ("\U0001f6e2", "\U0001f525"),
    ],
)
def test_names_that_are_alike_only_in_latin_letters_are_not_one(one: str, other: str) -> None:
    assert spelling_of(one) != spelling_of(other)


def test_the_slugs_of_a_name_are_numbered_up_to_nine_and_the_last_one_is_its_own() -> None:
    *numbered, own = slugs_of(term_of("\u738b\u4f1f"))
    assert numbered == ["wang-wei", *(f"wang-wei-{number}" for number in range(2, 10))]
    assert own.startswith("wang-wei-")
    assert len(own) == len("wang-wei-") + 8
    assert own != slugs_of(term_of("\u738b\u7ef4"))[-1]
    assert slugs_of(term_of("Middle East"))[-1] == slugs_of(term_of("middle-EAST"))[-1]


@pytest.mark.parametrize("name", ["O'Brien", "O\u2019Brien", "O\u02bcBrien", "O`Brien"])
def test_an_apostrophe_parts_a_slug_as_the_typewriters_does(name: str) -> None:
    assert term_of(name).slug == "o-brien"
