"""What the vendor's ``retrace-sdk`` sends, translated into events of the run log. Pure.

How its words become ours:

- A trace is a run. Its id, a UUID, is the run's; a span's id is the first half of its UUID. Both
  are kept as ``source_id``, in ``meta`` and in ``attrs``.
- ``llm_call`` is a model call and ``tool_call`` a tool. ``reasoning`` and ``action`` are tasks, but
  plain spans where they cost something themselves, so that a run costs what its SDK says;
  ``error`` and ``fork_point`` are plain spans. The word itself is in the attribute ``span_type``.
- A ``tool_result`` is no step: it is the output of the call with its ``tool_call_id``, or an event
  on it when that has an output already. Where that call is not known it is a tool; without an id
  (adapters write it beside a tool_call of their own) a plain span. That it failed is a guess of
  the SDK, kept in the attributes.
- A tool call that a model has asked for is told as ended at once, and taken up when the program
  runs it. It stays open until its result is known, it is ended again, or its trace ends.
"""
