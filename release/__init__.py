"""What `make release` makes of a commit: packages, their bill of materials, checksums and a signature."""
