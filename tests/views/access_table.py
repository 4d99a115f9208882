"""The expected answers of the access matrix (R39), written from the rules and never from the code that they test.

The rules are those of ``backoffice/office/organisation.yaml`` (who holds what in which scope, which duties exclude one
another) and of ``processes.yaml`` (who approves at a step). A changed cell is a changed rule: say in the commit which.

Letters: ``o`` opened, ``r`` refused (403), ``n`` not there for this person (404), ``c`` not in this state (409).
Three letters are one's own case, one of the same department, a foreign one. Roles, in the order of the columns:

IC intake clerk      SL shift lead        DI dispatcher        HA handler           DH department head
CC call-back clerk   CM complaints manager SM senior manager   DM duty manager      SP spokesperson
AM account manager   NE notice editor     KE knowledge editor  IN inspector         QM quality manager
AN analyst           HR HR clerk          AR archivist         AD administrator     AU auditor
"""

ROLES = {
    "IC": "intake_clerk", "SL": "shift_lead", "DI": "dispatcher", "HA": "handler", "DH": "department_head",
    "CC": "callback_clerk", "CM": "complaints_manager", "SM": "senior_manager", "DM": "duty_manager",
    "SP": "spokesperson", "AM": "account_manager", "NE": "notice_editor", "KE": "knowledge_editor", "IN": "inspector",
    "QM": "quality_manager", "AN": "analyst", "HR": "hr_clerk", "AR": "archivist", "AD": "administrator",
    "AU": "auditor",
}  # fmt: skip

