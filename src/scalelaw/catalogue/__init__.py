"""Data sets by name: what is known of them, and their files, fetched once and checked; none is read here."""

from scalelaw.catalogue.dataset import Dataset as Dataset
from scalelaw.catalogue.dataset import datasets as datasets
from scalelaw.catalogue.files import dataset_path as dataset_path
from scalelaw.catalogue.files import locate as locate
from scalelaw.catalogue.files import place as place
