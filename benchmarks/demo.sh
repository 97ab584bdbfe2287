#!/bin/sh
set -eu
scalepredict --help
