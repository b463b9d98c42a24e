"""Who waits: the source of both flavours."""
