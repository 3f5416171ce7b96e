"""Write the mails and send them."""
