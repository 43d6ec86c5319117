#!/usr/bin/env bash
# Builds the image and starts it, without a Docker engine: buildah with chroot isolation, on a base image made of Debian's packages
# and this package's own Node. Prints PASS, FAIL and SKIP lines; exit code 0 all passed, 1 something failed, 77 cannot run here.
#
#   test/e2e/image.sh
#
# From the environment: BASE = a ready base image (none is made then), SUITE = Debian's release of the base (trixie),
# MIRROR = Debian mirror of the base, KEEP = a folder whose base.tar is used again when it is there.
# npm's settings (registry, certificate authority) are those of the user who calls.
set -euo pipefail

package=$(cd "$(dirname "$0")/../.." && pwd -P)
suite=${SUITE:-trixie}
failed=0

pass() { echo "PASS $*"; }
fail() { echo "FAIL $*"; failed=1; }
skip() { echo "SKIP $*"; }
cannot() { skip "$*"; exit 77; }
# check TITLE COMMAND...: passes when the command does.
check() { local title=$1; shift; if "$@"; then pass "$title"; else fail "$title"; fi; }
# is TITLE HAVE WANT
is() { if [ "$2" = "$3" ]; then pass "$1: $2"; else fail "$1: have '$2', want '$3'"; fi; }

[ "$(id -u)" = 0 ] || cannot "the image: chroot isolation and mounts need root"
for program in buildah curl unshare; do
  command -v "$program" >/dev/null || cannot "the image: $program is not installed"
done
[ -n "${BASE:-}" ] || command -v mmdebstrap >/dev/null || cannot "the image: mmdebstrap is not installed, and BASE is not set"

work=$(mktemp -d "${TMPDIR:-/tmp}/gnomon-image-XXXXXX")
image=localhost/gnomon:test
export BUILDAH_ISOLATION=chroot
# An own storage, so that nothing of ours stays; vfs where overlay mounts are not allowed.
printf '[storage]\ndriver = "%s"\nrunroot = "%s"\ngraphroot = "%s"\n' "${STORAGE_DRIVER:-overlay}" "$work/run" "$work/storage" >"$work/storage.conf"
export CONTAINERS_STORAGE_CONF=$work/storage.conf
buildah images >/dev/null 2>&1 || sed -i 's/"overlay"/"vfs"/' "$work/storage.conf"

