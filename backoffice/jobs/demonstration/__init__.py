"""The demonstration office: invented people whose complaints are played through the real services, never
written as rows.
"""
