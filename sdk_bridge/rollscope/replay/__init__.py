"""Makes a recorded run again: from its record up to an edit, and live from there."""

from rollscope.playing import Divergence, EntryCalled, loading
from rollscope.replay.plan import Answer, Edit, Plan, Progress, Question
from rollscope.replay.playback import Playback
from rollscope.replay.record import Record, RecordedSpan, ReplayError
from rollscope.replay.running import Outcome

__all__ = [
    "Answer",
    "Divergence",
    "Edit",
    "EntryCalled",
    "Outcome",
    "Plan",
    "Playback",
    "Progress",
    "Question",
    "Record",
    "RecordedSpan",
    "ReplayError",
    "loading",
]
