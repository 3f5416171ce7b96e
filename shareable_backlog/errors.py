"""Name every error that a service may raise.

An error carries a code, never an HTTP status; `str(error)` is one or two plain sentences that may be shown
to anybody: no host, URL, SQL or secret. Details belong in the log.
"""


class BacklogError(Exception):
    """Be the root of the product's own errors."""

    code = "INTERNAL_ERROR"


class DatabaseUnavailable(BacklogError):
    """Say that the database can't be reached or asked right now; the same request may work later."""

    code = "DATABASE_UNAVAILABLE"


class DatabaseFailed(BacklogError):
    """Say that the database refused or broke off one statement; repeating it would not help."""

    code = "DATABASE_ERROR"


class Contended(DatabaseUnavailable):
    """Say that others change the same rows just now; the same transaction may work at once."""


class DataRefused(DatabaseFailed):
    """Say that the database refused the values themselves; other values would have been stored."""


class SchemaNotReady(BacklogError):
    """Say that the database's schema is behind or ahead of this program."""

    code = "SCHEMA_NOT_READY"


class MigrationFailed(BacklogError):
    """Say which migration could not be run, and where it stopped."""

    code = "MIGRATION_FAILED"


class EmbeddedServerFailed(BacklogError):
    """Say why the embedded PostgreSQL could not be started, and what to do."""

    code = "EMBEDDED_SERVER_FAILED"


class NotFound(BacklogError):
    """Say that what was asked for does not exist, or may not be seen: the two look alike."""

    code = "NOT_FOUND"


class InvalidInput(BacklogError):
    """Say what is wrong with what was sent."""

    code = "INVALID_INPUT"


class NotSignedIn(BacklogError):
    """Say that only signed-in people may do this."""

    code = "NOT_SIGNED_IN"


class NotAllowed(BacklogError):
    """Say that this person, or this network, may not do it."""

    code = "NOT_ALLOWED"


class Conflict(BacklogError):
    """Say why something can't be done as things are now; nothing was changed."""

    code = "CONFLICT"


class TooMany(BacklogError):
    """Say that something was tried too often; the same may work later."""

    code = "TOO_MANY"


class SignInFailed(BacklogError):
    """Say why an attempt to sign in came to nothing."""

    code = "SIGN_IN_FAILED"


class MailFailed(BacklogError):
    """Say why a mail could not be handed over to the mail server; when it `is_final`, trying again won't help."""

    code = "MAIL_FAILED"

    def __init__(self, words: str, *, is_final: bool = False) -> None:
        super().__init__(words)
        self.is_final = is_final


class ImportInvalid(BacklogError):
    """Say in which row and column an imported file is wrong; nothing of it was stored."""

    code = "IMPORT_INVALID"


class SyncFailed(BacklogError):
    """Say why a run of the mirror stopped; what was stored before stays."""

    code = "SYNC_FAILED"


class BackupFailed(BacklogError):
    """Say why a backup could not be written or read back."""

    code = "BACKUP_FAILED"


class LinearFailed(BacklogError):
    """Be the root of what can go wrong when asking Linear."""

    code = "LINEAR_FAILED"


class ConfigurationInvalid(BacklogError):
    """List every fault of the configuration at once, secrets masked."""

    code = "CONFIGURATION_INVALID"

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("The configuration is wrong: " + "; ".join(faults))
        self.faults = faults
