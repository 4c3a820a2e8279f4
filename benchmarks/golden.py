"""Golden values: what this library answers, kept from before a change to be compared with what it answers after.

    python benchmarks/golden.py write before.json             # the answers of the public API
    python benchmarks/golden.py json-keys keys_before.json    # what the documented commands print
    python benchmarks/golden.py compare before.json after.json

`compare` ends with code 1 where a number is off by more than `--rtol`, or an answer or a key is gone. That some are
new, sentences worded anew, text laid out anew or random streams drawn anew is shown and not held against it.
`json-keys --like keys_before.json` runs the commands of that file, whatever the documentation has by now.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
NEAR = [parent / "shared" / "data" for parent in ROOT.parents]
"""Where other people's training runs may be: beside the project, or beside a folder that it is in."""


def main() -> int:
    """Run one of the three."""
    given = arguments()
    began = time.perf_counter()
    if given.what == "compare":
        from golden_compare import compared

        text, same = compared(load(given.before), load(given.after), given.rtol)
        print(text)
        return 0 if same else 1
    save(given.file, written(given))
    print(f"{given.file}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
    return 0


def written(given: argparse.Namespace) -> dict[str, Any]:
    """What `write` and `json-keys` keep."""
    if given.what == "write":
        from golden_values import Data, values

        return values(Data(given.data), given.only)
    from golden_commands import documented, outcomes

    jobs = list(load(given.like)["codes"]) if given.like else documented(ROOT)
    return outcomes(jobs, given.data, ROOT)


def load(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def data_folder() -> Path:
    """The nearest of them that is there."""
    return next(filter(Path.is_dir, NEAR), NEAR[0])


def save(file: Path, content: Any) -> None:
    file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="what", required=True)
    write, keys = (commands.add_parser(name) for name in ("write", "json-keys"))
    for command in (write, keys):
        command.add_argument("file", type=Path)
        command.add_argument(
            "--data", type=Path, default=data_folder(), help="folder of other people's training runs"
        )
    write.add_argument("--only", nargs="*", default=(), help="sections")
    keys.add_argument("--like", type=Path, help="run the commands of this file")
    compare = commands.add_parser("compare")
    compare.add_argument("before", type=Path)
    compare.add_argument("after", type=Path)
    compare.add_argument("--rtol", type=float, default=1e-12)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
