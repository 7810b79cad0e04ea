"""The way back from the hub's sign-in to the page that sent somebody there."""

from jupyterhub.handlers import BaseHandler


class ReturnHandler(BaseHandler):  # type: ignore[misc] # untyped library
    """`/hub/shixun/return?to=/path`: goes to that path on the pages' origin, and to no other origin whatever `to` says."""

    def get(self) -> None:
        """Redirect; a path that is none leads to the first page."""
        path = self.get_argument("to", "/")
        plain = path.startswith("/") and not path.startswith(("//", "/\\"))
        self.redirect(self.settings["shixun_public_url"] + (path if plain else "/"))
