"""Tell a query's language by its script; enough to know which models understand it."""

from __future__ import annotations

import re

_KANA = re.compile(r"[\u3040-\u30ff]")
_HANGUL = re.compile(r"[\uac00-\ud7af\u1100-\u11ff]")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_ARABIC = re.compile(r"[\u0600-\u06ff]")


def language_of(text: str) -> str:
    """Return `zh`, `ja`, `ko`, `ru` or `ar` where a script says so, `en` otherwise.

    One character decides: a Chinese query with a Latin brand in it is Chinese. Latin-script
    languages are not told apart.

    Example:
        >>> language_of("iPhone 手机壳"), language_of("phone case")
        ('zh', 'en')
    """
    for language, script in (
        ("ja", _KANA),
        ("ko", _HANGUL),
        ("zh", _HAN),
        ("ru", _CYRILLIC),
        ("ar", _ARABIC),
    ):
        if script.search(text):
            return language
    return "en"
