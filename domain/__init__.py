"""The rules, pure: machines, events, the programme model, the calendar, the access policy. No I/O, no clock."""
