"""The desktop's verbs of the ``rollscope`` command, one file each, named like the verb.

Every file offers ``command``, a click command, and is a row of the entry-point group
``rollscope.commands``. ``rollscope --help`` imports all of them, so a file imports click at its top
and the floors it needs inside its function.
"""
