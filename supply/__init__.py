"""What the portal is made of that others wrote: a bill of materials, its licences, and what is known against it."""
