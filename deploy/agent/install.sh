#!/bin/sh
# Installs, upgrades or removes the agent of Server Box. The core that serves this script fills in the sums of its own
# binaries. Everything is prepared beside what is there and put in place by renaming: a failure changes nothing.
set -eu

VERSION='@VERSION@'
SHA256_AMD64='@SHA256_AMD64@'
SHA256_ARM64='@SHA256_ARM64@'

NAME=serverbox-agent
NEED_KB=20480 # the binary, and once more while it is replaced

usage() {
  cat <<EOF
usage: install.sh [install] --url URL --core-key SHA256:... --token TOKEN|- [option...]
       install.sh --upgrade [--url URL]
       install.sh --uninstall

  --token -            read the token from standard input; SERVERBOX_TOKEN in the environment is used, too
  --mode MODE          operate (default): containers, commands and shells; monitor: only to look
  --user               for this user alone, without root: everything below ~/.local
  --foreground         run the agent in this terminal instead of as a service
  --ca-file FILE       certificates (PEM) that alone may vouch for an https address of the core
  --docker-socket PATH where Docker listens, when not at /var/run/docker.sock
  --new-identity       this machine is a copy of another one: leave that one its identity
  --binary FILE        take the agent from this file instead of from the core
EOF
}

say() { printf '%s\n' "$*"; }
fail() {
  printf 'serverbox: %s\n' "$*" >&2
  exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }
action=install url='' token=${SERVERBOX_TOKEN:-} core_key='' mode=operate scope=system foreground=no
ca_file='' docker_socket='' new_identity=no binary='' work='' fresh_state=no
unset SERVERBOX_TOKEN # no child needs it

value() { [ "$1" -gt 1 ] || fail "$2 needs a value; --help tells more"; }

while [ $# -gt 0 ]; do
  case $1 in
    install) ;;
    --upgrade) action=upgrade ;;
    --uninstall) action=uninstall ;;
    --user) scope=user ;;
    --foreground) foreground=yes ;;
    --new-identity) new_identity=yes ;;
    --url) value $# "$1"; url=${2%/}; shift ;;
    --token) value $# "$1"; token=$2; shift ;;
    --core-key) value $# "$1"; core_key=$2; shift ;;
    --mode) value $# "$1"; mode=$2; shift ;;
    --ca-file) value $# "$1"; ca_file=$2; shift ;;
    --docker-socket) value $# "$1"; docker_socket=$2; shift ;;
    --binary) value $# "$1"; binary=$2; shift ;;
    -h | --help) usage; exit 0 ;;
    *) fail "unknown option $1; --help tells more" ;;
  esac
  shift
done

choose_places() {
  if [ "$scope" = user ]; then
    [ -n "${HOME:-}" ] || fail 'HOME is not set, so there is no place for --user.'
    bin_dir=$HOME/.local/bin state_dir=$HOME/.local/state/$NAME
    unit=${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user/$NAME.service
    openrc=''
  else
    [ "$(id -u)" = 0 ] || fail 'Run this as root (with sudo), or with --user to install for this user alone.'
    bin_dir=/usr/local/bin state_dir=/var/lib/$NAME
    unit=/etc/systemd/system/$NAME.service openrc=/etc/init.d/$NAME
  fi
  program=$bin_dir/$NAME
}

# Prints who starts services here: systemd, openrc or none.
find_init() {
  if [ "$scope" = user ]; then
    if has systemctl && systemctl --user show-environment >/dev/null 2>&1; then say systemd; else say none; fi
  elif has systemctl && [ -d /run/systemd/system ]; then say systemd
  elif has rc-service && has rc-update; then say openrc
  else say none; fi
}

ctl() { if [ "$scope" = user ]; then systemctl --user "$@"; else systemctl "$@"; fi; }

find_arch() {
  [ "$(uname -s)" = Linux ] || fail "The agent runs on Linux; this is $(uname -s)."
  case $(uname -m) in
    x86_64 | amd64) arch=amd64 sum=$SHA256_AMD64 ;;
    aarch64 | arm64) arch=arm64 sum=$SHA256_ARM64 ;;
    *) fail "There is no agent for the processor $(uname -m): only for x86_64 and aarch64." ;;
  esac
  [ -n "$sum" ] || fail "The core has no agent for $arch: build it there (npm start does) and try again."
}

