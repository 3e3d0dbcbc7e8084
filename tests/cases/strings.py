"""Strings: letters, parts, numbers, hashes, patterns, joins, splits, characters."""

import numpy as np

from cases.form import Case, bad

MIXED = ["Hello World", "", "  pad\t\n", "Grüße 你好"]
RAW = [b"a\xffb", b"x\x01y", "Grüße".encode(), b""]


def words(tf):
    return tf.ragged.constant([["a b", "c"], [], ["d e f"]])


def numbered(n):
    return [("item-%d-" % i) * i for i in range(n)]


CASES = [
    Case("strings.lower", lambda tf: tf.strings.lower(MIXED)),
    Case("strings.lower", lambda tf: tf.strings.lower("ÀÉ Grüße", encoding="utf-8")),
    Case("strings.lower", lambda tf: tf.strings.lower("ÀÉ Grüße")),
    Case("strings.lower", lambda tf: tf.strings.lower(words(tf))),
    Case("strings.lower", lambda tf: tf.strings.lower(np.array(["A", "Bc"]))),
    bad("strings.lower", lambda tf: tf.strings.lower(1)),
    bad("strings.lower", lambda tf: tf.strings.lower(tf.constant(1))),
    bad("strings.lower", lambda tf: tf.strings.lower("a", "latin-1")),
    Case("strings.upper", lambda tf: tf.strings.upper(MIXED)),
    Case("strings.upper", lambda tf: tf.strings.upper("àé ü", encoding="utf-8")),
    Case("strings.upper", lambda tf: tf.strings.upper([["a"], ["b"]])),
    bad("strings.upper", lambda tf: tf.strings.upper(1.0)),
    Case("strings.strip", lambda tf: tf.strings.strip(MIXED)),
    Case("strings.strip", lambda tf: tf.strings.strip(" a b \n")),
    Case("strings.strip", lambda tf: tf.strings.strip(words(tf))),
    bad("strings.strip", lambda tf: tf.strings.strip(True)),
    Case("strings.length", lambda tf: tf.strings.length(MIXED)),
    Case("strings.length", lambda tf: tf.strings.length(MIXED, unit="UTF8_CHAR")),
    Case("strings.length", lambda tf: tf.strings.length("abc")),
    Case("strings.length", lambda tf: tf.strings.length(words(tf))),
    Case("strings.length", lambda tf: tf.strings.length(RAW, "UTF8_CHAR")),
    bad("strings.length", lambda tf: tf.strings.length("a", unit="CHAR")),
    Case("strings.substr", lambda tf: tf.strings.substr("Hello", 1, 3)),
    Case("strings.substr", lambda tf: tf.strings.substr(["Hello", "World"], [0, 2], [2, 9])),
    Case("strings.substr", lambda tf: tf.strings.substr("Hello", -3, 2)),
    Case("strings.substr", lambda tf: tf.strings.substr("Grüße", 2, 2, unit="UTF8_CHAR")),
    Case("strings.substr", lambda tf: tf.strings.substr("Grüße", -2, 2, unit="UTF8_CHAR")),
    Case("strings.substr", lambda tf: tf.strings.substr("abc", [0, 1, 3], [1, 1, 1])),
    Case("strings.substr", lambda tf: tf.strings.substr("abc", 1, -1)),
    Case("strings.substr", lambda tf: tf.strings.substr([["ab"], ["cd"]], [0, 1], [1, 1])),
    Case(
        "strings.substr",
        lambda tf: tf.strings.substr(tf.constant("abc"), tf.constant(1, tf.int64), 1),
    ),
    Case(
        "strings.substr",
        lambda tf: tf.strings.substr(tf.ragged.constant([["ab", "cd"], ["ef"]]), 1, 1),
    ),
    bad("strings.substr", lambda tf: tf.strings.substr("abc", 4, 1)),
    bad("strings.substr", lambda tf: tf.strings.substr("abc", -4, 1)),
    bad("strings.substr", lambda tf: tf.strings.substr("abc", [1, 2], 1)),
    bad("strings.substr", lambda tf: tf.strings.substr("abc", 1.0, 1)),
    bad("strings.substr", lambda tf: tf.strings.substr(["abc", "de"], [1, 2, 0], [1, 2, 3])),
    bad("strings.substr", lambda tf: tf.strings.substr("abc", 1, 1, unit="X")),
    Case(
        "strings.to_number",
        lambda tf: tf.strings.to_number(["1", "-2.5", "1e3", " 4 ", "inf", "nan"]),
    ),
    Case("strings.to_number", lambda tf: tf.strings.to_number(["0x10", "+5", ".5", "1e400", "-0"])),
    Case("strings.to_number", lambda tf: tf.strings.to_number(["0.1", "1e-300"], tf.float64)),
    Case("strings.to_number", lambda tf: tf.strings.to_number(["1", "-25", " 3 "], tf.int32)),
    Case("strings.to_number", lambda tf: tf.strings.to_number("9000000000", tf.int64)),
    Case("strings.to_number", lambda tf: tf.strings.to_number("7", tf.uint64)),
    Case(
        "strings.to_number",
        lambda tf: tf.strings.to_number(tf.ragged.constant([["1"], ["2", "3"]])),
    ),
    bad("strings.to_number", lambda tf: tf.strings.to_number("abc")),
    bad("strings.to_number", lambda tf: tf.strings.to_number("1.5", tf.int32)),
    bad("strings.to_number", lambda tf: tf.strings.to_number("3000000000", tf.int32)),
    bad("strings.to_number", lambda tf: tf.strings.to_number("1", tf.uint8)),
    bad("strings.to_number", lambda tf: tf.strings.to_number("1", "foo")),
    bad("strings.to_number", lambda tf: tf.strings.to_number(1.0)),
    Case(
        "strings.as_string",
        lambda tf: tf.strings.as_string([1.5, -2.0, 1e10, float("nan"), float("inf")]),
    ),
    Case("as_string", lambda tf: tf.as_string([1, -3])),
    Case("as_string", lambda tf: tf.as_string([True, False])),
    Case("as_string", lambda tf: tf.as_string([1 + 2j])),
    Case("as_string", lambda tf: tf.as_string(3.14159, precision=2)),
    Case("as_string", lambda tf: tf.as_string(3.14159, scientific=True, precision=3)),
    Case("as_string", lambda tf: tf.as_string([0.1, 1e10], shortest=True)),
    Case("as_string", lambda tf: tf.as_string([1, -3], width=5, fill="0")),
    Case("as_string", lambda tf: tf.as_string([1, -3], width=5)),
    Case("as_string", lambda tf: tf.as_string([1, -3], width=5, fill="-")),
    Case("as_string", lambda tf: tf.as_string([1.5, -3.0], width=9, fill="+")),
    Case("as_string", lambda tf: tf.as_string(["ab"], width=4)),
    Case("as_string", lambda tf: tf.as_string(tf.constant([1, 2], tf.uint8), fill="+")),
    Case("as_string", lambda tf: tf.as_string(tf.constant([1.5], tf.float16))),
    Case("as_string", lambda tf: tf.as_string(tf.constant([1.5], tf.bfloat16))),
    Case("as_string", lambda tf: tf.as_string(tf.ragged.constant([[1], [2, 3]]))),
    bad("as_string", lambda tf: tf.as_string(1, precision=2)),
    bad("as_string", lambda tf: tf.as_string(1.5, scientific=True, shortest=True)),
    bad("as_string", lambda tf: tf.as_string(1, fill="*")),
    bad("as_string", lambda tf: tf.as_string(1, fill="00")),
    Case("strings.to_hash_bucket", lambda tf: tf.strings.to_hash_bucket(numbered(20), 1000)),
    Case("strings.to_hash_bucket", lambda tf: tf.strings.to_hash_bucket("a", 7)),
    bad("strings.to_hash_bucket", lambda tf: tf.strings.to_hash_bucket("a", 0)),
    Case(
        "strings.to_hash_bucket_fast",
        lambda tf: tf.strings.to_hash_bucket_fast(numbered(30), 2**62),
    ),
    Case(
        "strings.to_hash_bucket_fast", lambda tf: tf.strings.to_hash_bucket_fast([["a"], ["b"]], 5)
    ),
    Case("strings.to_hash_bucket_fast", lambda tf: tf.strings.to_hash_bucket_fast(words(tf), 100)),
    bad("strings.to_hash_bucket_fast", lambda tf: tf.strings.to_hash_bucket_fast("a", 0)),
    bad("strings.to_hash_bucket_fast", lambda tf: tf.strings.to_hash_bucket_fast(1, 2)),
    Case(
        "strings.to_hash_bucket_strong",
        lambda tf: tf.strings.to_hash_bucket_strong(numbered(20), 2**40, [3, 2**60]),
    ),
    Case(
        "strings.to_hash_bucket_strong",
        lambda tf: tf.strings.to_hash_bucket_strong("a", 7, key=[1, 2]),
    ),
    bad("strings.to_hash_bucket_strong", lambda tf: tf.strings.to_hash_bucket_strong("a", 7, [1])),
    bad("strings.to_hash_bucket_strong", lambda tf: tf.strings.to_hash_bucket_strong("a", 7, 3)),
    Case("strings.join", lambda tf: tf.strings.join([["a", "b"], ["c", "d"]])),
    Case("strings.join", lambda tf: tf.strings.join(["x", ["a", "b"], "y"], separator="-")),
    Case("strings.join", lambda tf: tf.strings.join(["a"])),
    Case("strings.join", lambda tf: tf.strings.join([])),
    Case("strings.join", lambda tf: tf.strings.join([words(tf), "!"], separator=" ")),
    bad("strings.join", lambda tf: tf.strings.join([["a", "b"], ["c"]])),
    bad("strings.join", lambda tf: tf.strings.join([1, 2])),
    bad("strings.join", lambda tf: tf.strings.join("ab")),
    Case("strings.reduce_join", lambda tf: tf.strings.reduce_join([["a", "b"], ["c", "d"]])),
    Case(
        "strings.reduce_join",
        lambda tf: tf.strings.reduce_join([["a", "b"], ["c", "d"]], axis=0, separator="-"),
    ),
    Case(
        "strings.reduce_join",
        lambda tf: tf.strings.reduce_join([["a", "b"], ["c", "d"]], axis=[1, 0]),
    ),
    Case(
        "strings.reduce_join",
        lambda tf: tf.strings.reduce_join([["a", "b"], ["c", "d"]], axis=[0, 1]),
    ),
    Case(
        "strings.reduce_join",
        lambda tf: tf.strings.reduce_join([["a", "b"], ["c", "d"]], axis=-1, keepdims=True),
    ),
    Case("strings.reduce_join", lambda tf: tf.strings.reduce_join([["a", "b"]], axis=[])),
    Case("strings.reduce_join", lambda tf: tf.strings.reduce_join("a")),
    Case(
        "strings.reduce_join", lambda tf: tf.strings.reduce_join(words(tf), axis=1, separator="+")
    ),
    bad("strings.reduce_join", lambda tf: tf.strings.reduce_join([["a"]], axis=2)),
    Case(
        "strings.unsorted_segment_join",
        lambda tf: tf.strings.unsorted_segment_join(["a", "b", "c"], [0, 1, 0], 2, ":"),
    ),
    Case(
        "strings.unsorted_segment_join",
        lambda tf: tf.strings.unsorted_segment_join([["a", "b"], ["c", "d"]], [1, 1], 3),
    ),
    bad(
        "strings.unsorted_segment_join",
        lambda tf: tf.strings.unsorted_segment_join(["a", "b"], [-1, 0], 1),
    ),
    bad(
        "strings.unsorted_segment_join",
        lambda tf: tf.strings.unsorted_segment_join(["a", "b"], [2, 0], 2),
    ),
    bad(
        "strings.unsorted_segment_join",
        lambda tf: tf.strings.unsorted_segment_join(["a", "b"], [0], 2),
    ),
    Case("strings.regex_replace", lambda tf: tf.strings.regex_replace(MIXED, "[aeiou]", "*")),
    Case(
        "strings.regex_replace",
        lambda tf: tf.strings.regex_replace("Text <b>bold</b>.<br/>", "<[^>]+>", ""),
    ),
    Case(
        "strings.regex_replace",
        lambda tf: tf.strings.regex_replace("abcd", "(b)(c)", "\\2\\1[\\0]"),
    ),
    Case(
        "strings.regex_replace",
        lambda tf: tf.strings.regex_replace("aXbXc", "X", "-", replace_global=False),
    ),
    Case("strings.regex_replace", lambda tf: tf.strings.regex_replace("abxd", "x*", "-")),
    Case("strings.regex_replace", lambda tf: tf.strings.regex_replace("αβγ δ", "\\pL+", "L")),
    Case("strings.regex_replace", lambda tf: tf.strings.regex_replace("αβγ ab", "\\w", "w")),
    Case(
        "strings.regex_replace",
        lambda tf: tf.strings.regex_replace("Hello. World!", "[[:punct:]]", ""),
    ),
    Case(
        "strings.regex_replace",
        lambda tf: tf.strings.regex_replace("Hello. World!", "[^[:alpha:] ]|l", "_"),
    ),
    Case("strings.regex_replace", lambda tf: tf.strings.regex_replace("a.b*c", "\\Q.b*\\E", "x")),
    Case("strings.regex_replace", lambda tf: tf.strings.regex_replace("a\nb\n", "$", "|")),
    Case("strings.regex_replace", lambda tf: tf.strings.regex_replace("a\nb\n", "(?m)^", ">")),
    Case(
        "strings.regex_replace",
        lambda tf: tf.strings.regex_replace("Hello hELLO", "(?i)hello", "bye"),
    ),
    Case(
        "strings.regex_replace",
        lambda tf: tf.strings.regex_replace("Hello hELLO", "h(?i:ello)", "bye"),
    ),
    Case("strings.regex_replace", lambda tf: tf.strings.regex_replace("a\nb", "a(?s).b", "x")),
    Case(
        "strings.regex_replace",
        lambda tf: tf.strings.regex_replace("foobar", "(?P<first>fo+)", "\\1-"),
    ),
    Case(
        "strings.regex_replace",
        lambda tf: tf.strings.regex_replace(
            "[%s]\\'", "[%s]" % "!\"#$%&()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~'", ""
        ),
    ),
    Case("strings.regex_replace", lambda tf: tf.strings.regex_replace("aaa", "a{2}", "b")),
    Case("strings.regex_replace", lambda tf: tf.strings.regex_replace("a\\b", "\\\\", "/")),
    Case(
        "strings.regex_replace",
        lambda tf: tf.strings.regex_replace("abc", tf.constant("b"), tf.constant("x")),
    ),
    Case("strings.regex_replace", lambda tf: tf.strings.regex_replace(words(tf), "\\s+", "_")),
    Case("strings.regex_replace", lambda tf: tf.strings.regex_replace("a\x0bb c", "\\s", "_")),
    Case("strings.regex_replace", lambda tf: tf.strings.regex_replace("abc", "\\x62", "-")),
    bad("strings.regex_replace", lambda tf: tf.strings.regex_replace("abc", "(", "x")),
    bad("strings.regex_replace", lambda tf: tf.strings.regex_replace("abc", "(?=b)", "x")),
    bad("strings.regex_replace", lambda tf: tf.strings.regex_replace("abc", "(a)\\1", "x")),
    bad("strings.regex_replace", lambda tf: tf.strings.regex_replace("abc", "*", "x")),
    bad("strings.regex_replace", lambda tf: tf.strings.regex_replace("abc", "[", "x")),
    bad("strings.regex_replace", lambda tf: tf.strings.regex_replace("abc", ["b"], "x")),
    bad("strings.regex_replace", lambda tf: tf.strings.regex_replace(1, "b", "x")),
    Case(
        "strings.regex_full_match",
        lambda tf: tf.strings.regex_full_match(["TF lib", "lib TF"], ".*lib$"),
    ),
    Case(
        "strings.regex_full_match", lambda tf: tf.strings.regex_full_match(["abc", "ab\n"], "a.*")
    ),
    Case("strings.regex_full_match", lambda tf: tf.strings.regex_full_match("123", "[0-9]+|x")),
    Case("strings.regex_full_match", lambda tf: tf.strings.regex_full_match("a", "")),
    bad("strings.regex_full_match", lambda tf: tf.strings.regex_full_match("a", "a)")),
    Case("strings.split", lambda tf: tf.strings.split("a b  c")),
    Case("strings.split", lambda tf: tf.strings.split(["a b  c", "", " x "])),
    Case("strings.split", lambda tf: tf.strings.split(["a,,b", ",x"], ",")),
    Case("strings.split", lambda tf: tf.strings.split(["a--b-c", "d"], sep="--")),
    Case("strings.split", lambda tf: tf.strings.split(["a b c", "d"], maxsplit=1)),
    Case("strings.split", lambda tf: tf.strings.split(" a  b  c ", maxsplit=1)),
    Case("strings.split", lambda tf: tf.strings.split([["a b"], ["c"]])),
    Case("strings.split", lambda tf: tf.strings.split("", ",")),
    Case("strings.split", lambda tf: tf.strings.split(words(tf))),
    Case("strings.split", lambda tf: tf.strings.split(["a b", "c"]).to_tensor()),
    Case("strings.split", lambda tf: tf.strings.split(["a b", "c"]).to_list()),
    Case("strings.split", lambda tf: repr(tf.strings.split(["a b", "c"]))),
    bad("strings.split", lambda tf: tf.strings.split(1)),
    bad("strings.split", lambda tf: tf.strings.split("a", ["x"])),
    Case("strings.bytes_split", lambda tf: tf.strings.bytes_split("abc")),
    Case("strings.bytes_split", lambda tf: tf.strings.bytes_split(["abc", "", "ü"])),
    Case("strings.bytes_split", lambda tf: tf.strings.bytes_split([["abc"], ["d"]])),
    bad("strings.bytes_split", lambda tf: tf.strings.bytes_split(1)),
    Case("strings.ngrams", lambda tf: tf.strings.ngrams(["a", "b", "c", "d"], 2)),
    Case(
        "strings.ngrams", lambda tf: tf.strings.ngrams(["a", "b", "c", "d"], [1, 3], separator="-")
    ),
    Case("strings.ngrams", lambda tf: tf.strings.ngrams([["a", "b", "c"], ["d", "e", "f"]], 2)),
    Case("strings.ngrams", lambda tf: tf.strings.ngrams(["a", "b"], 3, pad_values=("<", ">"))),
    Case(
        "strings.ngrams",
        lambda tf: tf.strings.ngrams(["a", "b"], 3, pad_values="*", padding_width=1),
    ),
    Case(
        "strings.ngrams", lambda tf: tf.strings.ngrams(["a", "b"], 3, preserve_short_sequences=True)
    ),
    Case("strings.ngrams", lambda tf: tf.strings.ngrams(["a", "b"], 3)),
    Case(
        "strings.ngrams",
        lambda tf: tf.strings.ngrams(tf.ragged.constant([["a", "b", "c"], [], ["d"]]), 2),
    ),
    bad("strings.ngrams", lambda tf: tf.strings.ngrams("a", 2)),
    bad("strings.ngrams", lambda tf: tf.strings.ngrams(["a"], 0)),
    bad("strings.ngrams", lambda tf: tf.strings.ngrams(["a"], 2, padding_width=1)),
    Case("strings.format", lambda tf: tf.strings.format("a {} b {}", (tf.range(10), "x"))),
    Case("strings.format", lambda tf: tf.strings.format("{}", tf.constant(["a", 'b"c']))),
    Case(
        "strings.format", lambda tf: tf.strings.format("{}", tf.constant([[1.5, 2], [1 / 3, 1e10]]))
    ),
    Case(
        "strings.format", lambda tf: tf.strings.format("{}", tf.reshape(tf.range(128), [8, 8, 2]))
    ),
    Case("strings.format", lambda tf: tf.strings.format("{}", tf.range(10), summarize=-1)),
    Case(
        "strings.format",
        lambda tf: tf.strings.format("%t", tf.constant([True, False]), placeholder="%t"),
    ),
    Case("strings.format", lambda tf: tf.strings.format("abc", ())),
    bad("strings.format", lambda tf: tf.strings.format("{} {}", tf.constant(1))),
    bad("strings.format", lambda tf: tf.strings.format("{}", 3.0)),
    Case("strings.unicode_decode", lambda tf: tf.strings.unicode_decode("Grüße", "UTF-8")),
    Case(
        "strings.unicode_decode", lambda tf: tf.strings.unicode_decode(["Grüße", "你", ""], "UTF-8")
    ),
    Case("strings.unicode_decode", lambda tf: tf.strings.unicode_decode([["a"], ["b"]], "UTF-8")),
    Case(
        "strings.unicode_decode",
        lambda tf: tf.strings.unicode_decode(b"a\xff\xe4\xbdb\xe4", "UTF-8"),
    ),
    Case(
        "strings.unicode_decode",
        lambda tf: tf.strings.unicode_decode(RAW, "UTF-8", errors="ignore"),
    ),
    Case(
        "strings.unicode_decode",
        lambda tf: tf.strings.unicode_decode(
            RAW, "UTF-8", replacement_char=63, replace_control_characters=True
        ),
    ),
    Case(
        "strings.unicode_decode",
        lambda tf: tf.strings.unicode_decode(b"\x00a\x20\xac", "UTF-16-BE"),
    ),
    Case("strings.unicode_decode", lambda tf: tf.strings.unicode_decode(b"\xe9", "ISO-8859-1")),
    bad(
        "strings.unicode_decode",
        lambda tf: tf.strings.unicode_decode(b"a\xff", "UTF-8", errors="strict"),
    ),
    bad("strings.unicode_decode", lambda tf: tf.strings.unicode_decode("a", "no-such")),
    bad("strings.unicode_decode", lambda tf: tf.strings.unicode_decode("a", "UTF-8", errors="x")),
    Case(
        "strings.unicode_decode_with_offsets",
        lambda tf: tf.strings.unicode_decode_with_offsets(["Grüße", "a"], "UTF-8"),
    ),
    Case(
        "strings.unicode_decode_with_offsets",
        lambda tf: tf.strings.unicode_decode_with_offsets("ü", "UTF-8"),
    ),
    bad(
        "strings.unicode_decode_with_offsets",
        lambda tf: tf.strings.unicode_decode_with_offsets(1, "UTF-8"),
    ),
    Case("strings.unicode_split", lambda tf: tf.strings.unicode_split(["Grüße", "a"], "UTF-8")),
    Case("strings.unicode_split", lambda tf: tf.strings.unicode_split("Grü", "UTF-8")),
    Case("strings.unicode_split", lambda tf: tf.strings.unicode_split(b"a\xffb", "UTF-8")),
    bad(
        "strings.unicode_split",
        lambda tf: tf.strings.unicode_split(b"a\xffb", "UTF-8", errors="strict"),
    ),
    Case(
        "strings.unicode_split_with_offsets",
        lambda tf: tf.strings.unicode_split_with_offsets(["Grüße", "a"], "UTF-8"),
    ),
    Case(
        "strings.unicode_split_with_offsets",
        lambda tf: tf.strings.unicode_split_with_offsets("Grü", "UTF-8"),
    ),
    bad(
        "strings.unicode_split_with_offsets",
        lambda tf: tf.strings.unicode_split_with_offsets(1, "UTF-8"),
    ),
    Case("strings.unicode_encode", lambda tf: tf.strings.unicode_encode([71, 252], "UTF-8")),
    Case(
        "strings.unicode_encode",
        lambda tf: tf.strings.unicode_encode([[71, 252], [65, 66]], "UTF-16-BE"),
    ),
    Case(
        "strings.unicode_encode",
        lambda tf: tf.strings.unicode_encode(tf.ragged.constant([[71, 252], []]), "UTF-8"),
    ),
    Case("strings.unicode_encode", lambda tf: tf.strings.unicode_encode([0xD800, -1, 65], "UTF-8")),
    Case(
        "strings.unicode_encode",
        lambda tf: tf.strings.unicode_encode([0xD800, 65], "UTF-8", errors="ignore"),
    ),
    bad(
        "strings.unicode_encode",
        lambda tf: tf.strings.unicode_encode([0xD800], "UTF-8", errors="strict"),
    ),
    bad("strings.unicode_encode", lambda tf: tf.strings.unicode_encode(65, "UTF-8")),
    bad("strings.unicode_encode", lambda tf: tf.strings.unicode_encode([65], "ISO")),
    Case(
        "strings.unicode_transcode",
        lambda tf: tf.strings.unicode_transcode(["Grüße", "a"], "UTF-8", "UTF-16-BE"),
    ),
    Case(
        "strings.unicode_transcode",
        lambda tf: tf.strings.unicode_transcode(RAW, "UTF-8", "UTF-8", replacement_char=63),
    ),
    Case(
        "strings.unicode_transcode",
        lambda tf: tf.strings.unicode_transcode(RAW, "UTF-8", "UTF-32-BE", errors="ignore"),
    ),
    bad("strings.unicode_transcode", lambda tf: tf.strings.unicode_transcode("a", "UTF-8", "ISO")),
]
