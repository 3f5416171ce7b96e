"""Write what Linear has, and keep how far and how well that went."""
