"""Whether and where a run can be forked, and what a fork would save and cause."""
