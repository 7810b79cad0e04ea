#!/bin/sh
# Builds the images that are missing or whose inputs changed: build.sh [lab|plant|sandbox|guard …]   (all by default)
#   --missing   build only what is missing, never what merely changed
#   --check     build nothing; exit 1 and name what is missing or out of date
# The inputs of an image are its Dockerfile and what its COPY lines name; their digest is the label org.shixun.inputs.
set -eu
cd "$(dirname "$0")/../.."
say() { printf '%s\n' "$*" >&2; }

mode=all
names=
for argument in "$@"; do
    case $argument in
    --missing) mode=missing ;;
    --check) mode=check ;;
    -*) say "unknown option $argument"; exit 2 ;;
    *) names="$names $argument" ;;
    esac
done
tag=${SHIXUN_IMAGE_TAG:-dev}

dockerfile() {
    case $1 in
    lab | plant) echo "labs/images/$1.Dockerfile" ;;
    sandbox) echo graders/images/sandbox.Dockerfile ;;
    guard) echo deploy/network/guard.Dockerfile ;;
    *) say "no image named $1"; exit 2 ;;
    esac
}
inputs() { # the files that the build of Dockerfile $1 reads, one a line, sorted
    {
        echo "$1"
        sed -n 's/^COPY  *//p' "$1" | awk '{ for (i = 1; i < NF; i++) if ($i !~ /^--/) print $i }' | while read -r source; do
            # shellcheck disable=SC2086  # a COPY source may be a pattern
            find $source -type f ! -name '*.pyc' ! -path '*/__pycache__/*' ! -path '*/.ipynb_checkpoints/*'
        done
    } | LC_ALL=C sort -u
}
digest() { # of names and contents
    inputs "$1" | while read -r file; do sha256sum "$file"; done | sha256sum | cut -c1-32
}

[ -n "$names" ] || for name in guard lab plant sandbox; do [ ! -f "$(dockerfile $name)" ] || names="$names $name"; done
stale=
for name in $names; do
    file=$(dockerfile "$name")
    image=shixun-$name:$tag
    wanted=$(digest "$file")
    if has=$(docker image inspect --format '{{index .Config.Labels "org.shixun.inputs"}}' "$image" 2>/dev/null); then
        if [ "$has" = "$wanted" ] || [ "$mode" = missing ]; then continue; fi
    fi
    if [ "$mode" = check ]; then
        stale="$stale $image"
        continue
    fi
    docker image inspect debian:bookworm-slim >/dev/null 2>&1 || deploy/images/base.sh
    say "building $image"
    began=$(date +%s)
    before=$(docker image inspect --format '{{.Id}}' "$image" 2>/dev/null || true)
    log=$(mktemp)
    # Only the inputs travel to the engine. Steps are shown as they run; the whole log only when something fails.
    if inputs "$file" | tar -c --owner=0 --group=0 --numeric-owner --mtime=@0 --mode=a+rX,u+w -T - |
        DOCKER_BUILDKIT=${DOCKER_BUILDKIT:-0} docker build --network host --label "org.shixun.inputs=$wanted" -f "$file" -t "$image" - 2>&1 |
        tee "$log" | sed -n 's/^\(Step [0-9].*\)/  \1/p' | cut -c1-120 >&2 && grep -q '^Successfully tagged\|naming to' "$log"; then
        size=$(docker image inspect --format '{{.Size}}' "$image" | awk '{printf "%.0f", $1 / 1e6}')
        say "built $image: $size MB in $(($(date +%s) - began)) s"
        rm -f "$log"
        # what nothing runs on any more gives its disk back
        if [ -n "$before" ] && [ "$before" != "$(docker image inspect --format '{{.Id}}' "$image")" ]; then
            docker image rm "$before" >/dev/null 2>&1 || true
        fi
    else
        say "building $image failed:"
        tail -n 30 "$log" >&2
        rm -f "$log"
        exit 1
    fi
done
if [ -n "$stale" ]; then
    say "missing or out of date:$stale (run deploy/images/build.sh)"
    exit 1
fi