sha256_of() {
  if has sha256sum; then sha256sum "$1" | cut -d ' ' -f 1
  elif has shasum; then shasum -a 256 "$1" | cut -d ' ' -f 1
  elif has openssl; then openssl dgst -sha256 -r "$1" | cut -d ' ' -f 1
  else fail 'Neither sha256sum, shasum nor openssl is here to check the download.'; fi
}

download() {
  if has curl; then
    if [ -n "$ca_file" ]; then set -- "$@" --cacert "$ca_file"; fi
    from=$1 to=$2
    shift 2
    curl -fsSL --retry 2 --connect-timeout 15 --max-time 600 -o "$to" "$@" "$from"
  elif has wget; then
    # Its own -T makes some builds of busybox crash.
    if has timeout; then limit='timeout 600'; else limit=''; fi
    if [ -n "$ca_file" ]; then $limit wget -q --ca-certificate="$ca_file" -O "$2" "$1"; else $limit wget -q -O "$2" "$1"; fi
  else fail 'Neither curl nor wget is here to fetch the agent.'; fi
}

cleanup() {
  if [ -n "$work" ]; then rm -rf "$work"; fi
  if [ "$fresh_state" = yes ]; then rm -rf "$state_dir"; fi
}

# Leaves a checked binary at $work/agent, on the file system where it will stay.
fetch() {
  mkdir -p "$bin_dir"
  free=$(df -Pk "$bin_dir" | awk 'NR == 2 { print $4 }')
  [ "${free:-0}" -ge "$NEED_KB" ] || fail "There are only ${free:-0} KiB free in $bin_dir; $NEED_KB are needed."
  work=$(mktemp -d "$bin_dir/.$NAME.XXXXXX")
  if [ -n "$binary" ]; then
    cp "$binary" "$work/agent" || fail "$binary could not be copied."
  else
    [ -n "$url" ] || fail '--url is missing: the address of the core.'
    download "$url/agent/$NAME-linux-$arch" "$work/agent" || fail "$url/agent/$NAME-linux-$arch could not be fetched."
  fi
  found=$(sha256_of "$work/agent")
  [ "$found" = "$sum" ] ||
    fail "The download is not what the core has announced (SHA-256 $found instead of $sum). Nothing was installed."
  chmod 0755 "$work/agent"
  "$work/agent" version >/dev/null || fail "The agent does not run from $bin_dir: is it mounted noexec?"
}

enrol() {
  case $mode in
    operate) services=metrics,docker:read,docker:write,exec,terminal ;;
    monitor) services=metrics,docker:read ;;
    *) fail "--mode is operate or monitor, not $mode." ;;
  esac
  if [ "$token" = - ]; then read -r token || [ -n "$token" ] || fail 'There was no token on standard input.'; fi
  set -- --state-dir "$state_dir" --core-url "$url" --core-key "$core_key" --services "$services" --token-file -
  if [ -n "$ca_file" ]; then set -- "$@" --ca-file "$ca_file"; fi
  if [ -n "$docker_socket" ]; then set -- "$@" --docker-socket "$docker_socket"; fi
  if [ "$new_identity" = yes ]; then set -- "$@" --new-identity; fi
  if [ ! -e "$state_dir" ]; then
    fresh_state=yes
    mkdir -p "${state_dir%/*}"
  fi
  # printf is a part of the shell: the token is in no process list, and in no file.
  printf '%s\n' "$token" | "$work/agent" enroll "$@" || fail 'This machine was not enrolled; nothing was installed.'
  token=''
}

write_unit() {
  target=multi-user.target hardening=LockPersonality=yes
  if [ "$scope" = user ]; then target=default.target; fi
  # Commands and shells are children of the agent: what is forbidden here is forbidden to them.
  if [ "$mode" = monitor ] && [ "$scope" = system ]; then
    hardening=$(printf '%s\n' NoNewPrivileges=yes ProtectSystem=strict ProtectHome=read-only "ReadWritePaths=$state_dir" \
      PrivateTmp=yes ProtectKernelModules=yes RestrictSUIDSGID=yes LockPersonality=yes MemoryDenyWriteExecute=yes)
  fi
  mkdir -p "${unit%/*}"
  cat >"$unit.new" <<EOF
[Unit]
Description=Server Box agent
Wants=network-online.target
After=network-online.target

[Service]
ExecStart="$program" run --state-dir "$state_dir"
Restart=always
RestartSec=5
RestartPreventExitStatus=2
KillMode=mixed
TimeoutStopSec=10
OOMScoreAdjust=-100
$hardening

[Install]
WantedBy=$target
EOF
  mv -f "$unit.new" "$unit"
}

