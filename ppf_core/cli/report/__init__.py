"""The report of a run: one page of HTML that stands alone. `page.render` makes it from what `RunStore.report` gives."""
