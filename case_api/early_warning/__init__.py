"""The early-warning board (实时预警看板): what CRM and ERP tell of customers, the rules that look at it, and the warnings they raise."""