# Endpoint, method, step of the complaint, action; own case, same department's, foreign one, for each role.
# An own case is registered by oneself; from "investigate" on one helps with its order, which another department has.
# So who helps does not call back or archive, and only the department that has an order appoints, transfers, disputes;
# nobody decides a dispute of their own department (R11).
COMPLAINTS = """
#                                                         IC  SL  DI  HA  DH  CC  CM  SM  DM  SP  AM  NE  KE  IN  QM  AN  HR  AR  AD  AU
complaint.page    GET  untaken     -                      oon oon ooo onn oon ooo ooo ooo ooo ooo oon oon ooo ooo ooo ooo rrr ooo rrr ooo
complaint.page    GET  register    -                      onn oon ooo onn oon ooo ooo ooo ooo ooo onn oon ooo ooo ooo ooo rrr ooo rrr ooo
complaint.page    GET  dispatch    -                      onn oon ooo onn oon ooo ooo ooo ooo ooo onn oon ooo ooo ooo ooo rrr ooo rrr ooo
complaint.page    GET  investigate -                      onn oon ooo onn oon ooo ooo ooo ooo ooo onn oon ooo ooo ooo ooo rrr ooo rrr ooo
course.course     GET  investigate -                      onn oon ooo onn oon ooo ooo ooo ooo ooo onn oon ooo ooo ooo ooo rrr ooo rrr ooo
complaint.page    GET  call_back   -                      onn oon ooo onn oon ooo ooo ooo ooo ooo onn oon ooo ooo ooo ooo rrr ooo rrr ooo
complaint.page    GET  archived    -                      onn oon ooo onn oon ooo ooo ooo ooo ooo onn oon ooo ooo ooo ooo rrr ooo rrr ooo
course.course     GET  archived    -                      onn oon ooo onn oon ooo ooo ooo ooo ooo onn oon ooo ooo ooo ooo rrr ooo rrr ooo
record.reveal     GET  investigate -                      onn oon oor onn oon orr ooo ooo ooo rrr onn rrr rrr rrr rrr rrr rrr rrr rrr rrr
record.reveal     POST investigate -                      onn oon oor onn oon orr ooo ooo ooo rrr onn rrr rrr rrr rrr rrr rrr rrr rrr rrr
record.reveal     GET  archived    -                      onn oon oor onn oon orr ooo ooo ooo rrr onn rrr rrr rrr rrr rrr rrr rrr rrr rrr
record.correct    GET  investigate -                      onn oon oor rrr rrr rrr ooo rrr rrr rrr onn rrr rrr rrr rrr rrr rrr rrr rrr rrr
record.correct    POST investigate -                      onn oon oor rrr rrr rrr ooo rrr rrr rrr onn rrr rrr rrr rrr rrr rrr rrr rrr rrr
files.download    GET  investigate -                      onn oon oor onn oon orr ooo ooo ooo rrr onn rrr rrr rrr rrr rrr rrr ooo rrr rrr
files.download    GET  archived    -                      onn oon oor onn oon orr ooo ooo ooo rrr onn rrr rrr rrr rrr rrr rrr ooo rrr rrr
dossier.preview   GET  investigate -                      rrr oon ooo onn oon rrr ooo ooo rrr rrr rrr rrr rrr ooo ooo rrr rrr ooo rrr ooo
dossier.preview   GET  archived    -                      rrr oon ooo onn oon rrr ooo ooo rrr rrr rrr rrr rrr ooo ooo rrr rrr ooo rrr ooo
dossier.print     POST archived    -                      rrr oon ooo onn oon rrr ooo ooo rrr rrr rrr rrr rrr ooo ooo rrr rrr ooo rrr ooo

# Notices of a complaint (R8): linked by whoever may speak with its customer; no such notice is sent here.
fault_notices.link  POST investigate -                    onn oon ooo onn oon orr ooo ooo ooo ooo onn rrr rrr rrr rrr rrr rrr rrr rrr rrr
fault_notices.called POST investigate -                   onn oon ooo onn oon orr ooo ooo ooo ooo onn rrr rrr rrr rrr rrr rrr rrr rrr rrr
fault_notices.loose POST investigate -                    onn oon ooo onn oon orr ooo ooo ooo ooo onn rrr rrr rrr rrr rrr rrr rrr rrr rrr

# untaken
acting.act        GET  untaken     take                   oon oon ooo rnn rrn rrr ooo rrr ooo rrr oon rrn rrr rrr rrr rrr rrr rrr rrr rrr

# register
acting.act        GET  register    acknowledge            onn oon ooo rnn rrn rrr ooo rrr ooo rrr onn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  register    start_check            onn oon ooo rnn rrn rrr ooo rrr ooo rrr onn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  register    attach                 onn oon ooo onn oon orr ooo ooo orr orr onn rrn rrr rrr orr rrr rrr ooo rrr rrr

# check
acting.act        GET  check       accept                 onn oon ooo rnn rrn rrr ooo rrr ooo rrr onn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  check       refer_out              onn oon ooo rnn rrn rrr ooo rrr ooo rrr onn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  check       merge                  onn oon ooo rnn rrn rrr ooo rrr ooo rrr onn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  check       find_not_established   onn oon ooo rnn rrn rrr ooo rrr ooo rrr onn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  check       solve_at_first_contact onn oon rrr rnn rrn rrr rrr rrr rrr rrr onn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  check       withdraw               onn oon ooo onn oon rrr ooo rrr rrr rrr onn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  check       regrade                rnn oon ooo rnn rrn rrr ooo ooo ooo rrr rnn rrn rrr rrr rrr rrr rrr rrr rrr rrr

# explain
acting.act        GET  explain     review_check           rnn oon rrr rnn rrn rrr rrr rrr rrr rrr rnn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  explain     explain                onn oon ooo rnn rrn rrr ooo rrr ooo rrr onn rrn rrr rrr rrr rrr rrr rrr rrr rrr

# dispatch
acting.act        GET  dispatch    send_order             rnn rrn ooo rnn rrn rrr ooo rrr ooo rrr rnn rrn rrr rrr rrr rrr rrr rrr rrr rrr

# appoint
acting.act        GET  appoint     appoint                rnn ron rrr rnn ron rrr ror rrr ooo rrr rnn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  appoint     transfer               rnn rrn rrr rnn ron rrr ooo rrr rrr rrr rnn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  appoint     raise_dispute          rnn rrn rrr rnn ron rrr ror rrr rrr rrr rnn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  appoint     urge                   onn oon ooo rnn rrn rrr ooo rrr ooo rrr onn rrn rrr rrr rrr rrr rrr rrr rrr rrr

# dispute
acting.act        GET  dispute     decide_dispute         rnn rrn rrr rnn rrn rrr oro oro rrr rrr rnn rrn rrr rrr rrr rrr rrr rrr rrr rrr

# investigate
acting.act        GET  investigate respond_first          onn oon ooo onn oon orr ooo ooo ooo ooo onn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  investigate tell_progress          onn oon ooo onn oon orr ooo ooo ooo ooo onn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  investigate tell_delay             onn oon ooo onn oon orr ooo ooo ooo ooo onn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  investigate communicate            onn oon ooo onn oon orr ooo ooo ooo ooo onn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  investigate apologise              onn oon ooo onn oon orr ooo ooo ooo ooo onn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  investigate reply_formally         onn oon ooo onn oon orr ooo ooo ooo ooo onn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  investigate note_progress          rnn rrn rrr onn oon rrr orr rrr rrr rrr rnn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  investigate record_evidence        onn oon ooo onn oon orr ooo ooo orr orr onn rrn rrr rrr orr rrr rrr ooo rrr rrr
acting.act        GET  investigate change_owner           rnn ron rrr rnn ron rrr ror rrr ooo rrr rnn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  investigate add_co_handlers        rnn ron rrr rnn ron rrr ror rrr ooo rrr rnn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  investigate request_extension      rnn rrn rrr onn oon rrr rrr rrr rrr rrr rnn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  investigate grant_extension        rnn rrn rrr rnn rrn rrr ooo ooo rrr rrr rnn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  investigate refuse_extension       rnn rrn rrr rnn rrn rrr ooo ooo rrr rrr rnn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  investigate submit_facts           rnn rrn rrr onn oon rrr orr rrr rrr rrr rnn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  investigate find_not_established   rnn rrn rrr onn oon rrr orr rrr rrr rrr rnn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  investigate withdraw               onn oon ooo onn oon rrr ooo rrr rrr rrr onn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  investigate raise_to_major         rnn oon ooo rnn rrn rrr ooo ooo ooo rrr rnn rrn rrr rrr rrr rrr rrr rrr rrr rrr

# plan
acting.act        GET  plan        submit_plan            rnn rrn rrr onn oon rrr orr rrr rrr rrr rnn rrn rrr rrr rrr rrr rrr rrr rrr rrr

# approve
acting.act        GET  approve     approve                rnn rrn rrr rnn oon rrr ooo ooo rrr rrr rnn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  approve     return_plan            rnn rrn rrr rnn oon rrr ooo ooo rrr rrr rnn rrn rrr rrr rrr rrr rrr rrr rrr rrr

# carry_out
acting.act        GET  carry_out   add_measure            rnn rrn rrr onn oon rrr orr rrr rrr rrr rnn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  carry_out   tick_measure           rnn rrn rrr onn oon rrr orr rrr rrr rrr rnn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  carry_out   complete_measures      rnn rrn rrr onn oon rrr orr rrr rrr rrr rnn rrn rrr rrr rrr rrr rrr rrr rrr rrr

# feed_back
acting.act        GET  feed_back   tell_result            rnn rrn rrr onn oon rrr orr ooo rrr rrr rnn rrn rrr rrr rrr rrr rrr rrr rrr rrr

# call_back
acting.act        GET  call_back   assign_callback        rnn rrn rrr rnn rrn ooo rrr rrr rrr rrr rnn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  call_back   record_attempt         rnn rrn rrr rnn rrn roo rrr rrr rrr rrr rnn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  call_back   confirm_satisfied      rnn rrn rrr rnn rrn roo rrr rrr rrr rrr rnn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  call_back   report_unsatisfied     rnn rrn rrr rnn rrn roo rrr rrr rrr rrr rnn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  call_back   report_unreachable     rnn rrn rrr rnn rrn roo rrr rrr rrr rrr rnn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  call_back   close_unsatisfied      rnn rrn rrr rnn rrn rrr ooo rrr rrr rrr rnn rrn rrr rrr rrr rrr rrr rrr rrr rrr

# rework
acting.act        GET  rework      redo                   rnn rrn rrr onn oon rrr orr rrr rrr rrr rnn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  rework      carry_out_again        rnn rrn rrr onn oon rrr orr rrr rrr rrr rnn rrn rrr rrr rrr rrr rrr rrr rrr rrr
acting.act        GET  rework      close_unsatisfied      rnn rrn rrr rnn rrn rrr ooo rrr rrr rrr rnn rrn rrr rrr rrr rrr rrr rrr rrr rrr

# closed
acting.act        GET  closed      archive                rnn rrn roo rnn rrn rrr roo rrr rrr rrr rnn rrn rrr rrr rrr rrr rrr roo rrr rrr

# archived
acting.act        GET  archived    add_supplement         rnn rrn ooo rnn rrn rrr ooo rrr rrr rrr rnn rrn rrr rrr rrr rrr rrr ooo rrr rrr

# archived: frozen for everybody who can read it (R22)
acting.act        POST archived    communicate            cnn ccn ccc cnn ccn ccc ccc ccc ccc ccc cnn ccn ccc ccc ccc ccc rrr ccc rrr ccc
acting.act        POST archived    record_evidence        cnn ccn ccc cnn ccn ccc ccc ccc ccc ccc cnn ccn ccc ccc ccc ccc rrr ccc rrr ccc
acting.act        POST archived    attach                 cnn ccn ccc cnn ccn ccc ccc ccc ccc ccc cnn ccn ccc ccc ccc ccc rrr ccc rrr ccc
acting.act        POST archived    regrade                cnn ccn ccc cnn ccn ccc ccc ccc ccc ccc cnn ccn ccc ccc ccc ccc rrr ccc rrr ccc
"""

