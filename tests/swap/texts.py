"""What shoppers, robots and attackers type: ten thousand texts, the same in every run."""

from __future__ import annotations

import random
from collections.abc import Iterator

_WORDS = (
    *(
        "shoe",
        "trail",
        "rot",
        "Größe",
        "名牌",
        "跑鞋",
        "обувь",
        "حذاء",
        "נעל",
        "靴",
        "신발",
        "giày",
    ),
    *("iPhone", "dv7-1211ea", "4006381333931", "0", "NaN", "null", "true", "and", "OR", "NOT"),
)
_LUCENE = (
    *('"', "'", "`", "\\", "/", "(", ")", "[", "]", "{", "}", "+", "-", "=", "&&", "||", "!", "^"),
    *("~", "*", "?", ":", "<", ">", "title:", "_exists_:", "[* TO *]", "^10", "~2", "/.*/", "\\\\"),
)
_INJECTIONS = (
    '"}},"size":10000,"query":{"match_all":{}}',
    '"},"script":{"source":"System.exit(0)"}}',
    "}\n{}\n",
    '\n{"index":"secrets"}\n{"query":{"match_all":{}}}\n',
    "'; DROP TABLE products; --",
    "<script>alert(1)</script>",
    "{{params.query}}",
    "${jndi:ldap://x}",
    "%00%0a%22",
    "\\u0022}}",
    "es_hybrid.semantic",
    "_name",
)
_CHARACTERS = (
    *("\x00", "\x01", "\x08", "\t", "\n", "\r", "\x1f", "\x7f", "\x85", "\xa0", "\u2028", "\u2029"),
    *("\u200b", "\u200d", "\u200e", "\u202e", "\u2066", "\ufeff", "\ufffe", "\uffff", "\U0010ffff"),
    *("e\u0301", "a" + "\u0300" * 30, "ﬁ", "Ⅷ", "ß", "İ", "ǅ", "½", "🎧", "👩‍👩‍👧", "🇩🇪", "\ud83d"),
    *("\ud800", "\udfff", "\udc80", "\u3000", "，", "。", "％", "１２３", "ｈｐ", "𝔥𝔭"),
)


def texts(count: int, *, seed: int = 4) -> Iterator[str]:
    """Yield `count` texts: every ingredient by itself first, then mixtures, a few of them huge."""
    yield from singles()[:count]
    chance = random.Random(seed)
    for number in range(len(singles()), count):
        if number % 1000 == 7:
            yield _huge(chance)
            continue
        pools = chance.choices((_WORDS, _LUCENE, _INJECTIONS, _CHARACTERS), k=chance.randint(1, 9))
        glue = chance.choice((" ", " ", "", "\n"))
        yield glue.join(chance.choice(pool) for pool in pools)


def singles() -> list[str]:
    """Return every ingredient by itself, blanks, and the longest texts."""
    blanks = ["", " ", "\t\n", "\u3000", "\u200b"]
    long = [
        "x" * 100_000,
        "shoe " * 20_000,
        "dv7-1211ea " * 9_000,
        " ".join(f"ab-{number}x" for number in range(9_000)),
        "🎧" * 25_000,
        '"' * 100_000,
    ]
    return [*blanks, *_WORDS, *_LUCENE, *_INJECTIONS, *_CHARACTERS, *long]


def _huge(chance: random.Random) -> str:
    unit = chance.choice((*_WORDS, *_LUCENE, *_INJECTIONS, *_CHARACTERS)) + " "
    return (unit * (100_000 // len(unit) + 1))[:100_000]
