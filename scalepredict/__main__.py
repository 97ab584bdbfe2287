"""Entry point of `scalepredict` and `python -m scalepredict`."""

from scalepredict.cli.app import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
