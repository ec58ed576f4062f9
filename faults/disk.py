"""A disk of one megabyte under the uploads."""

from __future__ import annotations

from faults.browser import Browser
from faults.house import House
from faults.plan import expect, fault

LINE = b"2026-11-26T02:10:00Z gateway timeout while reading the answer\n"


@fault(
    "The disk full while files are uploaded",
    expected="507 for the file, nothing of it kept; the report stands, a smaller file and the next form go through",
    again=False,
)
def disk_full(house: House) -> str:
    receipt = house.filing.receipts[-1]
    browser = Browser(house.portal.web_port, house.answers, receipt.filer.session)
    path = f"/reports/{receipt.reference}/files/"
    statuses = [
        browser.upload(path, "log.txt", LINE * (size // len(LINE))).status for size in (2_000_000, 6_000_000, 50_000)
    ]
    rows = house.count("SELECT count(*) FROM incidents_attachment")
    kept = [file.stat().st_size for file in house.disk.rglob("*") if file.is_file()]
    house.filing.wait_for(5)
    seen = f"2 MB, 6 MB and 50 KB answered {statuses}; {rows} file on record, {len(kept)} on the disk; filing goes on"
    expect(statuses == [507, 507, 302] and rows == len(kept) == 1, seen)
    return seen
