"""What stands around the package: documents, and the tools of whoever develops."""
