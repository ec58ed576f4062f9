"""What the portal keeps of the person who asks: shown, taken along, and a correction asked for."""
