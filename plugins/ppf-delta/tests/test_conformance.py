"""What `ppf plugins test` asks, in a session with Delta's jar."""

from ppf_testing import suites_of

globals().update(suites_of("ppf-delta"))