# Corrective actions (R30), accepted by their owner and assigned by S024: endpoint, method, act; one's own, one of the same
# department, a foreign one; what holds for every role, and the roles for which something else does. A dot is not asked.
# Who assigns or verifies sees them as far as the grant reaches; only the owner carries one out, and nobody verifies an
# own one. A post that does not say which state it saw is refused as outdated.
CORRECTIVE = """
corrective.show    GET   -       onn  DH=oon CM=ooo SM=ooo IN=ooo QM=ooo
corrective.file    GET   -       onn  DH=oon CM=ooo SM=ooo IN=ooo QM=ooo
corrective.notice  POST  -       .nn  DH=.on CM=..o SM=..o IN=..o QM=..o
corrective.act     GET   finish  onn  DH=orn CM=orr SM=orr IN=orr QM=orr
corrective.act     POST  finish  cnn  DH=crn CM=crr SM=crr IN=crr QM=crr
corrective.act     POST  verify  rnn  DH=rrn CM=rrr SM=rrr IN=rcc QM=rcc
corrective.act     POST  cancel  rnn  DH=rrn CM=rrr SM=rrr IN=rrr QM=rrr
"""

# Published inspections (R28, R29, R39): endpoint, method; about oneself, about a colleague, about somebody of another
# department. Statistics of a department open its results; those of the whole office do so only to who reads figures of
# persons (inspection, appraisal, reports, audit), not to the knowledge editor and the HR clerk. Only the inspected
# appeal: for another's result that one reads it is refused, and one that one does not read is not there.
INSPECTIONS = """
my_inspections.page    GET   onn  SL=oon DH=oon CM=ooo SM=ooo IN=ooo QM=ooo AN=ooo AU=ooo
my_inspections.appeal  GET   rrr  IC=onn DI=onn HA=onn CC=onn AM=onn SL=orn DH=orn CM=orr IN=orr QM=orr AN=orr
my_inspections.appeal  POST  rrr  IC=onn DI=onn HA=onn CC=onn AM=onn SL=orn DH=orn CM=orr IN=orr QM=orr AN=orr
"""

