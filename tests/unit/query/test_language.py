"""Enough of a query's language is known to tell which models understand it."""

from __future__ import annotations

import pytest

from es_hybrid.query.language import language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("trail running shoe", "en"),
        ("Schuhe für Läufer", "en"),
        ("", "en"),
        ("501 🎧", "en"),
        ("轻薄透气夏季连衣裙", "zh"),
        ("輕薄透氣夏季連衣裙", "zh"),
        ("iPhone 手机壳", "zh"),
        ("𠮷野家", "zh"),
        ("ランニングシューズ 靴", "ja"),
        ("러닝화", "ko"),
        ("кроссовки", "ru"),
        ("حذاء", "ar"),
    ],
)
def test_script_decides(text: str, language: str) -> None:
    """One character of a script is enough, and kana wins over Chinese characters."""
    assert language_of(text) == language
