"""Check how browsers reach the program: its address, its cookies, the proxies before it."""

from urllib.parse import urlsplit

from shareable_backlog.cli.doctor.finding import Finding
from shareable_backlog.config import Settings
from shareable_backlog.config.values import is_loopback


def check_base_url(settings: Settings) -> Finding:
    """Return where people reach it, and whether by TLS."""
    if settings.base_url is None:
        return Finding("base_url", "ok", "not set: only this machine is served")
    if _is_https(settings) or is_loopback(urlsplit(settings.base_url).hostname or ""):
        return Finding("base_url", "ok", settings.base_url)
    what = f"{settings.base_url} has no TLS: pages and cookies can be read on the way."
    return Finding("base_url", "warn", what, "have a proxy end TLS, and begin BASE_URL with https://")


def check_cookies(settings: Settings) -> Finding:
    """Return how browsers keep the cookies of sign-ins."""
    if not _is_https(settings):
        return Finding("cookies", "ok", "HttpOnly, SameSite=Lax, also sent without TLS")
    has_path = urlsplit(settings.base_url or "").path not in {"", "/"}
    return Finding("cookies", "ok", f"Secure, HttpOnly, SameSite=Lax, {'__Secure-' if has_path else '__Host-'}")


def check_proxies(settings: Settings) -> Finding:
    """Return whom the program believes where a request comes from."""
    if settings.trusted_proxies:
        return Finding("proxies", "ok", f"believed: {', '.join(map(str, settings.trusted_proxies))}")
    if _is_https(settings):
        what = "TRUSTED_PROXIES names none, but who ends TLS for BASE_URL is one."
        return Finding("proxies", "warn", what, "set TRUSTED_PROXIES to the address from which the proxy connects")
    return Finding("proxies", "ok", "none is believed")


def _is_https(settings: Settings) -> bool:
    return (settings.base_url or "").startswith("https:")
