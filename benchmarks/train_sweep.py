"""Train the sweep of `benchmarks/sweep/`: `python benchmarks/train_sweep.py`; started again it goes on."""

from sweep.run import main

if __name__ == "__main__":
    main()