write_openrc() {
  cat >"$openrc.new" <<EOF
#!/sbin/openrc-run
name="Server Box agent"
command="$program"
command_args="run --state-dir $state_dir"
supervisor=supervise-daemon
respawn_delay=5
output_log=/var/log/$NAME.log
error_log=/var/log/$NAME.log
depend() {
  need net
  after docker
}
EOF
  chmod 0755 "$openrc.new"
  mv -f "$openrc.new" "$openrc"
}

start() {
  case $(find_init) in
    systemd)
      # An upgrade keeps the unit that is there: its owner may have changed it.
      if [ "$action" = install ] || [ ! -e "$unit" ]; then write_unit; fi
      ctl daemon-reload
      ctl enable "$NAME.service" >/dev/null 2>&1 || fail "$NAME.service could not be enabled."
      ctl restart "$NAME.service" || fail "$NAME.service could not be started: see systemctl status $NAME."
      say "The agent runs as the service $NAME." ;;
    openrc)
      if [ "$action" = install ] || [ ! -e "$openrc" ]; then write_openrc; fi
      rc-update add "$NAME" default >/dev/null
      rc-service "$NAME" restart || fail "The service $NAME could not be started."
      say "The agent runs as the service $NAME." ;;
    none)
      say 'No service manager was found. Have this run, at every start of the machine:'
      say "  $program run --state-dir $state_dir" ;;
  esac
}

install_agent() {
  if [ -z "$url" ] || [ -z "$core_key" ] || [ -z "$token" ]; then fail '--url, --core-key and --token are needed.'; fi
  find_arch
  fetch
  enrol
  mv -f "$work/agent" "$program"
  fresh_state=no # from here on the machine is a node: what is missing is told, not undone
  say "$NAME $VERSION is installed at $program."
  if [ "$foreground" = no ]; then start; else
    cleanup
    trap - EXIT
    exec "$program" run --state-dir "$state_dir"
  fi
}

upgrade_agent() {
  [ -e "$state_dir/identity.json" ] || fail "No agent is installed here (there is no $state_dir/identity.json)."
  if [ -z "$url" ]; then url=$(sed -n 's/^ *"coreUrl": "\(.*\)",\{0,1\}$/\1/p' "$state_dir/agent.json"); fi
  if [ -z "$ca_file" ] && [ -e "$state_dir/ca.pem" ]; then ca_file=$state_dir/ca.pem; fi
  find_arch
  if [ -x "$program" ] && [ "$(sha256_of "$program")" = "$sum" ]; then
    say "$NAME $VERSION is installed already."
    return
  fi
  fetch
  mv -f "$work/agent" "$program"
  say "$NAME was upgraded to $VERSION."
  start
}

# Ends the agents of this state directory that no service manager looks after.
stop_processes() {
  for entry in /proc/[0-9]*; do
    case $(readlink "$entry/exe" 2>/dev/null) in
      "$program" | "$program (deleted)") if kill "${entry#/proc/}" 2>/dev/null; then say "ended process ${entry#/proc/}"; fi ;;
    esac
  done
}

drop() {
  if [ -e "$1" ]; then
    rm -rf "$1"
    say "removed $1"
  fi
}

uninstall_agent() {
  if [ -e "$unit" ] && has systemctl; then ctl disable --now "$NAME.service" >/dev/null 2>&1 || :; fi
  if [ -n "$openrc" ] && [ -e "$openrc" ] && has rc-service; then
    rc-service "$NAME" stop >/dev/null 2>&1 || :
    rc-update del "$NAME" >/dev/null 2>&1 || :
  fi
  stop_processes
  drop "$unit"
  if [ -n "$openrc" ]; then drop "$openrc" && drop "/var/log/$NAME.log"; fi
  if has systemctl; then ctl daemon-reload >/dev/null 2>&1 || :; fi
  drop "$program"
  drop "$state_dir"
  say 'The agent is gone. Remove the node in Server Box, too, if it is not to come back.'
}

choose_places
trap cleanup EXIT
trap 'exit 130' INT TERM HUP
case $action in
  install) install_agent ;;
  upgrade) upgrade_agent ;;
  uninstall) uninstall_agent ;;
esac
