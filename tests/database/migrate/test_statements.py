import psycopg
import pytest

from shareable_backlog.database.migrate import statements

TRICKY = (
    "SELECT 1",
    "SELECT 1;; ; SELECT 2; -- SELECT 3;\n/* SELECT 4; */",
    "SELECT ';', E'\\';', 'it''s;', U&'\\0041;', $$;$$, $a$ $$;$$ $a$; SELECT 2",
    'CREATE TEMP TABLE "a;b" (";" int); INSERT INTO "a;b" VALUES (1); SELECT ";" FROM "a;b"',
    "DO $body$ BEGIN PERFORM 1; PERFORM 2; END $body$; SELECT 1",
    "CREATE FUNCTION pg_temp.f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE 1 WHEN 1 THEN 2 END; END; SELECT 2",
    "CREATE TEMP TABLE a (b int); CREATE RULE r AS ON DELETE TO a DO ALSO (SELECT 1; SELECT 2); SELECT 3",
    "SELECT CASE WHEN true THEN 1 ELSE 2 END; SELECT 2",
    "SELECT 1 AS a$b$, 2 AS c$b$; SELECT 2",
)


@pytest.mark.parametrize("text", TRICKY)
def test_statements_are_counted_as_the_server_counts_them(server: str, text: str) -> None:
    with psycopg.connect(server) as connection:
        cursor = connection.execute(text.encode(), prepare=False)
        answers = 1
        while cursor.nextset():
            answers += 1
        connection.rollback()
    assert len(statements.split_statements(text)) == answers


def test_a_statement_begins_after_the_comments_before_it() -> None:
    text = "-- first\nSELECT 1;\n/* second */\n\nSELECT 2;\n"
    assert [text[found.offset :][:8] for found in statements.split_statements(text)] == ["SELECT 1", "SELECT 2"]


def test_a_text_of_comments_holds_no_statement() -> None:
    assert statements.split_statements("-- Up Migration\n\n/* nothing */ ;\n") == []
