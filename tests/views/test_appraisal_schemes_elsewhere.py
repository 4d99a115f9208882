"""R32 on the other database: every check of schemes, shared rules and trials on the pages, over PostgreSQL."""

from __future__ import annotations

import pytest

from tests.conftest import missing
from tests.support import postgresql
from tests.support.databases import with_default_office
from tests.support.live import give_passwords
from tests.views import test_appraisal_schemes, test_scheme_trial

pytestmark = pytest.mark.postgresql
browser = test_appraisal_schemes.browser

for module in (test_appraisal_schemes, test_scheme_trial):
    globals().update({name: one for name, one in vars(module).items() if name.startswith("test_R")})


@pytest.fixture
def office(templates, tmp_path):
    """The default office with its sample staff, on PostgreSQL."""
    if reason := postgresql.why_not():
        missing(reason)
    with templates.copy("postgresql", with_default_office, tmp_path) as database:
        give_passwords(database)
        yield database