server=
# All processes below one, as the host sees them.
below() { local pid; for pid in $(pgrep -P "$1"); do echo "$pid"; below "$pid"; done; }
# Processes of the image's user below the server: all, or those of a name. buildah's own, on its way to that user, is none.
pids() {
  local pid
  for pid in $(below "$server"); do
    [ "$(awk '/^Uid/{print $2}' "/proc/$pid/status" 2>/dev/null)" = 10001 ] || continue
    case $(cat "/proc/$pid/comm") in *buildah*) ;; *"${1:-}"*) echo "$pid" ;; esac
  done
}
# Ends it as an engine does: SIGTERM to the program, SIGKILL to what is left after 10 s.
stop_server() {
  [ -n "$server" ] || return 0
  local all program
  still=
  all="$server $(below "$server")"
  for program in $(pids node); do kill -TERM "$program" 2>/dev/null || true; done
  for _ in $(seq 100); do kill -0 "$server" 2>/dev/null || break; sleep 0.1; done
  for program in $all; do kill -KILL "$program" 2>/dev/null && still="$still $program"; done
  wait "$server" 2>/dev/null || true
  server=
}
cleanup() {
  stop_server
  buildah umount --all >/dev/null 2>&1 || true
  buildah rm --all >/dev/null 2>&1 || true
  umount -R "$work/storage/overlay" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

# --- the base: what node:26-trixie-slim is, as far as the Dockerfile needs it -------------------------------------------------
make_base() {
  local tar=${KEEP:-$work}/base.tar node npm container
  node=$(echo "$package"/node_modules/node-linux-*/bin/node)
  [ -x "$node" ] || node=$(command -v node)
  npm=$(npm root --global 2>/dev/null)/npm
  [ -d "$npm" ] || { echo "no npm at $npm" >&2; return 1; }
  [ -s "$tar" ] || mmdebstrap --quiet --mode=root --variant=minbase --include=ca-certificates,libatomic1 "$suite" "$tar" ${MIRROR:+"$MIRROR"}
  container=$(buildah from scratch)
  buildah add --quiet "$container" "$tar" / >/dev/null
  buildah copy --quiet --chmod 755 "$container" "$node" /usr/local/bin/node >/dev/null
  buildah copy --quiet "$container" "$npm" /usr/local/lib/node_modules/npm >/dev/null
  buildah run "$container" -- ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
  buildah config --cmd node "$container"
  buildah commit --quiet --rm "$container" localhost/gnomon-base >/dev/null
  BASE=localhost/gnomon-base
}
[ -n "${BASE:-}" ] || make_base >"$work/base.log" 2>&1 || { tail -20 "$work/base.log"; cannot "the image: no base image can be made here"; }
pass "base image: $BASE"

# --- the build ------------------------------------------------------------------------------------------------------------------
# npm's settings reach the build by mounts only: nothing of them stays in the image.
mkdir "$work/npm"
{ grep -vE '^(cafile|nodedir|prefix|cache)' "$(cd / && npm config get userconfig 2>/dev/null)" 2>/dev/null || true; } >"$work/npm/npmrc"
echo "registry=$(cd / && npm config get registry 2>/dev/null)" >>"$work/npm/npmrc"
mounts=(--volume "$work/npm/npmrc:/root/.npmrc:ro")
cafile=$(cd / && npm config get cafile 2>/dev/null)
if [ -s "$cafile" ]; then
  cp "$cafile" "$work/npm/ca.crt"
  echo "cafile=/run/npm-ca.crt" >>"$work/npm/npmrc"
  mounts+=(--volume "$work/npm/ca.crt:/run/npm-ca.crt:ro")
fi
started=$SECONDS
if ! buildah bud --isolation chroot --format docker --build-arg BASE="$BASE" "${mounts[@]}" --tag "$image" "$package" >"$work/build.log" 2>&1; then
  tail -30 "$work/build.log"
  fail "the image builds"
  exit 1
fi
pass "the image builds ($((SECONDS - started)) s)"
base_size=$(buildah images --format '{{.Size}}' "$BASE" | head -1)
echo "     size: $(buildah images --format '{{.Size}}' "$image" | head -1), of it the base $base_size"

# --- what the image says ----------------------------------------------------------------------------------------------------------
inspect() { buildah inspect --type image --format "{{$1}}" "$image"; }
is "user" "$(inspect .Docker.Config.User)" gnomon
is "entry point" "$(inspect .Docker.Config.Entrypoint) $(inspect .Docker.Config.Cmd)" "[gnomon] [serve]"
check "it has a health check" grep -q 'gnomon healthcheck' <<<"$(inspect .Docker.Config.Healthcheck)"
ports=$(inspect .Docker.Config.ExposedPorts)
for port in 514/udp 514/tcp 601/tcp 6514/tcp 21/tcp 2121/tcp 8080/tcp; do
  grep -q "[[ ]$port:" <<<"$ports" || fail "port $port is not exposed"
done

container=$(buildah from "$image")
inside() { buildah run --isolation chroot "$container" -- "$@"; }
is "runs as user" "$(inside id -u)" 10001
is "capabilities" "$(inside grep CapEff /proc/self/status | tr -d '[:space:]')" CapEff:0000000000000000
check "gnomon version" inside gnomon version
check "ProFTPD has its modules" inside sh -c 'cd /usr/lib/proftpd && ls mod_tls.so mod_sftp.so mod_vroot.so >/dev/null && proftpd -v >/dev/null'
line='1789999999.123    250 192.0.2.10 TCP_TUNNEL/200 5120 CONNECT files.slack.com:443 ann HIER_DIRECT/203.0.113.9 -'
parsed=$(printf '%s\n' "$line" | inside gnomon parse - || true)
check "gnomon parse" grep -q '"outcome":"transaction"' <<<"$parsed"
root=$(buildah mount "$container")
writable=$(find "$root" -xdev \( -type f -o -type d \) \( -uid 10001 -o -perm -o+w \) ! -path "$root/proc/*" ! -perm -1000 -printf '/%P ')
is "what its user may write, but for /tmp and the like" "$writable" "/var/lib/gnomon "
setuid=$(find "$root/opt" "$root/usr/local" -xdev -perm /6000 -printf '/%P ')
is "setuid files of ours" "$setuid" ""

# --- serve ----------------------------------------------------------------------------------------------------------------------
if ! inside gnomon serve --help >/dev/null 2>&1; then
  skip "serve: this gnomon has none yet"
  exit "$failed"
fi
node=$root/usr/local/bin/node
free_port() { "$node" -e 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})'; }
api=$(free_port) syslog=$(free_port) ftp=$(free_port) sftp=$(free_port)
low=$((30000 + RANDOM % 2000))
mkdir -p "$work/etc" "$work/data"
cat >"$work/etc/gnomon.yaml" <<YAML
syslog:
  udp: { host: 127.0.0.1, port: $syslog }
  tcp: { host: 127.0.0.1, port: $syslog }
  tls: { enabled: false }
ftp:
  host: 127.0.0.1
  port: $ftp
  sftpPort: $sftp
  passivePorts: [$low, $((low + 20))]
  accounts: [{ user: ann, password: secret-123, source: by-ftp }]
