"""A database is read as a stream, and its secrets stay where they are."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from es_hybrid import ConfigurationError, HybridError, read_sql
from es_hybrid.indexing.sources import Record
from tests.support.postgres_servers import PASSWORD, PostgresServer


def test_rows_are_products(postgres: PostgresServer, sql: psycopg.Connection) -> None:
    """Every type of a usual table arrives as a value that a product can hold."""
    sql.execute(
        "CREATE TABLE products (id numeric, title text, price numeric(10,2), tags text[], "
        "attributes jsonb, updated_at timestamptz, photo bytea, sku uuid, gone text)"
    )
    sql.execute(
        "INSERT INTO products VALUES (7, '轻薄 shoe', 9.90, '{a,b}', '{\"colour\": \"red\"}', "
        "'2026-01-02T03:04:05+00', '\\xff', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', NULL)"
    )
    (item,) = read_sql(postgres.url, table="public.products")
    assert item == Record(
        1,
        {
            "id": 7,
            "title": "轻薄 shoe",
            "price": 9.9,
            "tags": ["a", "b"],
            "attributes": {"colour": "red"},
            "updated_at": "2026-01-02T03:04:05+00:00",
            "photo": "/w==",
            "sku": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
            "gone": None,
        },
    )


def test_a_query_keeps_its_order_and_both_of_two_columns(
    postgres: PostgresServer, sql: psycopg.Connection
) -> None:
    """A join that names a column twice loses neither."""
    query = "SELECT n AS id, n * 2 AS x, n * 3 AS x FROM generate_series(3, 1, -1) AS n"
    found = [item.product for item in read_sql(postgres.url, query=query)]
    assert found == [{"id": n, "x": n * 2, "x_2": n * 3} for n in (3, 2, 1)]


def test_a_query_is_taken_as_it_is(postgres: PostgresServer, sql: psycopg.Connection) -> None:
    """Colons and percent signs in a text are no parameters."""
    query = "SELECT 1 AS id, ':size 10:30 %s 50%' AS t, '2026-01-02'::date AS d"
    (item,) = read_sql(postgres.url, query=query)
    assert item.product == {"id": 1, "t": ":size 10:30 %s 50%", "d": "2026-01-02"}


def test_a_large_table_is_not_fetched_at_once(
    postgres: PostgresServer, sql: psycopg.Connection
) -> None:
    """The first row of a long query is there before the database could have made the last."""
    sql.execute("ALTER ROLE shop SET statement_timeout = '20s'")  # so that a mistake ends
    rows = read_sql(postgres.url, query="SELECT generate_series(1, 1000000000000) AS id")
    assert [next(rows).product["id"] for _ in range(2500)] == list(range(1, 2501))
    rows.close()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"table": "nothing"}, 'relation "nothing" does not exist'),
        ({"query": "SELEC 1"}, "syntax error"),
    ],
)
def test_what_the_database_refuses_is_said_in_its_words(
    postgres: PostgresServer, sql: psycopg.Connection, options: dict[str, str], reason: str
) -> None:
    """A wrong table or query is explained without the password, in the chain of causes neither."""
    with pytest.raises(HybridError, match=reason) as caught:
        list(read_sql(postgres.url, **options))
    assert not caught.value.retryable
    assert PASSWORD not in repr(caught.value) + str(caught.value.__cause__)


def test_a_wrong_password_is_not_repeated(postgres: PostgresServer) -> None:
    """Nobody is let in, nothing secret is said, and it is not tried for ever."""
    url = postgres.url.replace(PASSWORD, "wrong-word")
    with pytest.raises(HybridError, match="password authentication failed") as caught:
        list(read_sql(url, table="products"))
    assert not caught.value.retryable
    assert "wrong-word" not in str(caught.value)


def test_a_database_that_is_away_may_come_back() -> None:
    """A connection that is refused is worth another try later."""
    with pytest.raises(HybridError, match=r"postgresql\+psycopg://127.0.0.1:1/x failed") as caught:
        list(read_sql("postgresql+psycopg://me:secret@127.0.0.1:1/x", table="products"))
    assert caught.value.retryable
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "options", "reason"),
    [
        ("sqlite://", {}, "either a table or a query"),
        ("sqlite://", {"table": "a", "query": "b"}, "either a table or a query"),
        ("no address with secret", {"table": "a"}, "the database address is none"),
        ("nosuch://u:secret@h/d", {"table": "a"}, "knows no database nosuch"),
        ("mysql+pymysql://u:secret@h/d", {"table": "a"}, "pymysql of .* is not installed"),
    ],
)
def test_what_cannot_be_opened_is_explained_at_once(
    url: str, options: dict[str, str], reason: str
) -> None:
    """A wrong address fails before the first record, without showing the secret in it."""
    with pytest.raises(ConfigurationError, match=reason) as caught:
        read_sql(url, **options)
    assert "secret" not in str(caught.value)


def test_a_table_of_sqlite_is_read_too(tmp_path: Path) -> None:
    """Any database that SQLAlchemy knows is a source."""
    with closing(sqlite3.connect(tmp_path / "shop.db")) as base:
        base.execute("CREATE TABLE products (id INTEGER, title TEXT)")
        base.execute("INSERT INTO products VALUES (1, 'tent')")
        base.commit()
    found = list(read_sql(f"sqlite:///{tmp_path}/shop.db", table="products"))
    assert found == [Record(1, {"id": 1, "title": "tent"})]
