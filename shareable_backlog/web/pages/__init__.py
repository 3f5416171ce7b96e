"""Render pages: templates, styles, and how words, dates and colours are written."""
