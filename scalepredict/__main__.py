"""Entry point of `scalepredict` and `python -m scalepredict`."""

import sys

from scalepredict.predictors.numerics.blas_threads import limit_blas_threads

limit_blas_threads()  # before anything loads NumPy, which reads the variables only then


def main() -> None:
    """Run the command line; Ctrl-C ends it without a traceback from its first moment on."""
    try:
        from scalepredict.cli.app import main as run  # most of the start-up time

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
