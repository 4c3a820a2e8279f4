"""Data sets by name: what is known of them, and their files, fetched once and checked; none is read here."""

from scalelaw.catalogue.catalogue import Dataset as Dataset
from scalelaw.catalogue.catalogue import dataset_path as dataset_path
from scalelaw.catalogue.catalogue import datasets as datasets
from scalelaw.catalogue.catalogue import locate as locate
from scalelaw.catalogue.catalogue import place as place
