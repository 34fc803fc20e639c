"""Imported before numpy and torch: sums are then made in one order, whatever the machine has of cores and of settings, so that the same bytes come out."""
import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
