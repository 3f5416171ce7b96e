"""Put words of people's own into mails so that they can't pass for ours."""

_LONGEST_QUOTE = 500


def quote_words(text: str | None, introduction: str) -> str:
    """Return a person's own words so that they can't pass for ours; nothing for no words."""
    words = [clean_line(line) for line in (text or "")[:_LONGEST_QUOTE].splitlines()]
    if not any(words):
        return ""
    return f"\n\n{introduction}\n\n" + "\n".join(f"> {line}".rstrip() for line in words)


def clean_line(text: str) -> str:
    """Return a text as one line of what can be printed."""
    return "".join(filter(str.isprintable, " ".join(text.split())))[:_LONGEST_QUOTE]
