"""JSON by value: what is one value, what is another, and what cannot be held exactly."""

from __future__ import annotations

import pytest

from wiretape.proxy.decide.jsonform import MAX_DEPTH, canonical_json


@pytest.mark.parametrize(
    ("canonical", "spellings"),
    [
        ("0", ["0", "-0", "0.0", "-0.0", "0e5", "-0E-7", "0.000", "0e99999", "0e-99999"]),
        ("1", ["1", "1.0", "1e0", "10e-1", "0.1e1", "1E+0", "1.000", "100e-2", "0.01e2"]),
        ("-12", ["-12", "-12.0", "-1.2e1", "-120E-1"]),
        ("0.1", ["0.1", "0.10", "1e-1", "0.01e1", "1.0E-1"]),
        ("123456.789", ["123456.789", "1.23456789e5", "123456789e-3"]),
        ("9007199254740993", ["9007199254740993", "9007199254740993.0", "9.007199254740993e15"]),
        ("18446744073709551615", ["18446744073709551615", "18446744073709551615.0", "1.8446744073709551615e19"]),
        ("-9223372036854775808", ["-9223372036854775808", "-9223372036854775808.00"]),
        ("10000000000000000000", ["10000000000000000000", "1e19", "1.0e19"]),
        ("1e20", ["1e20", "1.0e20", "10E19", "100000000000000000000.0"]),
        ("5e-324", ["5e-324", "0.5e-323"]),
        ('"Grüezi 😀"', ['"Grüezi 😀"', '"Gr\\u00fcezi \\ud83d\\ude00"', '"\\u0047r\\u00FCezi\\u0020\\uD83D\\uDE00"']),
        ('"/\\"\\\\\\n"', ['"/\\"\\\\\\n"', '"\\/\\u0022\\u005c\\u000a"']),
        ('{"a":1,"b":2}', ['{"a":1,"b":2}', '{"b":2,"a":1}', ' { "\\u0062" : 2 ,\r\n\t"a" : 1.0 } ']),
        ('{"a":{"c":[],"d":{}},"é":3,"ￜ":2,"😀":1}', ['{"😀":1,"ￜ":2,"é":3,"a":{"d":{},"c":[]}}']),
        ('{":":":"}', ['{":":":"}', '{"\\u003a":"\\u003A"}', '{":":"\\u003a"}']),
        ('["\\\\u003a:"]', ['["\\\\u003a:"]', '["\\\\u003a\\u003a"]', '["\\u005cu003a:"]']),
    ],
)
def test_spellings_of_one_value_are_one(canonical: str, spellings: list[str]) -> None:
    """Keys sort by code point, numbers count by value, strings by code points, space not at all."""
    assert {canonical_json(spelling.encode()) for spelling in spellings} == {canonical.encode()}


@pytest.mark.parametrize(
    "values",
    [
        ["{}", '{"a":null}', '{"a":""}', '{"a":[]}', '{"a":{}}', '{"a":0}', '{"a":false}', "[]", "null"],
        ["1", '"1"', "true", '"true"', "1.5", "[1]", "-1", "1e1"],
        ["[1,2]", "[2,1]", "[1,2,2]", "[[1],2]", "[1,[2]]", "[12]", '["1,2"]'],
        ['{"a":1}', '{"A":1}', '{"a ":1}', '{"a":1,"b":1}', '{"a":{"b":1}}'],
        ['"ü"', '"u\\u0308"', '"u"', '"Ü"'],
        ["9007199254740992", "9007199254740993", "9007199254740992.5"],
        ["0.1", "0.10000000000000002", "0.100000000000000001"],
        ["18446744073709551615", "18446744073709551616", "1.8446744073709552e19"],
        ['["\\\\u003a"]', '["\\u003a"]', '["\\\\:"]'],
    ],
)
def test_different_values_are_different(values: list[str]) -> None:
    """Absent is not null is not empty, an integer is no string, true is not 1, and order counts in arrays."""
    forms = [canonical_json(value.encode()) or value.encode() for value in values]
    assert len(set(forms)) == len(values)


@pytest.mark.parametrize(
    "body",
    [
        rb'"\ud800"',
        rb'"\udc00"',
        rb'"\ud800x"',
        rb'{"\udfff": 1}',
        b"18446744073709551616",
        b"-9223372036854775809",
        b"[1" + b"0" * 5000 + b"]",
        b"0.100000000000000005551",
        b"0.30000000000000000001",
        b"1e400",
        b"-1e400",
        b"1e-400",
        b"1e999999999999999999999999",
        b"1e-999999999999999999999999",
        b"18446744073709551616.5",
        b'{"a":1,"a":1}',
        b'{"a":1,"\\u0061":2}',
        b'{"x":[{"k":"\\u003a","k":"\\u003a\\u003a"}]}',
        b'{"\\u003a":1,":":2}',
        b'{"a":"\\u003a","b":{"c":1,"c":"\\u003a"}}',
        b"NaN",
        b"[Infinity]",
        b"[-Infinity]",
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b'{"\xc0\x80":1}',
        b"\xef\xbb\xbf{}",
        b"{}{}",
        b"{'a':1}",
        b"[1,]",
        b"[01]",
        b"",
        b"\xff\xfe{\x00}\x00",
    ],
)
def test_what_cannot_be_held_exactly_has_no_form(body: bytes) -> None:
    """Such a body counts by its bytes, so that no two values share a key; nothing is raised."""
    assert canonical_json(body) is None


@pytest.mark.parametrize(
    ("opening", "closing", "levels"), [("[", "]", 1), ('{"a":', "}", 1), ('[{"[[[":"{{{","a":', "}]", 2)]
)
def test_nesting_has_one_limit_on_every_python(opening: str, closing: str, levels: int) -> None:
    """The limit is ours, well below that of any decoder, and brackets in strings do not count."""
    fits = MAX_DEPTH // levels
    assert canonical_json((opening * fits + "0" + closing * fits).encode()) is not None
    assert canonical_json((opening * (fits + 1) + "0" + closing * (fits + 1)).encode()) is None


def test_width_is_no_depth() -> None:
    """Thousands of brackets side by side are fine."""
    assert canonical_json(b"[" + b",".join([b'[{"a":[]}]'] * 10_000) + b"]")


def test_many_brackets_in_a_string_are_no_depth() -> None:
    """A long string of brackets is one value."""
    assert canonical_json(b'"' + b"[" * 1000 + b'"')
    assert canonical_json(b'["' + b"[{" * 1000 + b'"]')
