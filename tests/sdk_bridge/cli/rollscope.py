"""Stands for the ``rollscope`` command where the tests run without an installed one."""

from rollscope.cli import main

if __name__ == "__main__":
    main(prog_name="rollscope")
