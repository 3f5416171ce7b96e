"""Answer the pages of what was finished."""
