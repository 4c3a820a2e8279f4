"""`python -m scalelaw`."""

from scalelaw.cli.app import main

if __name__ == "__main__":
    main()
