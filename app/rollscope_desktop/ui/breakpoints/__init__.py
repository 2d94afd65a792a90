"""The page of breakpoints, and what is done with a call that waits at one."""
