"""Keep who may come in, who is signed in, and what is shared with whom."""
