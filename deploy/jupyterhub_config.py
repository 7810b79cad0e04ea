# ruff: noqa: F821  (traitlets gives c and get_config)
"""JupyterHub's configuration, all of it from the environment; `shixun up` and the deployments of deploy/ set it.

SHIXUN_VAR              folder of this installation's data (the hub's database, used tickets, practice files)
SHIXUN_PUBLIC_URL       origin of the pages, http://www.shixun.localhost:8080
SHIXUN_LABS_URL         origin of the hub; labs are its subdomains, http://labs.shixun.localhost:8080
SHIXUN_WEB_URL          the web process on the back channel, http://127.0.0.1:8081
SHIXUN_LIVE_URL         the live process, http://127.0.0.1:8084; empty: no route for it
SHIXUN_PROXY_API_URL    configurable-http-proxy's API, http://127.0.0.1:8087
CONFIGPROXY_AUTH_TOKEN  its token, by the name that the proxy itself reads
SHIXUN_HUB_BIND         address of the hub's API; with Docker labs the gateway of their network, which is the default
SHIXUN_HUB_PORT         its port, 8085
SHIXUN_HUB_API_TOKEN    web's token at the hub
SHIXUN_HUB_CLIENT_SECRET  the hub's OpenID client secret at web
JPY_COOKIE_SECRET       hex, 32 bytes: signs the hub's cookies; without it the hub keeps one in the data folder
SHIXUN_HUB_DATABASE_URL   SQLAlchemy URL; empty: SQLite in the data folder
SHIXUN_TICKET_KEY       signs lab tickets; the same as web's
SHIXUN_LAB_BACKEND      docker, practice, or none (people can sign in, no lab starts)
SHIXUN_LAB_IMAGE, SHIXUN_PLANT_IMAGE, SHIXUN_LAB_RUNTIME, SHIXUN_LAB_NETWORK, SHIXUN_LAB_SUBNET, SHIXUN_EXCHANGE_PORT
SHIXUN_LAB_IDLE_MINUTES (60), SHIXUN_LAB_MAX_HOURS (8), SHIXUN_LAB_LIMIT (0: none), SHIXUN_LAB_STARTS_AT_ONCE (two a CPU, at least 4),
SHIXUN_LAB_POLL_SECONDS (30), SHIXUN_TIMEZONE (Asia/Shanghai)
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

from shixun_labs.endings import EndingsHandler
from shixun_labs.hub import PracticeSpawner, ShixunSpawner, one_person_per_browser
from shixun_labs.network import LabNetwork
from shixun_labs.refusal import NoLabs
from shixun_labs.returning import ReturnHandler

c = get_config()
env = os.environ.get
var = Path(env("SHIXUN_VAR", "var")).absolute() / "hub"
var.mkdir(mode=0o700, parents=True, exist_ok=True)
public_url = env("SHIXUN_PUBLIC_URL", "http://www.shixun.localhost:8080").rstrip("/")
labs_url = env("SHIXUN_LABS_URL", "http://labs.shixun.localhost:8080").rstrip("/")
web_url = env("SHIXUN_WEB_URL", "http://127.0.0.1:8081").rstrip("/")
live_url = env("SHIXUN_LIVE_URL", "http://127.0.0.1:8084").rstrip("/")
backend = env("SHIXUN_LAB_BACKEND", "docker")
if backend not in ("docker", "practice", "none"):
    raise SystemExit(f"SHIXUN_LAB_BACKEND is {backend!r}: docker, practice or none")
network = LabNetwork.from_environment()

# -- addresses: browsers come through the proxy, labs and web straight to the API
hub_host = env("SHIXUN_HUB_BIND") or (network.gateway if backend == "docker" else "127.0.0.1")
c.JupyterHub.hub_bind_url = f"http://{hub_host}:{network.hub_port}"
c.JupyterHub.bind_url = labs_url
c.JupyterHub.subdomain_host = labs_url
c.ConfigurableHTTPProxy.should_start = False
c.ConfigurableHTTPProxy.api_url = env("SHIXUN_PROXY_API_URL", "http://127.0.0.1:8087")
c.JupyterHub.last_activity_interval = (
    15  # s; the routes are checked then, too: a front door that was restarted has lost them
)
public_host = urlsplit(public_url).hostname
c.ConfigurableHTTPProxy.extra_routes = {f"{public_host}/": web_url} | (
    {f"{public_host}/live/": live_url} if live_url else {}
)

# -- data
c.JupyterHub.db_url = env("SHIXUN_HUB_DATABASE_URL") or f"sqlite:///{var / 'hub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(var / "cookie_secret")
c.JupyterHub.cleanup_proxy = False
c.JupyterHub.cleanup_servers = backend == "practice"  # containers outlive a restart of the hub, demo processes don't
c.JupyterHub.pid_file = ""

# -- who: web signs people in; nobody has an account here, and nobody is an administrator
c.JupyterHub.authenticator_class = "generic-oauth"
c.GenericOAuthenticator.client_id = "jupyterhub"
c.GenericOAuthenticator.client_secret = env("SHIXUN_HUB_CLIENT_SECRET", "")
c.GenericOAuthenticator.oauth_callback_url = f"{labs_url}/hub/oauth_callback"
c.GenericOAuthenticator.authorize_url = f"{public_url}/oauth/authorize"
c.GenericOAuthenticator.token_url = f"{web_url}/oauth/token"
c.GenericOAuthenticator.userdata_url = f"{web_url}/oauth/userinfo"
c.GenericOAuthenticator.scope = ["openid", "profile"]
c.GenericOAuthenticator.username_claim = "preferred_username"
c.GenericOAuthenticator.login_service = "Shixun 实训"
c.GenericOAuthenticator.enable_pkce = True
c.GenericOAuthenticator.allow_all = True  # web decides who may sign in; without a ticket nobody starts anything
c.GenericOAuthenticator.username_pattern = r"^[a-z0-9]{1,40}$"
c.GenericOAuthenticator.enable_auth_state = False
c.GenericOAuthenticator.auth_refresh_age = 0
c.GenericOAuthenticator.auto_login = True
c.GenericOAuthenticator.logout_redirect_url = public_url
c.GenericOAuthenticator.post_auth_hook = one_person_per_browser
c.Authenticator.admin_users = set()
c.Authenticator.any_allow_config = True
c.JupyterHub.admin_access = False
c.JupyterHub.allow_named_servers = False

# -- rights: JupyterHub's own role `user` lets people start servers with options of their own and mint tokens
c.JupyterHub.load_roles = [
    {
        "name": "user",
        "description": "enters their own lab",
        "scopes": ["access:servers!user", "read:users:name!user", "read:users:groups!user", "users:activity!user"],
    },
    {
        "name": "server",
        "description": "reports its own activity",
        "scopes": ["users:activity!user", "access:servers!server"],
    },
    {
        "name": "web",
        "description": "the platform: starts, sees and stops labs; makes no users and enters no lab",
        "services": ["web"],
        "scopes": [
            "list:users",
            "read:users:name",
            "read:users:activity",
            "read:servers",
            "start:servers",
            "delete:servers",
        ],
    },
]
c.JupyterHub.services = [{"name": "web", "api_token": env("SHIXUN_HUB_API_TOKEN", ""), "display": False}]

# -- pages and cookies
frame = {"Content-Security-Policy": f"frame-ancestors 'self' {public_url}", "X-Content-Type-Options": "nosniff"}
secure = labs_url.startswith("https://")
c.JupyterHub.tornado_settings = {
    "headers": frame,
    "slow_spawn_timeout": 0,
    "cookie_options": {"samesite": "Lax", "secure": secure},
    "shixun_public_url": public_url,
}
c.JupyterHub.extra_handlers = [(r"/shixun/return", ReturnHandler), (r"/api/shixun/endings", EndingsHandler)]
c.JupyterHub.cookie_max_age_days = 0.5  # the session that counts is web's; this one is renewed without a question
c.JupyterHub.cookie_host_prefix_enabled = False  # the hub's and each lab's host differ already
c.JupyterHub.default_url = public_url
c.JupyterHub.show_config = False

# -- load: a class starts at once; the spawner lets some start and the others wait with a word about it
c.JupyterHub.concurrent_spawn_limit = 0
c.JupyterHub.active_server_limit = int(env("SHIXUN_LAB_LIMIT", "0"))
c.JupyterHub.activity_resolution = 60
c.JupyterHub.init_spawners_timeout = 20
c.JupyterHub.authenticate_prometheus = True
c.Spawner.start_timeout = 600
c.Spawner.http_timeout = 60
c.Spawner.poll_interval = int(env("SHIXUN_LAB_POLL_SECONDS", "30"))
c.Spawner.consecutive_failure_limit = 0
c.Spawner.default_url = "/lab"
c.Spawner.apply_user_options = lambda _spawner, _options: None  # the only option is the ticket, read at start

if backend == "docker":
    c.JupyterHub.spawner_class = ShixunSpawner
    c.ShixunSpawner.lab_network = network
    c.ShixunSpawner.network_name = network.name
    c.ShixunSpawner.use_internal_ip = True
    c.ShixunSpawner.images = {"shixun-lab": network.image}
    c.ShixunSpawner.plant_image = env("SHIXUN_PLANT_IMAGE", "shixun-plant:dev")
    c.ShixunSpawner.runtime = env("SHIXUN_LAB_RUNTIME", "")
    c.ShixunSpawner.timezone = env("SHIXUN_TIMEZONE", "Asia/Shanghai")
    c.ShixunSpawner.hub_name = env("SHIXUN_HUB_NAME", network.name)
    c.ShixunSpawner.idle_minutes = float(env("SHIXUN_LAB_IDLE_MINUTES", "60"))
    c.ShixunSpawner.max_hours = float(env("SHIXUN_LAB_MAX_HOURS", "8"))
    c.ShixunSpawner.starts_at_once = int(env("SHIXUN_LAB_STARTS_AT_ONCE") or max(4, 2 * (os.cpu_count() or 1)))
    spawner = c.ShixunSpawner
elif backend == "none":
    c.JupyterHub.spawner_class = NoLabs
else:
    root = Path(__file__).resolve().parents[1]
    c.JupyterHub.spawner_class = PracticeSpawner
    c.PracticeSpawner.homes = str(var / "practice")
    c.PracticeSpawner.config_dir = str(root / "labs" / "images" / "lab")
    c.PracticeSpawner.source_path = os.pathsep.join(str(root / part) for part in ("labs", "platform"))
    spawner = c.PracticeSpawner
if backend != "none":
    spawner.ticket_key = env("SHIXUN_TICKET_KEY", "")
    spawner.used_tickets = str(var / "used-tickets")
