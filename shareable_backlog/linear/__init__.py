"""Ask Linear, by its API or by its CSV export; knows no database."""
