"""The ground of screens on which nothing is changed."""

from __future__ import annotations

from wtforms import Form

from policies.access import Permission
from views.reference.words import Worded
from views.screens import DataScreen


class ReadScreen(Worded, DataScreen):
    """A screen on which nothing is changed."""

    standing = "in_use"

    permissions = (Permission.CONFIGURATION_EDIT,)
    form = Form
    list_template = "reference/read_list.html"
    column_sortable_list = ()
    # Routes of Flask-Admin that this desk does not have.
    create_view = None
    edit_view = None
    delete_view = None
    action_view = None
    export = None
    ajax_lookup = None
    ajax_update = None
