"""E-mails as customers write them, made by the tests themselves."""

from __future__ import annotations

from email.message import EmailMessage

CUSTOMER = "zhou@example.com"  # who complains in ``played.Play``
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


def letter(
    subject: str = "宽带又断了",
    text: str = "今晚又断了，请尽快处理。",
    sender: str = f"周晓 <{CUSTOMER}>",
    number: int = 1,
    answers: str = "",
    files: tuple[tuple[str, bytes], ...] = (),
    **headers: str,
) -> bytes:
    """One e-mail; ``answers`` is the id of the message that it answers."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, "complaints@example.com", subject
    made["Message-ID"] = f"<customer-{number}@mail.example.net>"
    made["Date"] = "Mon, 23 Nov 2026 09:50:00 +0800"
    if answers:
        made["In-Reply-To"] = f"<{answers}>"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    for name, content in files:
        made.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return made.as_bytes()
