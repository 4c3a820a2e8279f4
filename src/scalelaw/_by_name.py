"""Things by name, read from a file when the first of them is asked for; an unknown name gets the nearest."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from scalelaw._checks import bad_input, did_you_mean, shown

Thing = TypeVar("Thing")


class ByName(Mapping[str, Thing]):
    """A mapping whose unknown names are refused with the nearest.

    Args:
        kind: what the things are called in a message.
        listing: the command that lists them.
        read: gives all of them, in their order; called whenever one is asked for.
    """

    def __init__(self, kind: str, listing: str, read: Callable[[], Mapping[str, Thing]]) -> None:
        self._kind, self._listing, self._read = kind, listing, read

    def __getitem__(self, name: str) -> Thing:
        """The thing called `name`.

        Raises:
            BadInput: if there is none.
        """
        things = self._read()
        if name not in things:
            expected = f"one of the {len(things)} that {self._listing} lists"
            raise bad_input(self._kind, expected, shown(name), advice=did_you_mean(str(name), things))
        return things[name]

    def __contains__(self, name: object) -> bool:
        """Whether there is such a thing."""
        return name in self._read()

    def __iter__(self) -> Iterator[str]:
        """The names, in their order."""
        return iter(self._read())

    def __len__(self) -> int:
        """How many there are."""
        return len(self._read())
