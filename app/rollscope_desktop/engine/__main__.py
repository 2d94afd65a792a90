"""Starts the engine: ``python -m rollscope_desktop.engine``."""

import sys
from multiprocessing import freeze_support

from rollscope_desktop.engine.process import main

if __name__ == "__main__":
    freeze_support()
    sys.exit(main(sys.argv[1:]))
