"""What customers open on their own phones, without an account: the electronic application, the progress page, the survey."""
