"""Hold the use cases: each owns its transaction, raises named errors, and knows no HTTP."""
