"""Seconds of the five most used pages on the whole embedded stack, through the front door: p50 and p95 of many requests."""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
PORT = 8480
ROUNDS = 60
HOST = f"www.shixun.localhost:{PORT}"
BASE = f"http://127.0.0.1:{PORT}"


def start(var: str) -> subprocess.Popen[str]:
    """A platform of its own in practice mode; returns once it says that it is up."""
    env = {**os.environ, "SHIXUN_VAR": var, "SHIXUN_PORT": str(PORT), "SHIXUN_LAB_BACKEND": "practice"}
    process = subprocess.Popen(
        [sys.executable, "-m", "shixun.cli", "up"], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "Shixun is up" in line:
            return process
    raise SystemExit("the platform did not come up:\n" + "".join(lines))


def sign_in() -> httpx.Client:
    """A trainee's session. Secure cookies travel over http to localhost names, as in browsers."""
    jar = CookieJar(DefaultCookiePolicy(secure_protocols=("https", "http")))
    client = httpx.Client(
        base_url=BASE, headers={"Host": HOST, "Sec-Fetch-Site": "same-origin"}, cookies=jar, timeout=30
    )
    page = client.get("/sign-in").text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token is not None
    form = {"username": "xueyuan", "password": "shixun-demo-2026", "csrf_token": token.group(1)}
    answer = client.post("/sign-in", data=form)
    assert answer.status_code == 302, answer.status_code
    return client


def pages(client: httpx.Client) -> dict[str, str]:
    """The five pages that a class of trainees asks for most."""
    index = client.get("/c/demo/learn").text
    runs = sorted(set(re.findall(r'"(/c/demo/learn/[a-z0-9]{20})', index)))
    for run in runs:
        lessons = re.findall(rf'"({run}/lessons/[a-z0-9-]+)"', client.get(run).text)
        if lessons:
            return {
                "center": "/c/demo/",
                "my courses": "/c/demo/learn",
                "run": run,
                "lesson": lessons[0],
                "lab": f"{run}/labs/modbus-point-map",
            }
    raise SystemExit("the demo center has no run with a lesson")


def main() -> None:
    with tempfile.TemporaryDirectory() as var:
        process = start(var)
        try:
            client = sign_in()
            print(
                f"pages: seconds of {ROUNDS} requests each, one after the other, SQLite, all processes on this machine"
            )
            for name, path in pages(client).items():
                seconds = []
                for _ in range(ROUNDS):
                    began = time.perf_counter()
                    answer = client.get(path)
                    seconds.append(time.perf_counter() - began)
                    assert answer.status_code == 200, (path, answer.status_code)
                cuts = statistics.quantiles(seconds, n=20)
                print(f"  {name:12} p50 {statistics.median(seconds):.3f}   p95 {cuts[18]:.3f}")
        finally:
            process.terminate()
            process.wait(60)


if __name__ == "__main__":
    main()
