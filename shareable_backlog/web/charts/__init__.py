"""Turn what is known of items and projects into pictures: where things stand, in numbers."""
