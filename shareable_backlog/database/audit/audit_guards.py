"""Look whether the audit log is guarded as it should be: the triggers, and who has which right."""

from msgspec import Struct

from shareable_backlog.database.connection.query import query

_TRIGGERS = {
    ("audit_logs", "sign_audit_log"),
    ("audit_logs", "queue_audit_log"),
    ("audit_logs", "guard_audit_log"),
    ("audit_logs", "guard_audit_log_removal"),
    ("audit_logs", "guard_audit_log_as_a_whole"),
    ("audit_seals", "guard_audit_seal"),
    ("audit_seals", "guard_audit_seals_as_a_whole"),
}


class AuditGuards(Struct, frozen=True, kw_only=True):
    """What is open: triggers that are gone, and those that are off; rights to change the record, as "role: RIGHT".

    `lacking` are rights that the role in use needs and has not. `is_powerful` is whether that role owns the tables or
    is a superuser, and so could take the guards away.
    """

    missing: list[str]
    disabled: list[str]
    excess: list[str]
    lacking: list[str]
    is_powerful: bool
    role: str


async def inspect_guards() -> AuditGuards:
    """Read the guards as they are."""
    triggers = await query(
        """
        SELECT tgrelid::regclass::text, tgname::text, tgenabled IN ('O', 'A') FROM pg_trigger
        WHERE tgrelid IN ('audit_logs'::regclass, 'audit_seals'::regclass) AND NOT tgisinternal
        """
    )
    enabled = {(table, name): is_on for table, name, is_on in triggers}
    excess = await query(
        """
        SELECT CASE acl.grantee WHEN 0 THEN 'everybody' ELSE pg_get_userbyid(acl.grantee)::text END
               || ': ' || acl.privilege_type || ' on ' || c.relname
        FROM pg_class AS c
        CROSS JOIN aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) AS acl
        WHERE c.oid IN ('audit_logs'::regclass, 'audit_seals'::regclass)
          AND acl.privilege_type IN ('UPDATE', 'DELETE', 'TRUNCATE')
        ORDER BY 1
        """
    )
    lacking = await query(
        """
        SELECT wanted.privilege || ' on ' || wanted.name
        FROM (VALUES ('audit_seals', 'SELECT'), ('audit_seals', 'INSERT'), ('unsealed_audit_logs', 'SELECT'),
                     ('audit_logs', 'SELECT')) AS wanted (name, privilege)
        WHERE NOT has_table_privilege(wanted.name, wanted.privilege)
        UNION ALL
        SELECT 'INSERT on audit_logs' WHERE NOT has_any_column_privilege('audit_logs', 'INSERT')
        """
    )
    [(is_powerful, role)] = await query(
        """
        SELECT rolsuper OR EXISTS (
            SELECT FROM pg_class WHERE oid = 'audit_logs'::regclass AND pg_has_role(relowner, 'MEMBER')
        ), rolname::text
        FROM pg_roles WHERE rolname = current_user
        """
    )
    return AuditGuards(
        missing=sorted(name for table, name in _TRIGGERS if (table, name) not in enabled),
        disabled=sorted(name for (_, name), is_on in enabled.items() if not is_on),
        excess=[right for (right,) in excess],
        lacking=[right for (right,) in lacking],
        is_powerful=is_powerful,
        role=role,
    )
