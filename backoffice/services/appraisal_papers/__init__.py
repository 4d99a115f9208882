"""Papers and exports of the appraisal, from stored sheets to what is printed or handed to payroll (R33)."""
