"""Let people in, and decide what they see."""
