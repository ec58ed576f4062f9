"""What a deployment needs, looked at from inside it, each with what to do where it is missing: `manage.py doctor`."""
