"""Data sets by name: what is known of them, where they lie, fetched once, and read as their authors read them."""

from scalelaw.catalogue.places import place as place
