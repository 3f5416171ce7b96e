"""Hold HTTP without knowledge of the product: rendering, pagination, errors, security headers."""
