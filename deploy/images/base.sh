#!/bin/sh
# Makes debian:bookworm-slim from Debian's own packages where no image registry is in reach. Root only; does nothing when the image exists.
# Where the environment names a CA bundle of its own (SSL_CERT_FILE, PIP_CERT), image builds need it too: it goes to a path of its own in
# the image, never over Debian's bundle, and pip is pointed to it.
set -eu
say() { printf '%s\n' "$*" >&2; }
image=debian:bookworm-slim
mirror=${SHIXUN_DEBIAN_MIRROR:-http://deb.debian.org/debian}
security=${SHIXUN_DEBIAN_SECURITY_MIRROR:-http://deb.debian.org/debian-security}
bundle=/usr/local/share/shixun/ca.pem

if docker image inspect "$image" >/dev/null 2>&1; then exit 0; fi
if [ "${SHIXUN_PULL:-0}" = 1 ] && docker pull "$image" >&2; then exit 0; fi
if [ "$(id -u)" != 0 ]; then
    say "$image is missing. Load it ('docker pull $image'), or run 'sudo $0', which makes it from Debian's packages."
    exit 1
fi
if ! command -v debootstrap >/dev/null 2>&1; then
    say "installing: debootstrap"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends debootstrap >&2
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
root=$work/root
say "making $image from $mirror (a minute or two)"
debootstrap --variant=minbase --include=ca-certificates bookworm "$root" "$mirror" >"$work/log" 2>&1 || {
    say "debootstrap failed:"
    tail -n 15 "$work/log" >&2
    exit 1
}
cat >"$root/etc/apt/sources.list" <<SOURCES
deb $mirror bookworm main
deb $mirror bookworm-updates main
deb $security bookworm-security main
SOURCES
# An image holds no package lists, archives, manuals or machine ids, and starts no services while packages are installed.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
cat >"$root/etc/apt/apt.conf.d/shixun-image" <<'APT'
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::Retries "3";
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
APT
printf 'path-exclude /usr/share/doc/*\npath-include /usr/share/doc/*/copyright\npath-exclude /usr/share/man/*\npath-exclude /usr/share/locale/*\n' \
    >"$root/etc/dpkg/dpkg.cfg.d/shixun-image"
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* "$root"/usr/share/man/* "$root"/usr/share/locale/* "$root"/var/log/* "$root"/dev/*
find "$root/usr/share/doc" -type f ! -name copyright -delete
: >"$root/etc/machine-id"
mkdir -p "$root/var/cache/apt/archives/partial" "$root/var/lib/apt/lists/partial"
# the host's resolver is docker's to write
rm -f "$root/etc/resolv.conf" "$root/etc/hostname"

set -- --change 'CMD ["bash"]' --change 'ENV LANG=C.UTF-8' --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
ca=${PIP_CERT:-${SSL_CERT_FILE:-}}
if [ -n "$ca" ] && [ -r "$ca" ]; then
    install -D -m 644 "$ca" "$root$bundle"
    set -- "$@" --change "ENV PIP_CERT=$bundle" --change "ENV SSL_CERT_FILE=$bundle"
fi
tar -C "$root" --numeric-owner -c . | docker import "$@" --message "debootstrap bookworm minbase" - "$image" >/dev/null
say "made $image ($(docker image inspect --format '{{.Size}}' "$image" | awk '{printf "%.0f MB", $1/1e6}'))"
