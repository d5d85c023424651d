"""An alignment as one HTML page that needs no network: what came out, how sure it is, and why."""

from dualamn.report.html_page import write_report

__all__ = ["write_report"]
