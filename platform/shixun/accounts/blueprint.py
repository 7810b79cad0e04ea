"""The pages of accounts are one blueprint, whose views stand in several files."""

from flask import Blueprint

bp = Blueprint("accounts", __name__, template_folder="templates")
