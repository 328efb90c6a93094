"""JSON from strangers."""

import json
import sys
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.parse import MAX_VALUES, parse_json
from services.ingest.text import MAX_DEPTH
from shared.problems import Problem

trees = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**19), 10**19) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(trees)
def test_what_was_written_is_read(tree: Any) -> None:
    assert parse_json(json.dumps(tree).encode()) == tree


@given(st.binary(max_size=200) | st.text('[]{}",:\\u0dD8e-+.19aN ', max_size=60).map(str.encode))
def test_whatever_comes_is_a_value_or_a_400(raw: bytes) -> None:
    try:
        parse_json(raw)
    except Problem as problem:
        assert problem.status == 400


def test_a_mark_of_the_byte_order_is_passed_over() -> None:
    assert parse_json(b"\xef\xbb\xbf{}") == {}


def test_half_a_surrogate_pair_is_left_to_those_who_know_where_it_stands() -> None:
    assert parse_json(rb'{"a": "\ud800"}') == {"a": "\ud800"}


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
def test_nesting_is_bounded_however_deep(opening: str) -> None:
    levels = opening.count("[") + opening.count("{")
    closing = "".join({"[": "]", "{": "}"}.get(c, "") for c in reversed(opening))
    fits = MAX_DEPTH // levels
    assert parse_json(f"{opening * fits}1{closing * fits}".encode())
    for depth in (fits + 1, 40_000):
        with pytest.raises(Problem, match="nested") as caught:
            parse_json(f"{opening * depth}1{closing * depth}".encode())
        assert caught.value.status == 400


def test_what_stands_beside_it_makes_nothing_deeper_or_flatter() -> None:
    for inner, fits in ((MAX_DEPTH - 1, True), (MAX_DEPTH, False)):
        nested = "[" * inner + "]" * inner
        raw = f"[{'[], ' * 200}{nested}, {nested}]".encode()
        if fits:
            assert len(parse_json(raw)) == 202
        else:
            with pytest.raises(Problem, match="nested"):
                parse_json(raw)


@pytest.mark.parametrize("piece", ["1", "[]", "{}", '"x"', '{"a": 1}'])
def test_the_number_of_values_is_bounded(piece: str) -> None:
    values = 1 + piece.count("[") + piece.count("{")
    parse_json(f"[{','.join([piece] * (MAX_VALUES // values))}]".encode())
    for count in (MAX_VALUES // values + 1, 2_000_000):
        with pytest.raises(Problem, match="values") as caught:
            parse_json(f"[{','.join([piece] * count)}]".encode())
        assert caught.value.status == 400


def test_brackets_and_commas_within_texts_do_not_count() -> None:
    text = '[{"' * 1000 + "," * MAX_VALUES
    assert parse_json(json.dumps({"a": text, text: [text] * 80}).encode())[text][79] == text


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"{} x", "not JSON"),
        (b'{"a": 1,}', "not JSON"),
        (b'"\x01"', "not JSON"),
        (b'"\xff"', "UTF-8"),
        (b'"\xed\xa0\x80"', "UTF-8"),
        (b"NaN", "NaN"),
        (b"[-Infinity]", "Infinity"),
        (b"[1e999]", "too large"),
        (b"1" * 21, "digits"),
        (b"-" + b"1" * 21, "digits"),
        (b"1" * 10_000, "digits"),
        (b"0." + b"1" * 1099, "too long"),
        (b"-1e999", "too large"),
        (b"0." + b"1" * 10_000, "too long"),
        (b'{"guid": "a", "b": {"x": 1, "x": 2}}', "'x' occurs twice"),
    ],
)
def test_what_is_doubtful_is_refused(raw: bytes, says: str) -> None:
    with pytest.raises(Problem, match=says) as caught:
        parse_json(raw)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    "number",
    [
        "9" * 20,
        "-" + "9" * 20,
        "12.1199999999999992184029906638897955417633056640625",  # 12.12 as PHP may write it
        f"{-sys.float_info.min:.1074f}",  # no double is longer
        "0." + "1" * 1098,
        "-1e-999",
        "1e308",
    ],
)
def test_a_number_within_its_bounds_is_read(number: str) -> None:
    assert parse_json(number.encode()) == json.loads(number)


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * (MAX_DEPTH + 1) + b'"' + rb"\"" * 500_000,
        b"[" * (MAX_DEPTH + 1) + b'"' + rb"\"" * 500_000 + b"\\",
        b"{%s}" % b",".join(b'"%d":0' % (number % 99_999) for number in range(MAX_VALUES)),
    ],
    ids=["quotes", "cut", "names"],
)
def test_hostile_json_is_refused_in_linear_time(raw: bytes) -> None:
    before = time.process_time()
    with pytest.raises(Problem):
        parse_json(raw)
    assert time.process_time() - before < 2
