"""Let the program use a database by a role that has only the rights which `slb database grants` prints."""

import os

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from shareable_backlog.database import grants

TEMPLATE = "SLB_TESTS_TEMPLATE"
"""The variable that names the database which all others are cloned from."""


def name_role() -> str:
    """Return what the role is called in this run of the tests."""
    return f"{os.environ[TEMPLATE]}_program"


def create_role(conninfo: str) -> None:
    """Make the role and give it its rights in the database; clones of that have them too."""
    name = name_role()
    with psycopg.connect(conninfo) as connection:
        connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(name)))
        connection.execute(grants.build_grants(name, None, prunes=True))


def use_role(conninfo: str) -> str:
    """Return the connection string of somebody who may be any role, to be used as this one.

    A benchmark, which made no such role, uses its database as the owner.
    """
    if TEMPLATE not in os.environ:
        return conninfo
    return make_conninfo(conninfo, options=f"-c role={name_role()}")
