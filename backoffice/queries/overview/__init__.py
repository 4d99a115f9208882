"""The manager's view (R35, R36): counts and figures of a period, narrowed by what an address says, and their lists."""
