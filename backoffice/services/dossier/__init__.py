"""The archive dossier of one complaint, from its rows to what is printed (R22, R39)."""
