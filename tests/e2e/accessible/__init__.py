"""Tests of WCAG in a browser; docs/accessibility.md says which criterion each is for."""
