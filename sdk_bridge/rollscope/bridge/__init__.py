"""The bridge: makes a recorded run again, in the interpreter and the folder that it was made in.

``python -P -m rollscope.bridge`` is started by the engine and spoken to in JSON lines over its
standard input and output; docs/bridge-protocol.md tells what is said.
"""
