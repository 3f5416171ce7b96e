"""The addresses of people whose own one nobody vouches for: each says what they claim, and none can be anybody's.

`carol=example.com.0123456789abcdef0123@unverified.invalid`: nothing below `.invalid` ever exists (RFC 2606), so
nobody proves such an address by a link, and it takes no real one away. The digits stand for issuer and subject.
"""

import hashlib
import re

DOMAIN = "unverified.invalid"

_LONGEST_LOCAL, _LONGEST_DOMAIN = 64, 128  # so that the whole is as short as a mail address has to be
_FORM = re.compile(rf"(.*)=([^=]*)\.[0-9a-f]{{20}}@{re.escape(DOMAIN)}")


def build_email(issuer: str, subject: str, claimed: str) -> str:
    """Return the address to keep for a person who claims one that their provider does not vouch for."""
    digits = hashlib.sha256(f"{issuer}\0{subject}".encode()).hexdigest()[:20]
    local, _, domain = claimed.rpartition("@")
    return f"{local[:_LONGEST_LOCAL]}={domain[:_LONGEST_DOMAIN].replace('=', '-')}.{digits}@{DOMAIN}"


def read_claimed_email(email: str) -> str | None:
    """Return what a person claims to be their address; None for everybody whose address has been proven."""
    found = _FORM.fullmatch(email)
    return f"{found[1]}@{found[2]}" if found else None
