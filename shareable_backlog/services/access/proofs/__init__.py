"""Have people prove who they are: by passkeys, again before what matters, in browsers that are known or new."""
