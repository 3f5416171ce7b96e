"""Tests of views made in Linear."""
