"""A real sweep: a few hundred tiny byte-level transformers, trained to ask what the fits say of real losses."""
