"""Entry point of `scalepredict` and `python -m scalepredict`."""

from scalepredict.predictors.numerics.blas_threads import limit_blas_threads

limit_blas_threads()  # before anything below loads NumPy, which reads the variables only then

from scalepredict.cli.app import main  # noqa: E402

__all__ = ["main"]

if __name__ == "__main__":
    main()
