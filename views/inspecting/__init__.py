"""The pages of an inspector (R27, R28): what waits, the record beside its card, handing on and leaving it."""
