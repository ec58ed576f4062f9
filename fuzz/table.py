"""How many requests each address had, by whom, and what they answered."""

from __future__ import annotations

from fuzz.walker import Walker


def printed(walker: Walker) -> None:
    """A line an address; then what broke, each as a request that does it again."""
    people = [person.name for person in walker.town.people]
    print("| address | " + " | ".join(people) + " | answers |")
    print("| --- |" + " ---: |" * len(people) + " --- |")
    for address in walker.addresses:
        if statuses := walker.statuses.get(address.name):
            by = " | ".join(str(walker.count[address.name, name] or "") for name in people)
            answers = ", ".join(f"{status}: {times}" for status, times in sorted(statuses.items()))
            print(f"| {address.name} | {by} | {answers} |")
    print("Never answered with 2xx or 3xx: " + (", ".join(walker.unreached()) or "none") + ".")
    for place, failure in walker.failures.items():
        print(f"\nDEFECT at {place}, as {failure.person}, {failure.name}: {failure.words}\n    {failure.request}")
