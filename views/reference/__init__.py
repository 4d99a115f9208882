"""The screens of the office's own data: departments, staff, roles, channels, categories, lists, clocks, calendars …"""

from __future__ import annotations

from collections.abc import Callable

from flask_admin import BaseView

from views.reference.api_tokens import ApiTokenScreen
from views.reference.appraisal_rules import AppraisalRulesScreen
from views.reference.appraisal_schemes import AppraisalSchemeScreen
from views.reference.backups import BackupScreen
from views.reference.calendars import CalendarScreen
from views.reference.categories import CategoryScreen
from views.reference.changes import ChangesScreen
from views.reference.channels import ChannelScreen
from views.reference.delivery import DeliveryScreen
from views.reference.departments import DepartmentScreen
from views.reference.figures import FiguresScreen
from views.reference.list_entries import ListEntryScreen
from views.reference.mailbox import MailboxScreen
from views.reference.message_templates import TemplateScreen
from views.reference.office import OfficeScreen
from views.reference.process_versions import ProcessScreen
from views.reference.public_pages import PublicPagesScreen
from views.reference.roles import RoleScreen
from views.reference.sampling_plans import SamplingPlanScreen
from views.reference.scorecards import ScorecardScreen
from views.reference.scripts import ScriptScreen
from views.reference.sla_policies import SlaPolicyScreen
from views.reference.staff import StaffScreen
from views.reference.status import StatusScreen
from views.reference.survey_questions import SurveyQuestionsScreen
from views.reference.training import TrainingCourseScreen, TrainingRulesScreen
from views.reference.what_if import WhatIfScreen

SCREENS: tuple[Callable[[], BaseView], ...] = (
    OfficeScreen,
    DepartmentScreen,
    StaffScreen,
    RoleScreen,
    ApiTokenScreen,
    ChannelScreen,
    CategoryScreen,
    ScriptScreen,
    ProcessScreen,
    FiguresScreen,
    ListEntryScreen,
    TemplateScreen,
    DeliveryScreen,
    MailboxScreen,
    PublicPagesScreen,
    SurveyQuestionsScreen,
    BackupScreen,
    SlaPolicyScreen,
    CalendarScreen,
    SamplingPlanScreen,
    ScorecardScreen,
    AppraisalSchemeScreen,
    AppraisalRulesScreen,
    TrainingCourseScreen,
    TrainingRulesScreen,
    WhatIfScreen,
    ChangesScreen,
    StatusScreen,
)