# Appraisal sheets (R33), published: endpoint, method, act; one's own, a colleague's, one of another department. Heads see
# their department's, whoever computes, checks, approves for all or pays by them sees all. Nobody sees a line about
# themselves before it counts; whoever checks or approves decides it, as far as that reaches.
SHEETS = """
appraisal.sheet          GET   -            onn  DH=oon CM=oon SM=ooo QM=ooo AN=ooo HR=ooo
appraisal.counted        GET   on_time_rate onn  DH=oon CM=oon SM=ooo QM=ooo AN=ooo HR=ooo
appraisal.act            POST  acknowledge  cnn  DH=crn CM=crn SM=crr QM=crr AN=crr HR=crr
appraisal.act            POST  check        rnn  DH=rrn CM=rrn SM=rrr QM=rcc AN=rrr HR=rrr
appraisal.act            POST  approve      rnn  DH=rcn CM=rcn SM=rcc QM=rrr AN=rrr HR=rrr
appraisal.appeal         GET   -            rnn  IC=onn SL=onn DI=onn HA=onn CC=onn AM=onn IN=onn DH=orn CM=orn QM=orr AN=orr SM=rrr HR=rrr
appraisal.appeal         POST  -            rnn  IC=onn SL=onn DI=onn HA=onn CC=onn AM=onn IN=onn DH=orn CM=orn QM=orr AN=orr SM=rrr HR=rrr
appraisal.decide         GET   -            rrr  IN=rnn QM=rcc
appraisal.decide         POST  -            rrr  IN=rnn QM=rcc
appraisal.decider        GET   -            rrr  DH=rrn CM=rrn SM=ccc
appraisal.decider        POST  -            rrr  DH=rrn CM=rrn SM=ccc
appraisal.file           GET   -            nnn  DH=non CM=non SM=noo QM=noo
appraisal.refuse_line    GET   -            rrr  DH=non CM=non SM=noo QM=noo
appraisal.refuse_line    POST  -            rrr  DH=non CM=non SM=noo QM=noo
appraisal.withdraw_line  POST  -            rrr  DH=nrn CM=nrn SM=nrr QM=nrr AN=nrr
appraisal.approve_line   POST  -            rrr  DH=non CM=non SM=noo QM=noo
"""

