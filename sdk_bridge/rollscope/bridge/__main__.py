"""``python -P -m rollscope.bridge``."""

import sys

from rollscope.bridge.session import main

if __name__ == "__main__":
    sys.exit(main())
