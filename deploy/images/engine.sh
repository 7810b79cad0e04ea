#!/bin/sh
# Starts a Docker Engine where none answers (CI, a fresh server without systemd). Root only; running it again changes nothing.
# The engine goes on in a session of its own after this script ends. Its log: $SHIXUN_DOCKERD_LOG (/var/log/shixun-dockerd.log).
set -eu
say() { printf '%s\n' "$*" >&2; }
log=${SHIXUN_DOCKERD_LOG:-/var/log/shixun-dockerd.log}

answers() { docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }
if answers; then exit 0; fi
if [ "$(id -u)" != 0 ]; then
    say "No Docker Engine answers and only root can start one: run 'sudo $0', or add yourself to the group docker."
    exit 1
fi

missing=
command -v dockerd >/dev/null 2>&1 || missing="docker.io"
command -v docker >/dev/null 2>&1 || missing="$missing docker-cli"
command -v iptables >/dev/null 2>&1 || missing="$missing iptables"
if [ -n "$missing" ]; then
    say "installing:$missing"
    apt-get update -qq
    # docker-cli is a package of its own only in newer Debians; docker.io recommends or contains it
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends docker.io iptables >&2
    command -v docker >/dev/null 2>&1 || DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends docker-cli >&2
fi

legacy_tables() { # a kernel without (all of) nf_tables, as in minimal virtual machines
    [ -x /usr/sbin/iptables-legacy ] || return 1
    update-alternatives --set iptables /usr/sbin/iptables-legacy >/dev/null
    [ ! -x /usr/sbin/ip6tables-legacy ] || update-alternatives --set ip6tables /usr/sbin/ip6tables-legacy >/dev/null
}
start() {
    if command -v systemctl >/dev/null 2>&1 && [ -d /run/systemd/system ]; then
        systemctl start docker
        return
    fi
    # a pid file left by a killed engine would keep the new one from starting
    if [ -f /var/run/docker.pid ] && ! kill -0 "$(cat /var/run/docker.pid)" 2>/dev/null; then rm -f /var/run/docker.pid; fi
    setsid nohup dockerd >>"$log" 2>&1 </dev/null &
}
wait_up() { # 0 when the engine answers within 45 s
    waited=0
    until answers; do
        waited=$((waited + 1))
        [ "$waited" -le 45 ] || return 1
        sleep 1
        if grep -q 'failed to start daemon' "$log" 2>/dev/null; then return 1; fi
    done
}

iptables -w -t nat -L -n >/dev/null 2>&1 || legacy_tables || true
[ ! -w "$(dirname "$log")" ] || : >"$log"
start
if ! wait_up; then
    case $(readlink -f "$(command -v iptables)") in
    *nft*) legacy_tables && : >"$log" && start && wait_up || true ;;
    esac
fi
if ! answers; then
    say "The Docker Engine did not start. The last lines of $log:"
    tail -n 15 "$log" >&2 || true
    exit 1
fi
say "Docker Engine $(docker version --format '{{.Server.Version}}') is up"
