"""The fault drill: what the portal promises while machines die under it, tried on machines that really die."""