# Endpoint and methods: the roles that may open it ("all": everybody of the office, "-": nobody of it, as it is given to
# somebody else alone: ZJ-1 waits on P, ZJ-2 on another inspector, R28; "off": there for nobody until it is switched
# on); all others are refused. What needs
# no sign-in is "all" as well, and tests/house/test_every_route_has_a_guard.py names it.
OPEN_TO = """
home.index               GET       all
inbox.index              GET       all
inbox.read               POST      all
inbox.sent               GET       CM SM AD
inbox.resend             POST      CM SM AD
inbox.settle             POST      CM SM AD
account.index            GET       all
account.contact          POST      all
account.end_sessions     POST      all
shortcuts.index          GET       all
drafts.index             GET       all
drafts.keep              POST      all
drafts.save              POST      all
shortcuts.choose         POST      all
sign_in.sign_in          GET       all
sign_in.enter            POST      all
sign_in.change_password  GET,POST  all
sign_in.sign_out         POST      all
preferences.choose       POST      all
resend.token             GET       all
public.index             GET       off
public.start             GET       off
public.complaint         GET,POST  off
public.progress          GET,POST  off
public.words             GET,POST  off
public.receipt           GET       off shown=x
public.survey            GET,POST  off link=x
public.survey_link       GET       off link=x
static                   GET       all
console.static           GET       all
watching.healthz         GET       all
watching.metrics         GET       all

saved_lists.save         POST      IC SL DI HA DH CC CM SM DM SP AM NE KE IN QM AN AR AU
saved_lists.columns      POST      IC SL DI HA DH CC CM SM DM SP AM NE KE IN QM AN AR AU
many.choose              POST      IC SL DI HA DH CC CM SM DM SP AM NE KE IN QM AN AR AU
many.carry_out           POST      IC SL DI HA DH CC CM SM DM SP AM NE KE IN QM AN AR AU

roster.index             GET       all
roster.absences          GET       all
roster.add_absence       GET,POST  all
roster.remove_absence    POST      absence_id=1  CM SM AD
roster.remove_absence    POST      absence_id=2  CM SM AD DH SL
roster.add_duty          GET,POST  CM SM AD
roster.remove_duty       POST      duty_id=1  CM SM AD

home.working_view        GET       code=intake      IC SL DI CM AM DM
home.working_view        GET       code=handling    IC SL DI HA DH CC CM SM DM SP AM NE KE IN QM AN AR AU
home.working_view        GET       code=inspection  IN QM
home.working_view        GET       code=management  CM SM
corrective.index         GET       all
corrective.assign        GET,POST  DH CM SM IN QM
corrective.export        POST      DH CM QM AN HR
agreement.index          GET       IN QM
drift.index              GET       IN QM
appraisal.mine           GET       all
appraisal.index          GET       DH CM SM QM AN HR
appraisal.month          GET       month=2026-09  DH CM SM QM AN HR
appraisal.act_on_many    POST      month=2026-09  DH CM SM QM AN HR
appraisal.lock           POST      month=2026-09  QM
appraisal.compute        POST      QM AN
appraisal.lines          GET       DH CM SM QM AN HR
appraisal.propose        GET,POST  DH CM SM QM AN
appraisal.appeals        GET       DH CM SM IN QM
calibration.index        GET       IN QM
calibration.call         GET,POST  IN QM
calibration.page         GET       IN QM number=JZ2026-001
calibration.score        GET,POST  IN QM number=JZ2026-001
calibration.draft        POST      IN QM number=JZ2026-001
calibration.end_scoring  POST      IN QM number=JZ2026-001
calibration.cancel       POST      IN QM number=JZ2026-001
calibration.close        GET,POST  IN QM number=JZ2026-002
calibration.minutes      POST      IN QM number=JZ2026-002
my_inspections.index     GET       all
my_inspections.download  GET       all number=SPOT_CHECK-1-002 file_id=1
appeals.index            GET       IN QM
appeals.decide           GET,POST  IN QM number=SPOT_CHECK-1-003
complaints.index         GET       IC SL DI HA DH CC CM SM DM SP AM NE KE IN QM AN AR AU
export.complaints        POST      DH CM QM AN HR
export.workbook          POST      DH CM QM AN HR
fault_notices.index      GET       IC SL DI HA DH CC CM SM DM SP AM NE KE IN QM AN AR AU
fault_notices.show       GET       number=TB2026-001  IC SL DI HA DH CC CM SM DM SP AM NE KE IN QM AN AR AU
fault_notices.new        GET,POST  SL CM DM NE
fault_notices.change     GET,POST  number=TB2026-001  SL CM DM NE
fault_notices.lift       GET,POST  number=TB2026-001  SL CM DM NE
knowledge.index          GET       IC SL DI HA DH CC CM SM DM SP AM NE KE IN QM AN AR AU
knowledge.show           GET       number=ZS2026-001  IC SL DI HA DH CC CM SM DM SP AM NE KE IN QM AN AR AU
knowledge.open_from      POST      number=ZS2026-001  IC SL DI HA DH CC CM SM DM SP AM NE KE IN QM AN AR AU
knowledge.new            GET,POST  KE CM QM
knowledge.change         GET,POST  number=ZS2026-001  KE CM QM
knowledge.release        POST      number=ZS2026-001  KE CM QM
knowledge.withdraw       POST      number=ZS2026-001  KE CM QM
clusters.index           GET       DI CM SM DM
clusters.accept          POST      DI CM SM DM
clusters.dismiss         POST      DI CM SM DM
draws.index              GET       IN QM
draws.page               GET       draw_id=1  IN QM
draws.again              GET       draw_id=1  IN QM
draws.cancel             GET,POST  draw_id=1  QM
draws.go_on              POST      draw_id=1  IN QM
draws.new                GET,POST  IN QM
draws.numbers            POST      draw_id=1  IN QM
draws.population         POST      draw_id=1  IN QM
inspection.index         GET       IN QM
scoring.page             GET       number=ZJ-1  IN QM
scoring.draft            POST      number=ZJ-1  IN QM
scoring.score            POST      number=ZJ-1  IN QM
scoring.reopen           POST      number=ZJ-1  IN QM
scoring.publish          POST      number=ZJ-1  IN QM
passing.hand_on          GET,POST  number=ZJ-1  IN QM
scoring.page             GET       number=SPOT_CHECK-1-003  IN QM
scoring.page             GET       number=ZJ-2  QM
scoring.draft            POST      number=ZJ-2  -
scoring.score            POST      number=ZJ-2  -
passing.cancel           GET,POST  number=ZJ-1  IN QM
disputes.index           GET       SL DH CM SM KE IN QM AN HR AU
inspection_figures.statistics GET  SL DH CM SM KE IN QM AN HR AU
overview.index           GET       SL DH CM SM KE IN QM AN HR AU
overview.count           POST      SL DH CM SM KE IN QM AN HR AU
overview.records_behind  GET       SL DH CM SM KE IN QM AN HR AU
overview.export_workbook POST      DH CM QM AN HR
overview.export_csv      POST      DH CM QM AN HR
statistics.index         GET       SL DH CM SM KE IN QM AN HR AU
statistics.count         POST      SL DH CM SM KE IN QM AN HR AU
statistics.export        POST      DH CM QM AN HR
inspection_figures.fatal GET       SL DH CM SM KE IN QM AN HR AU
inspection_papers.sheet  POST      IC SL DI HA DH CC CM SM AM KE IN QM AN HR AU
inspection_papers.report GET       SL DH CM SM KE IN QM AN HR AU
inspection_papers.print_report POST SL DH CM SM KE IN QM AN HR AU
inspection_list.index    GET       SL DH CM SM KE IN QM AN HR AU
inspection_list.export   POST      DH CM QM AN HR
intake.register          GET,POST  IC SL CM AM
intake.look_up           POST      IC SL DI CM AM
arrivals.index           GET       IC SL DI CM DM AM
arrivals.complete        GET,POST  draft_id=1 IC:n SL:n DI:n CM:n DM:n AM:n
arrivals.discard         GET,POST  draft_id=1 IC:n SL:n DI:n CM:n DM:n AM:n
arrivals.discarded       GET       draft_id=1 IC:n SL:n DI:n CM:n DM:n AM:n
arrivals.take_back       POST      draft_id=1 IC:n SL:n DI:n CM:n DM:n AM:n
arrivals.file            GET       draft_id=1 file_id=1 IC:n SL:n DI:n CM:n DM:n AM:n
importing.index          GET,POST  SL
paper_forms.index        GET,POST  SL
paper_forms.void         POST      number_id=1  SL:n
paper_forms.print_all    POST      SL
paper_forms.template     POST      SL
importing.show           GET       upload_id=1  SL:n
importing.reading        POST      upload_id=1  SL:n
importing.map_columns    POST      upload_id=1  SL:n
importing.ask            POST      upload_id=1  SL:n
importing.erase          POST      upload_id=1  SL:n
importing.take_refused   POST      upload_id=1  SL:n
intake_help.beside       POST      IC SL DI CM DM AM

indicators.index         GET       all
indicators.show          GET       all code=on_time_rate
indicators.count         POST      all code=on_time_rate
indicators.export        POST      DH CM QM AN HR code=on_time_rate
monthly_figures.index    GET,POST  QM AN

lots.index               GET       SL DH CM SM KE IN QM AN HR AU
lots.improve             GET,POST  lot_id=1  IN QM
coaching.index           GET       QM HR
coaching.begin           GET,POST  QM HR
coaching.end             GET,POST  coaching_id=1  QM HR

training.index           GET       DH CM SM QM HR
training.sessions        GET       DH CM SM QM HR
training.people          GET       DH CM SM QM HR
training.plan_session    GET,POST  QM HR
training.session         GET       session_id=1  SM QM HR
training.write_up        POST      session_id=1  QM HR
training.add_people      GET,POST  session_id=1  QM HR
training.cancel_session  GET,POST  session_id=1  QM HR
training.order           GET,POST  QM HR
training.show            GET       order_id=1  SM QM HR
training.coach           GET,POST  order_id=1  SM QM HR
training.review          POST      order_id=1  SM QM HR
training.cancel_order    GET,POST  order_id=1  QM HR
training.person          GET       code=S016  SM QM HR
training.file            POST      code=S016  SM QM HR
training.recognise       GET,POST  code=S016  QM HR
training.withdraw        GET,POST  qualification_id=1  QM HR
training.workbook        POST      QM HR
training.csv             POST      QM HR
training.mine            GET       all
training.sign            POST      attendance_id=1  -

training_rules.index           GET,POST  QM HR AD
training_courses.index_view    GET       QM HR AD
training_courses.details_view  GET       QM HR AD
training_courses.create_view   GET,POST  QM HR AD
training_courses.edit_view     GET,POST  QM HR AD
training_courses.retire_view   GET,POST  QM HR AD
training_courses.restore_view  GET,POST  QM HR AD

console.index            GET       QM AD AU
changes.index_view       GET       AD AU
changes.details_view     GET       AD AU
setup.index              GET,POST  AD
figures.index            GET,POST  AD
office.index             GET,POST  AD
office.take_default      POST      AD

departments.index_view       GET       AD
departments.details_view     GET       AD
departments.create_view      GET,POST  AD
departments.edit_view        GET,POST  AD
departments.retire_view      GET,POST  AD
departments.restore_view     GET,POST  AD

api_tokens.index             GET       AD
api_tokens.new               GET,POST  AD
api_tokens.revoke            POST      AD:n
api_tokens.calls             GET       AD

channels.index_view          GET       AD
channels.details_view        GET       AD
channels.create_view         GET,POST  AD
channels.edit_view           GET,POST  AD
channels.retire_view         GET,POST  AD
channels.restore_view        GET,POST  AD

categories.index_view        GET       AD
categories.details_view      GET       AD
categories.create_view       GET,POST  AD
categories.edit_view         GET,POST  AD
categories.retire_view       GET,POST  AD
categories.restore_view      GET,POST  AD

list_entries.index_view      GET       AD
list_entries.details_view    GET       AD
list_entries.create_view     GET,POST  AD
list_entries.edit_view       GET,POST  AD
list_entries.retire_view     GET,POST  AD
list_entries.restore_view    GET,POST  AD

calendars.index_view         GET       AD
calendars.details_view       GET       AD
calendars.create_view        GET,POST  AD
calendars.edit_view          GET,POST  AD
calendars.day_view           GET,POST  AD
calendars.drop_view          GET,POST  AD
calendars.closure_view       GET,POST  AD
calendars.reopen_view        GET,POST  AD
calendars.import_view        GET,POST  AD
calendars.year_view          GET       AD
calendars.moves_view         GET       AD

sla_policies.index           GET       AD
sla_policies.new             GET,POST  AD
sla_policies.retire          GET,POST  AD
sla_policies.draft           POST      AD
sla_policies.targets         GET,POST  AD
sla_policies.ladders         GET,POST  AD
sla_policies.extension       GET,POST  AD
sla_policies.check           POST      AD
sla_policies.force           GET,POST  AD

what_if.index                GET       CM SM KE IN QM AN HR AD AU
what_if.new                  GET,POST  CM SM KE IN QM AN HR AD AU
what_if.run                  GET       CM SM KE IN QM AN HR AD AU
what_if.take_along           POST      CM QM AN HR
what_if.stop                 POST      CM SM KE IN QM AN HR AD AU

processes.index_view         GET       AD
processes.details_view       GET       AD
processes.compare            GET       AD
processes.download           GET       AD
processes.chart              GET       AD
processes.draw_up            GET,POST  AD
processes.file               GET,POST  AD
processes.head               GET,POST  AD
processes.step               GET,POST  AD
processes.new_step           GET,POST  AD
processes.move               POST      AD
processes.drop               GET,POST  AD
processes.check              POST      AD
processes.put_into_force     GET,POST  AD
processes.retire_view        GET,POST  AD

sampling_plans.index_view      GET       QM AD
sampling_plans.details_view    GET       QM AD
sampling_plans.compare         GET       QM AD
sampling_plans.new_plan        GET,POST  AD
sampling_plans.draw_up         GET,POST  AD
sampling_plans.edit            GET,POST  AD
sampling_plans.check           POST      AD
sampling_plans.put_into_force  GET,POST  QM
sampling_plans.stop            GET,POST  QM
sampling_plans.retire_view     GET,POST  QM

scorecards.index_view          GET       AD
scorecards.details_view        GET       AD
scorecards.preview             GET,POST  AD
scorecards.compare             GET       AD
scorecards.download            GET       AD
scorecards.new_card            GET,POST  AD
scorecards.file                GET,POST  AD
scorecards.draw_up             GET,POST  AD
scorecards.edit                GET,POST  AD
scorecards.item                GET,POST  AD
scorecards.new_item            GET,POST  AD
scorecards.move                POST      AD
scorecards.drop                POST      AD
scorecards.check               POST      AD
scorecards.put_into_force      GET,POST  AD
scorecards.retire_view         GET,POST  AD
intake_scripts.index_view            GET       KE CM QM
intake_scripts.details_view          GET       KE CM QM
intake_scripts.compare               GET       KE CM QM
intake_scripts.new_script            GET,POST  KE CM QM
intake_scripts.draw_up               GET,POST  KE CM QM
intake_scripts.edit                  GET,POST  KE CM QM
intake_scripts.question              GET,POST  KE CM QM
intake_scripts.new_question          GET,POST  KE CM QM
intake_scripts.move                  POST      KE CM QM
intake_scripts.drop                  POST      KE CM QM
intake_scripts.check                 POST      KE CM QM
intake_scripts.put_into_force        GET,POST  KE CM QM
intake_scripts.retire_view           GET,POST  KE CM QM

appraisal_schemes.index_view      GET       AD
appraisal_schemes.details_view    GET       AD
appraisal_schemes.compare         GET       AD
appraisal_schemes.new_scheme      GET,POST  AD
appraisal_schemes.draw_up         GET,POST  AD
appraisal_schemes.edit            GET,POST  AD
appraisal_schemes.example         POST      AD
appraisal_schemes.check           POST      AD
appraisal_schemes.put_into_force  GET,POST  AD
appraisal_schemes.retire_view     GET,POST  AD

scheme_trial.index                GET       QM AN AD
scheme_trial.page                 GET       QM AN AD code=handler_2026 version=1

appraisal_rules.index_view        GET       AD
appraisal_rules.details_view      GET       AD
appraisal_rules.compare           GET       AD
appraisal_rules.draw_up           GET,POST  AD
appraisal_rules.edit              GET,POST  AD
appraisal_rules.check             POST      AD
appraisal_rules.put_into_force    GET,POST  AD
appraisal_rules.retire_view       GET,POST  AD

message_templates.index_view GET       AD
message_templates.details_view GET       AD
message_templates.create_view GET,POST  AD
message_templates.edit_view  GET,POST  AD
message_templates.retire_view GET,POST AD
message_templates.restore_view GET,POST AD

delivery.index               GET,POST  AD
delivery.try_out             POST      AD way=email

mailbox.index                GET,POST  AD
mailbox.try_out              POST      AD
mailbox.fetch                POST      AD
mailbox.settle               POST      AD:n id=1
public_pages.index           GET,POST  AD
survey_questions.index       GET,POST  AD

backups.index                GET,POST  AD

status.index                 GET       AD

staff.index_view             GET       AD
staff.create_view            GET,POST  AD

roles.index_view             GET       AD
roles.details_view           GET       AD
roles.create_view            GET,POST  AD
roles.edit_view              GET,POST  AD
roles.grants_view            GET,POST  AD
roles.retire_view            GET,POST  AD
roles.restore_view           GET,POST  AD
"""

