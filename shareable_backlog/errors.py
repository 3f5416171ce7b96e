"""Name every error that a service may raise.

An error carries a code, never an HTTP status; `str(error)` is one or two plain sentences that may be shown
to anybody: no host, URL, SQL or secret. Details belong in the log.
"""


class BacklogError(Exception):
    """The root of the product's own errors."""

    code = "INTERNAL_ERROR"


class DatabaseUnavailable(BacklogError):
    """The database can't be reached or asked right now; the same request may work later."""

    code = "DATABASE_UNAVAILABLE"


class DatabaseFailed(BacklogError):
    """The database refused or broke off one statement; repeating it would not help."""

    code = "DATABASE_ERROR"


class DatabaseReadOnly(DatabaseUnavailable):
    """The database can be read, and takes no changes right now."""

    code = "DATABASE_READ_ONLY"


class Interrupted(BacklogError):
    """The program was stopped before it could answer."""

    code = "INTERRUPTED"


class Contended(DatabaseUnavailable):
    """Others change the same rows just now; the same transaction may work at once."""


class DataRefused(DatabaseFailed):
    """The database refused the values themselves; other values would have been stored."""


class SchemaNotReady(BacklogError):
    """The database's schema is behind or ahead of this program."""

    code = "SCHEMA_NOT_READY"


class MigrationFailed(BacklogError):
    """Which migration could not be run, and where it stopped."""

    code = "MIGRATION_FAILED"


class EmbeddedServerFailed(BacklogError):
    """Why the embedded PostgreSQL could not be started, and what to do."""

    code = "EMBEDDED_SERVER_FAILED"


class NotFound(BacklogError):
    """What was asked for does not exist, or may not be seen: the two look alike."""

    code = "NOT_FOUND"


class InvalidInput(BacklogError):
    """What is wrong with what was sent."""

    code = "INVALID_INPUT"


class NotSignedIn(BacklogError):
    """Only signed-in people may do this."""

    code = "NOT_SIGNED_IN"


class NotAllowed(BacklogError):
    """This person, or this network, may not do it."""

    code = "NOT_ALLOWED"


class Conflict(BacklogError):
    """Why something can't be done as things are now; nothing was changed."""

    code = "CONFLICT"


class TooMany(BacklogError):
    """Something was tried too often; the same may work later."""

    code = "TOO_MANY"


class SignInFailed(BacklogError):
    """Why an attempt to sign in came to nothing."""

    code = "SIGN_IN_FAILED"


class MailFailed(BacklogError):
    """Why a mail could not be handed over to the mail server; when it `is_final`, trying again won't help."""

    code = "MAIL_FAILED"

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.is_final = is_final


class ImportInvalid(BacklogError):
    """In which row and column an imported file is wrong; nothing of it was stored."""

    code = "IMPORT_INVALID"


class SyncFailed(BacklogError):
    """Why a run of the mirror stopped; what was stored before stays."""

    code = "SYNC_FAILED"


class BackupFailed(BacklogError):
    """Why a backup could not be written or read back."""

    code = "BACKUP_FAILED"


class LinearFailed(BacklogError):
    """The root of what can go wrong when asking Linear."""

    code = "LINEAR_FAILED"


class ConfigurationInvalid(BacklogError):
    """List every fault of the configuration at once, secrets masked."""

    code = "CONFIGURATION_INVALID"

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("The configuration is wrong: " + "; ".join(faults))
        self.faults = faults
