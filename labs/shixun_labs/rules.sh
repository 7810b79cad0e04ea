#!/bin/sh
# Host rules on the labs' bridge: a lab reaches the hub's API and the exchange on the gateway, and nothing else of this machine.
# An internal network alone still reaches every port that the machine listens on at 0.0.0.0.
# Usage: rules.sh up BRIDGE GATEWAY PORT…   |   rules.sh down BRIDGE
# Needs NET_ADMIN in the host's network namespace. Running it again gives the same rules; other rules stay as they are.
set -eu
action=$1
bridge=$2
chain=$(printf '%s' "$bridge" | tr 'a-z-' 'A-Z_')

lead() { # makes the jump a first rule of chain $2: an accepting rule before it would let labs through
    tables=$1 into=$2 direction=$3
    "$tables" -w -I "$into" 1 "$direction" "$bridge" -j "$chain" # the new one first: there is no moment without
    while :; do
        older=$("$tables" -w -S "$into" | grep '^-A' | grep -n -x -- "-A $into $direction $bridge -j $chain" | sed -n '2s/:.*//p')
        [ -n "$older" ] || break
        "$tables" -w -D "$into" "$older"
    done
}
drop_chain() {
    tables=$1
    for into in INPUT FORWARD; do
        for direction in -i -o; do
            while "$tables" -w -D "$into" "$direction" "$bridge" -j "$chain" 2>/dev/null; do :; done
        done
    done
    "$tables" -w -F "$chain" 2>/dev/null || true
    "$tables" -w -X "$chain" 2>/dev/null || true
}

case $action in
up)
    gateway=$3
    shift 3
    {
        echo '*filter'
        echo ":$chain - [0:0]"
        echo "-A $chain -m conntrack --ctstate ESTABLISHED -j ACCEPT"
        for port in "$@"; do echo "-A $chain -i $bridge -d $gateway/32 -p tcp -m tcp --dport $port -j ACCEPT"; done
        echo "-A $chain -j DROP"
        echo COMMIT
    } | iptables-restore -w --noflush
    lead iptables INPUT -i
    lead iptables FORWARD -i
    lead iptables FORWARD -o
    if [ -e /proc/sys/net/ipv6 ] && ip6tables -w -S INPUT >/dev/null 2>&1; then
        printf '*filter\n:%s - [0:0]\n-A %s -j DROP\nCOMMIT\n' "$chain" "$chain" | ip6tables-restore -w --noflush
        lead ip6tables INPUT -i
        lead ip6tables FORWARD -i
    fi
    ;;
down)
    drop_chain iptables
    ! ip6tables -w -S INPUT >/dev/null 2>&1 || drop_chain ip6tables
    ;;
*)
    echo "up or down" >&2
    exit 2
    ;;
esac