# Acts on many complaints and saved filters (R39) that are somebody else's or were cleared away: not there for anybody who may open such a page.
MANY = """
many.result   GET   n  HR=r AD=r
saved_lists.drop   POST  n  HR=r AD=r
saved_lists.begin  POST  n  HR=r AD=r
drafts.read    GET   n
drafts.discard POST  n
many.take     POST  r  SL=n DI=n HA=n DH=n CM=n SM=n IN=n QM=n AR=n AU=n
"""

# Of people: endpoint, method; one's own account, one of the same department, a foreign one. All others are refused.
# Nobody resets an own password or retires an own account by these pages.
PEOPLE = """
staff.details_view       GET       AD=ooo
staff.edit_view          GET       AD=ooo
staff.edit_view          POST      AD=ooo
staff.roles_view         GET       AD=ooo
staff.roles_view         POST      AD=ooo
staff.reset_view         GET       AD=ooo
staff.reset_view         POST      AD=roo
staff.retire_view        GET       AD=ooo
staff.retire_view        POST      AD=roo
staff.restore_view       GET       AD=ooo
staff.restore_view       POST      AD=ooo
staff.sessions_view      POST      AD=ooo
"""

# What Flask-Admin brings besides and what could read or write rows past the rules: not there, for anybody.
HIDDEN = ("ajax/lookup/", "ajax/update/", "action/", "delete/", "export/csv/", "export/json/")
