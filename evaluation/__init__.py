"""Whether to believe it: calibration, backtests, classes of predictability, the trend test."""
