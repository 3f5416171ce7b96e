"""Commands about who gets in: people and their sessions."""