api: { host: 127.0.0.1, port: $api, access: open }
YAML
chmod -R a+rX "$work/etc"
# The user inside must reach its mounts; nothing else is in the folder.
chmod 711 "$work"

# As an engine would with --read-only --cap-drop ALL --security-opt no-new-privileges: the image's own root, bound read-only.
start_read_only() {
  unshare --mount --pid --fork --kill-child=TERM bash -c '
    set -e
    root=$1 data=$2 etc=$3
    mount --make-rprivate /
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount -t tmpfs -o mode=1777,size=64m tmpfs "$root/tmp"
    mount --bind "$data" "$root/var/lib/gnomon"
    mount --bind "$etc" "$root/etc/gnomon"
    for device in null zero random urandom; do
      [ -e "$root/dev/$device" ] || touch "$root/dev/$device"
      mount --bind "/dev/$device" "$root/dev/$device"
    done
    mount -o remount,bind,ro "$root"
    cd /
    exec chroot "$root" setpriv --reuid=10001 --regid=10001 --clear-groups --bounding-set=-all --inh-caps=-all --no-new-privs \
      env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/var/lib/gnomon NODE_ENV=production \
      GNOMON_DATA=/var/lib/gnomon gnomon serve
  ' serve "$root" "$work/data" "$work/etc" >"$work/serve.log" 2>&1 &
  server=$!
}
start_buildah() {
  # The engine's way of handing folders over; the root file system is the container's own and writable there.
  buildah run --isolation chroot --volume "$work/data:/var/lib/gnomon" --volume "$work/etc:/etc/gnomon:ro" "$container" -- gnomon serve \
    >"$work/serve.log" 2>&1 &
  server=$!
}
# The health check, where an engine would run it: beside the server.
inside_read_only() {
  nsenter --target "$(pids node | head -1)" --mount chroot --userspec=10001:10001 "$root" env -i PATH=/usr/local/bin:/usr/bin:/bin "$@"
}
inside_buildah() { buildah run --isolation chroot --volume "$work/etc:/etc/gnomon:ro" "$container" -- "$@"; }
alive() {
  for _ in $(seq 150); do
    curl --silent --fail --max-time 2 --noproxy '*' "http://127.0.0.1:$api/healthz" >/dev/null && return 0
    kill -0 "$server" 2>/dev/null || return 1
    sleep 0.2
  done
  return 1
}
ask() { curl --silent --fail --max-time 5 --noproxy '*' "http://127.0.0.1:$api$1"; }
until_says() { # PATH TEXT: the API's answer has the text within 20 s
  for _ in $(seq 100); do
    ask "$1" 2>/dev/null | grep -qF "$2" && return 0
    sleep 0.2
  done
  return 1
}
try_serve() {
  local how=$1 pid before=$failed
  failed=0
  rm -rf "$work/data" && install -d -o 10001 -g 10001 -m 0700 "$work/data"
  "start_$how"
  if ! alive; then
    tail -20 "$work/serve.log"
    fail "$how: /healthz answers"
    stop_server
    return
  fi
  pass "$how: /healthz answers"
  check "$how: /readyz says ready" until_says /readyz '"ready":true'
  "inside_$how" gnomon healthcheck >/dev/null 2>&1 && pass "$how: gnomon healthcheck" || fail "$how: gnomon healthcheck"
  for pid in $(pids); do
    is "$how: capabilities of $(cat "/proc/$pid/comm")" "$(awk '/^Cap(Prm|Eff|Amb)/{printf $2" "}' "/proc/$pid/status")" \
      "0000000000000000 0000000000000000 0000000000000000 "
  done
  check "$how: ProFTPD runs" test -n "$(pids proftpd)"
  printf '<134>1 2026-09-21T14:13:20Z proxy1 squid - - - %s' "$line" >"/dev/udp/127.0.0.1/$syslog"
  check "$how: a line over UDP is in the ledger" until_says /api/v1/ledger 127.0.0.1
  for _ in 1 2 3; do printf '%s\n' "$line"; done >"$work/by-ftp.log"
  check "$how: a file by FTP is accepted" curl --silent --show-error --noproxy '*' --user ann:secret-123 -T "$work/by-ftp.log" "ftp://127.0.0.1:$ftp/"
  check "$how: and is in the ledger" until_says /api/v1/ledger by-ftp
  stop_server
  check "$how: it stops, and ProFTPD with it" test -z "$still"
  [ "$failed" = 0 ] || { head -20 "$work/serve.log"; echo ...; tail -20 "$work/serve.log"; } | cut -c 1-300
  [ "$before" = 0 ] || failed=1
}

if unshare --mount --pid --fork true 2>/dev/null; then try_serve read_only; else skip "read-only root: no mount name space here"; fi
try_serve buildah
exit "$failed"
