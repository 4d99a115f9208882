"""Signing in and changing one's own password. Nothing here says whether an account exists or a password is right."""

from __future__ import annotations

from wtforms import BooleanField, Form, HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from policies.message import Message
from policies.password import MAX_LENGTH

LONGEST_LOGIN = 100  # more than any login has; what is longer is refused like any unknown one


class SignInForm(Form):
    """Who, and the password. ``keep`` stays signed in through a working day on an own computer."""

    login = StringField(
        Message("sign_in.login"),
        [InputRequired(Message("sign_in.form.login_missing")), Length(max=LONGEST_LOGIN)],
        filters=[lambda text: text.strip() if text else text],
    )
    password = PasswordField(
        Message("sign_in.password"),
        [InputRequired(Message("sign_in.form.password_missing")), Length(max=MAX_LENGTH * 4)],
    )
    keep = BooleanField(Message("sign_in.keep"))
    next = HiddenField()


class ChangePasswordForm(Form):
    """The current password, and the new one twice; the rules of ``policies/password.py`` are asked by the service."""

    current = PasswordField(Message("sign_in.current"), [InputRequired(Message("sign_in.form.password_missing"))])
    password = PasswordField(
        Message("sign_in.new"),
        [InputRequired(Message("sign_in.form.password_missing"))],
    )
    again = PasswordField(
        Message("sign_in.again"),
        [InputRequired(Message("sign_in.form.password_missing"))],
    )

    def validate_again(self, field: PasswordField) -> None:
        """A mistyped password would lock its owner out."""
        if field.data != self.password.data:
            raise ValidationError(Message("sign_in.form.not_the_same"))  # type: ignore[arg-type]
