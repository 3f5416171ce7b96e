"""What the settings say about access to Linear: a key or an OAuth application, and the webhook's secrets."""

import pytest

from shareable_backlog.config import Secret, format_settings, parse_settings
from shareable_backlog.errors import ConfigurationInvalid

KEY = {"LINEAR_API_KEY": "lin_api_0123456789"}
ID = {"LINEAR_OAUTH_CLIENT_ID": "backlog"}
SECRET = {"LINEAR_OAUTH_CLIENT_SECRET": "open-sesame"}
OLD, NEW = "lin_wh_old_0123456789", "lin_wh_new_0123456789"


def only_fault(values: dict[str, str]) -> str:
    with pytest.raises(ConfigurationInvalid) as caught:
        parse_settings(values)
    [fault] = caught.value.faults
    return fault


def test_an_oauth_application_is_taken_in_place_of_a_key() -> None:
    settings = parse_settings(ID | SECRET)
    assert settings.linear_oauth_client_id == "backlog"
    assert settings.linear_oauth_client_secret == Secret("open-sesame")


@pytest.mark.parametrize("others", [{}, KEY])
def test_half_of_an_oauth_application_is_refused(others: dict[str, str]) -> None:
    for half, other in ((ID, SECRET), (SECRET, ID)):
        [name], [missing] = half, other
        said = only_fault(others | half)
        assert said == f"{name} is set without {missing}: set that too, or leave {name} out"


def test_a_key_and_an_oauth_application_at_once_are_refused() -> None:
    assert only_fault(KEY | ID | SECRET) == "LINEAR_API_KEY and LINEAR_OAUTH_CLIENT_ID are both set: keep one"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("open-sesame", "holds a secret shorter than 16 characters"),
        (f"{OLD},", "holds a secret shorter than 16 characters"),
        (f"{OLD},{NEW},{OLD}", "holds more than two secrets: one, and a second only while it is being changed"),
    ],
)
def test_wrong_webhook_secrets_are_refused_without_showing_them(text: str, reason: str) -> None:
    assert only_fault({"LINEAR_WEBHOOK_SECRETS": text}) == f"LINEAR_WEBHOOK_SECRETS {reason}"


def test_both_webhook_secrets_are_taken_and_masked_where_settings_are_shown() -> None:
    settings = parse_settings({"LINEAR_WEBHOOK_SECRETS": f"{OLD}, {NEW}"})
    assert settings.linear_webhook_secrets == (Secret(OLD), Secret(NEW))
    assert format_settings(settings)["LINEAR_WEBHOOK_SECRETS"] == "**********,**********"
