# ruff: noqa: F821  (traitlets gives c)
"""A stock hub: DockerSpawner as it comes."""

import os

c.JupyterHub.hub_bind_url = os.environ["STOCK_HUB"]
c.JupyterHub.bind_url = os.environ["STOCK_PUBLIC"]
c.ConfigurableHTTPProxy.should_start = False
c.ConfigurableHTTPProxy.api_url = os.environ["STOCK_PROXY_API"]
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "dockerspawner.DockerSpawner"
c.DockerSpawner.image = "shixun-stock:dev"
c.DockerSpawner.network_name = os.environ["STOCK_NETWORK"]
c.DockerSpawner.use_internal_ip = True
c.DockerSpawner.remove = True
c.DockerSpawner.prefix = "stock"
c.DockerSpawner.extra_create_kwargs = {"labels": {"org.shixun.hub": os.environ["STOCK_NETWORK"]}}
c.Spawner.start_timeout = 600
c.Spawner.http_timeout = 600
c.JupyterHub.db_url = "sqlite://"
c.JupyterHub.concurrent_spawn_limit = 0
c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 0}
c.JupyterHub.services = [{"name": "web", "api_token": os.environ["STOCK_TOKEN"]}]
c.JupyterHub.load_roles = [
    {"name": "web", "services": ["web"], "scopes": ["admin:users", "admin:servers", "tokens", "access:servers"]}
]
