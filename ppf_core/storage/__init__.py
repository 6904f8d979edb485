"""What a run leaves for later ones and for people: the one way to the files of the state directory."""
