#!/bin/sh
# Runs inside a private mount namespace, before bwrap: joins the control groups, mounts the sandbox's sized tmpfs (bwrap
# knows no noexec), then becomes the command that follows. Arguments: base folder, MB, number of groups, groups…, command…
set -eu
base=$1 size=$2 groups=$3
shift 3
while [ "$groups" -gt 0 ]; do
    echo $$ >"$1"
    shift
    groups=$((groups - 1))
done
mkdir "$base/tmp"
mount -t tmpfs -o "size=${size}m,nr_inodes=20000,mode=1777,noexec,nosuid,nodev" tmpfs "$base/tmp"
exec "$@"
