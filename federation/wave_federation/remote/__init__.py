"""The remote's side of federation: copies of wavelets that other domains host, and what our users write in them."""
