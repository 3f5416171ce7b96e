"""Say whether a session of the database's role finds what stands in the schema `public`, where everything is made."""

from typing import LiteralString

SELECT_USE: LiteralString = """
SELECT current_setting('server_encoding'), current_user::text,
       CASE WHEN to_regnamespace('public') IS NOT NULL THEN has_schema_privilege('public', 'USAGE') END AS is_open,
       CASE WHEN 'public' <> ALL (current_schemas(false)) THEN current_setting('search_path') END AS search_path
"""
"""Return the encoding, the role, whether it may use the schema (null: there is none), and where it looks instead."""


def describe_use(role: str, search_path: str | None, *, is_open: bool | None) -> str | None:
    """Say in plain words why the role finds nothing, and the fix; None when it does."""
    if is_open is None:
        return (
            "The database has no schema public, where all tables are made: run, as its owner, CREATE SCHEMA public."
        )
    if not is_open:
        return describe_lacking(role, "USAGE on the schema public")
    if search_path is not None:
        # We ask for it at the start of each session, but some poolers throw that away.
        return (
            f"The database's role looks in another schema (search_path {search_path}), and a pooler keeps us from"
            f" saying otherwise: run, as its owner, ALTER ROLE {role} SET search_path = public."
        )
    return None


def describe_lacking(role: str, lacking: str) -> str:
    """Say in plain words which rights the role lacks, and the fix."""
    return (
        f"The database's role lacks {lacking}: run, as the owner of the tables,"
        f" `slb database grants --program {role}` and what it prints."
    )
