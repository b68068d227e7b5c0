from case_api.cli import app

app()
