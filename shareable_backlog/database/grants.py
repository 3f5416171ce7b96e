"""Write the SQL that gives each role of a database its rights, and no more.

The owner owns the tables and runs the migrations. The program reads and writes, but to the audit log it only adds
rows and seals. A role that only reads sees nothing that lets anybody in.
"""

from psycopg.sql import SQL, Composed, Identifier

_OWNER = SQL("""\
-- To be run as the owner of the tables, the role that runs `slb migrate up`; again after each upgrade and restore.
-- What guards the audit log, from the owner too:
ALTER TABLE audit_logs ENABLE TRIGGER USER;
ALTER TABLE audit_seals ENABLE TRIGGER USER;
SELECT close_audit_tables();
""")
_PROGRAM = SQL("""
-- The program's role: let DATABASE_URL name it for everything but migrations and restore.
GRANT USAGE ON SCHEMA public TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role};
GRANT TRUNCATE ON sweep_entries TO {role};
REVOKE INSERT, UPDATE, DELETE ON pgmigrations, set_aside_indexes FROM {role};
-- The record only grows: what the database says of a row, and which rows wait for a seal, are not the program's.
REVOKE INSERT, UPDATE, DELETE ON audit_logs, audit_seals, unsealed_audit_logs FROM {role};
GRANT INSERT (user_id, actor_email, action, resource, resource_id, details, ip_address, user_agent, is_admin_action,
              outcome) ON audit_logs TO {role};
GRANT INSERT ON audit_seals TO {role};
""")
_PRUNING = SQL("""\
-- As AUDIT_RETENTION_DAYS is set: remove what a seal says that retention removes.
GRANT EXECUTE ON FUNCTION remove_pruned_audit_logs() TO {role};
""")
_NO_PRUNING = SQL("""\
-- As AUDIT_RETENTION_DAYS is not set, nothing is removed.
REVOKE EXECUTE ON FUNCTION remove_pruned_audit_logs() FROM {role};
""")
_READ_ONLY = SQL("""
-- A role that only reads, for reports: nothing of what people sign in with, no mails, no bodies of webhooks.
GRANT USAGE ON SCHEMA public TO {role};
GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role};
REVOKE SELECT ON api_tokens, held_forms, outgoing_mails, passkeys, rate_limits, sessions, sign_in_links,
                 used_challenges, user_identities, webhook_deliveries FROM {role};
-- What `slb migrate adopt` kept of the Node service's sessions, where it did.
DO $$
BEGIN
  IF to_regclass('node_sessions') IS NOT NULL THEN
    REVOKE SELECT ON node_sessions FROM {role};
  END IF;
END
$$;
""")


def build_grants(program: str | None, read_only: str | None, *, prunes: bool) -> Composed:
    """Return the statements for the owner, and for the roles that are named.

    `prunes` is whether the program removes what is older than the retention.
    """
    parts: list[SQL | Composed] = [_OWNER]
    if program:
        pruning = _PRUNING if prunes else _NO_PRUNING
        parts += [part.format(role=Identifier(program)) for part in (_PROGRAM, pruning)]
    if read_only:
        parts.append(_READ_ONLY.format(role=Identifier(read_only)))
    return SQL("").join(parts)


def format_grants(program: str | None, read_only: str | None, *, prunes: bool) -> str:
    """Return the same as text for psql, all or nothing."""
    return f"BEGIN;\n{build_grants(program, read_only, prunes=prunes).as_string(None)}COMMIT;\n"
