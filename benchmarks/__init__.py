"""The benchmarks: what fastnn claims about speed, measured against its peers in one run.

A job is a piece of work with one right answer; a peer is a way of doing it.
"""
