"""The host's side of federation: what other domains submit, ask for and are owed of the wavelets hosted here."""
