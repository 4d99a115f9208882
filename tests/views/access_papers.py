"""Who gets which paper of the appraisal (R33, R39): the part of the access table that ``access_table.py`` leaves here.

The month 2026-08 is locked, with a sheet of P, of a colleague and of somebody of another department; each brings a
certificate. Everybody prints the own sheet; a head those of the department; human resources, the analyst, the quality
manager and the senior managers all. The list for payroll needs the permission to export as well.
"""

# Endpoint, method; about oneself, a colleague, somebody of another department; roles for which it is otherwise.
PAPERS = """
appraisal_papers.sheet        POST  onn  DH=oon CM=oon SM=ooo QM=ooo AN=ooo HR=ooo
appraisal_papers.certificate  POST  onn  DH=oon CM=oon SM=ooo QM=ooo AN=ooo HR=ooo
"""

# Endpoint, method; what most are answered, and roles for which it is otherwise. Nobody has printed a month yet,
# and no line brings a certificate to whoever has no sheet.
PAPERS_OF_MONTH = """
appraisal_papers.index            GET   r  DH=o CM=o SM=o QM=o AN=o HR=o
appraisal_papers.ask              POST  r  DH=o CM=o SM=o QM=o AN=o HR=o
appraisal_papers.take             POST  r  DH=n CM=n SM=n QM=n AN=n HR=n
appraisal_papers.loose_certificate POST r  DH=n CM=n SM=n QM=n AN=n HR=n
appraisal_papers.summary          POST  r  DH=o CM=o SM=o QM=o AN=o HR=o
appraisal_papers.export_workbook  POST  r  DH=o CM=o QM=o AN=o HR=o
appraisal_papers.export_files     POST  r  DH=o CM=o QM=o AN=o HR=o
"""
