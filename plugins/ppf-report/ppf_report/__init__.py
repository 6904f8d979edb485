"""The report of a run of ppf: one page of HTML that stands alone."""
