"""Accounts' part of the worker's periodic tick: forget what is over."""

from shixun.accounts import openid_codes, roster_operations, sessions

TICKS = [sessions.sweep, openid_codes.sweep, roster_operations.sweep]
