"""Words by which mail programs are told from people (R1): subjects of automatic replies, heads of what is quoted."""

from __future__ import annotations

import re

# Only where nothing else follows but a colon: who complains of automatic answers is a customer.
ABSENT = re.compile(
    r"\s*(?:\[?(?:自动回复|自动答复|自動回覆|自动应答|外出自动回复|不在办公室|休假自动回复)\]?"
    r"|(?:automatic reply|auto[- ]?reply|auto[- ]?response|out of (?:the )?office|vacation reply|autosvar))"
    r"\s*(?:[:：].*|$)",
    re.IGNORECASE | re.DOTALL,
)
# A line from which on a mail program repeats what was written before.
BEFORE = re.compile(
    r"\s*(?:-{2,}\s*(?:Original Message|Forwarded message|原始邮件|原邮件|转发邮件|回复的原邮件)\s*-{0,}"
    r"|On .{4,200}wrote\s*[:：]"
    r"|(?:在|于)\s?.{2,200}写道\s*[:：]"
    r"|\d{4}[年/-].{2,120}写道\s*[:：]"
    r"|_{20,})\s*",
    re.IGNORECASE,
)
# The first line of a head that is repeated as text, and one of which another must follow.
HEAD = re.compile(r"\s*\*?(?:发件人|寄件者|寄件人|From)\s*\*?\s*[:：]", re.IGNORECASE)
HEAD_NEXT = re.compile(
    r"\s*\*?(?:发送时间|发送日期|日期|时间|收件人|寄件日期|Sent|Date|To)\s*\*?\s*[:：]", re.IGNORECASE
)
