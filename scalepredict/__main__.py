"""Entry point of `scalepredict` and `python -m scalepredict`."""

import gc
import os
import sys
import warnings

from scalepredict.predictors.numerics.blas_threads import limit_blas_threads

limit_blas_threads()  # before anything loads NumPy, which reads the variables only then


def main() -> None:
    """Run the command line; Ctrl-C ends it without a traceback from its first moment on."""
    warnings.simplefilter("ignore")  # they are for programmers; what users must know, we say
    os.environ.setdefault("PYTHONWARNINGS", "ignore")  # in the processes that it starts, too
    gc.set_threshold(200_000, 30, 30)  # what is made while modules load stays: no need to look
    try:
        from scalepredict.cli.app import main as run  # most of the start-up time

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
