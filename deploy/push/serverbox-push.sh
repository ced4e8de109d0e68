#!/usr/bin/env bash
# Reports the containers of this machine to Server Box. It only reports: nothing is ever asked of the machine.
#
#   serverbox-push.sh [--twice] [--print] [--config FILE]
#
#   --twice   report now and once more after half a minute: for cron, which knows no seconds
#   --print   show the report instead of sending it
#
# The configuration (mode 0600) has three lines: SERVERBOX_URL=…, SERVERBOX_HOST_ID=…, SERVERBOX_TOKEN=…, and
# SERVERBOX_CA_FILE=… where the address has a certificate of your own authority.
#
# cron:     * * * * * root /usr/local/bin/serverbox-push --twice >/dev/null
# systemd:  serverbox-push.service  [Service] Type=oneshot, ExecStart=/usr/local/bin/serverbox-push
#           serverbox-push.timer    [Timer] OnActiveSec=0, OnUnitActiveSec=30, AccuracySec=1
#
# Values that look secret are replaced before they leave: by the name of a variable, option or label, and by their own look.
set -euo pipefail
export LC_ALL=C

VERSION=1
PERIOD_SECONDS=30
DOCKER_SECONDS=20 # for one question to the engine
SEND_SECONDS=20
BATCH=50 # containers inspected at once: a command line has a limit

config=/etc/serverbox-push.conf times=1 print=no
SERVERBOX_URL='' SERVERBOX_HOST_ID='' SERVERBOX_TOKEN='' SERVERBOX_CA_FILE=''

fail() {
  printf 'serverbox-push: %s\n' "$*" >&2
  exit 1
}

while [ $# -gt 0 ]; do
  case $1 in
    --twice) times=2 ;;
    --print) print=yes ;;
    --config) [ $# -gt 1 ] || fail "--config needs a file"; config=$2; shift ;;
    *) fail "unknown option $1" ;;
  esac
  shift
done

for program in docker jq curl timeout; do
  command -v "$program" >/dev/null 2>&1 || fail "$program is missing"
done
[ -r "$config" ] || fail "cannot read $config"
[ -z "$(find "$config" -perm /077)" ] || fail "$config holds a token: others must not read it (chmod 600 $config)"
while IFS='=' read -r name value; do
  case $name in
    SERVERBOX_URL) SERVERBOX_URL=${value%/} ;;
    SERVERBOX_HOST_ID) SERVERBOX_HOST_ID=$value ;;
    SERVERBOX_TOKEN) SERVERBOX_TOKEN=$value ;;
    SERVERBOX_CA_FILE) SERVERBOX_CA_FILE=$value ;;
    '' | '#'*) ;;
    *) fail "$config: unknown setting $name" ;;
  esac
done <"$config"
for value in "$SERVERBOX_URL" "$SERVERBOX_HOST_ID" "$SERVERBOX_TOKEN"; do
  [ -n "$value" ] || fail "$config is not complete"
done

umask 077
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

# From here on: what is secret by name, by shape or by randomness. It rather hides too much.
# shellcheck disable=SC2016
masking='
def mask: "********";
def named: test("PASS|SECRET|TOKEN|KEY|PRIVATE|CREDENTIAL|AUTH|DSN"; "i");
def bits: length as $n | explode | group_by(.) | map((length / $n) | -. * log2) | add // 0;
def random:
  ([test("[a-z]"), test("[A-Z]"), test("[0-9]")] | map(select(.)) | length) as $classes
  | (split("-") | map(split("_")) | add | map(split("/")) | add | map(split("=")) | add | map(length) | max) as $longest
  | test("^[0-9a-fA-F]{32,}$")
    or ($classes >= 2 and test("[0-9]") and $longest >= 12 and bits >= 3.4)
    or ($classes == 2 and $longest >= 32 and bits >= 4);
def hide:
  if length > 16384 or test("-----BEGIN [A-Z ]*PRIVATE KEY-----") then mask
  else gsub("(?<scheme>[a-z][a-z0-9+.-]*://)[^\\s/@\u0027\"]+@"; .scheme + mask + "@"; "i")
  | gsub("(?<kind>Bearer|Basic)\\s+[A-Za-z0-9._~+/=-]{8,}"; .kind + " " + mask; "i")
  | gsub("(?<name>(PASS|SECRET|TOKEN|KEY|PRIVATE|CREDENTIAL|AUTH|DSN)[A-Za-z0-9_.-]*[\"\u0027]?\\s*[=:]\\s*)(?<value>\"[^\"]+\"|\u0027[^\u0027]+\u0027|[^\\s\"\u0027,;&]+)"; .name + mask; "i")
  | gsub("(?<digest>sha256:)?(?<word>[A-Za-z0-9+/_=-]{20,})"; if .digest then .digest + .word elif .word | random then mask else .word end)
  end;
def secret: length > 0 and hide != .;
def arguments: [., [null] + .[:-1]] | transpose | map(
  if .[1] != null and (.[1] | test("^-{1,2}[A-Za-z]") and (contains("=") | not) and named) then mask else .[0] | hide end);
def without($secrets): reduce $secrets[] as $one (.; split($one) | join(mask));
def instant: if . == null or startswith("0001-") or . == "" then null else . end;
'
# shellcheck disable=SC2016
inspected='
def port($key): ($key | split("/")) as [$number, $proto] | {containerPort: ($number | tonumber), proto: ($proto // "tcp")};
map(
  [(.Config.Env // [])[] | index("=") as $at | if $at then {key: .[:$at], value: .[$at + 1:]} else {key: ., value: ""} end] as $env
  | (.Config.Labels // {}) as $labels
  | ([($env[], ($labels | to_entries[])) | select((.value | length) >= 6 and ((.key | named) or (.value | secret))) | .value]
     | sort_by(-length)) as $secrets
  | {
    id: .Id, name: (.Name | ltrimstr("/")), image: (.Config.Image | hide | .[:512]), imageId: .Image,
    state: (.State.Status as $state | if ["created", "running", "paused", "restarting", "removing", "exited", "dead"] | index($state) then $state else "dead" end),
    createdAt: .Created, startedAt: (.State.StartedAt | instant), restartCount: (.RestartCount // 0),
    restartPolicy: (.HostConfig.RestartPolicy // {} | if (.Name // "") == "" then "no" elif (.MaximumRetryCount // 0) > 0 then "\(.Name):\(.MaximumRetryCount)" else .Name end),
    health: (.State.Health.Status // "none"),
    ports: [(.NetworkSettings.Ports // {}) | to_entries[] | port(.key) as $port
      | if (.value // []) == [] then $port + {hostIp: "", hostPort: null}
        else .value[] | $port + {hostIp: .HostIp, hostPort: (.HostPort | tonumber? // null)} end],
    networks: [(.NetworkSettings.Networks // {}) | to_entries[] | {name: .key, ip: (.value.IPAddress // "")}],
    mounts: [(.Mounts // [])[] | {type: .Type, source: (if .Type == "volume" then .Name else .Source end | hide), destination: .Destination, rw: .RW}],
    env: [$env[] | {key: (.key | hide), value: (if .value != "" and (.key | named) or (.value | secret) then mask else .value | without($secrets) end | .[:4096])}],
    command: ((.Config.Entrypoint // []) + (.Config.Cmd // []) | arguments | join(" ") | without($secrets) | .[:4096]),
    labels: [$labels | to_entries[] | {key: (.key | hide | .[:512]), value: (if .value != "" and (.key | named) or (.value | secret) then mask else .value | without($secrets) end | .[:4096])}] | from_entries
  })'
# shellcheck disable=SC2016
report='
def number: capture("^(?<n>[0-9.]+) *(?<unit>[A-Za-z]*)") // {n: "0", unit: ""}
  | (.n | tonumber) * ({"": 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12, kib: 1024, mib: 1048576, gib: 1073741824, tib: 1099511627776}[.unit | ascii_downcase] // 1);
def pair: split(" / ") | map(number) | [.[0] // 0, .[1] // 0];
def usage: (.MemUsage | pair) as $mem | (.NetIO | pair) as $net | (.BlockIO | pair) as $block | {
  cpuPercent: (.CPUPerc | number), memUsage: $mem[0], memLimit: $mem[1],
  netRxBytes: $net[0], netTxBytes: $net[1], blockReadBytes: $block[0], blockWriteBytes: $block[1]};
($stats | map({key: (.ID // .Container), value: .}) | from_entries) as $usage
| ($listed | split("\n") | map(select(. != "") | split("\t") | {key: .[0], value: (.[1] // "")}) | from_entries) as $status
| {hostId: $host, hostname: $hostname, agentVersion: $version, reportedAt: (now | todate),
   containers: [$containers[][] | . + {status: ($status[.id] // ""), stats: ($usage[.id] as $found | if $found then $found | usage else null end)}]}'

ask() { timeout "$DOCKER_SECONDS" docker "$@"; }

# An engine that does not answer ends the script: an empty list would say that there is nothing.
collect() {
  ask ps --all --no-trunc --format '{{.ID}}\t{{.Status}}' >"$work/listed" || fail "docker does not answer"
  cut -f 1 "$work/listed" >"$work/ids"
  : >"$work/containers"
  while mapfile -t -n "$BATCH" batch && [ ${#batch[@]} -gt 0 ]; do
    # It fails where one of them is gone, and still tells of the others.
    { ask inspect --type container "${batch[@]}" 2>/dev/null || true; } | jq -c "$masking$inspected" >>"$work/containers" ||
      fail "what docker told was not understood"
  done <"$work/ids"
  jq -r '.[].id' "$work/containers" | sort >"$work/found" || fail "what docker told was not understood"
  ask ps --all --quiet --no-trunc | sort >"$work/still" || fail "docker does not answer"
  [ -z "$(sort "$work/ids" | comm -23 - "$work/found" | comm -12 - "$work/still")" ] || fail "docker did not tell of all containers"
  ask stats --no-stream --no-trunc --format '{{json .}}' >"$work/stats" 2>/dev/null || : >"$work/stats"
  jq -n -c --rawfile listed "$work/listed" --slurpfile stats "$work/stats" --slurpfile containers "$work/containers" \
    --arg host "$SERVERBOX_HOST_ID" --arg hostname "$(uname -n)" --arg version "$VERSION" "$report" >"$work/report" ||
    fail "what docker told was not understood"
}

# The token stands in a file that only this process names: a command line can be read by everybody.
send() {
  local answer status options=(--silent --show-error --max-time "$SEND_SECONDS" --proto '=http,https')
  [ -z "$SERVERBOX_CA_FILE" ] || options+=(--cacert "$SERVERBOX_CA_FILE")
  answer=$(curl "${options[@]}" -H @<(printf 'Authorization: Bearer %s\n' "$SERVERBOX_TOKEN") \
    -H 'Content-Type: application/json' -H 'Expect:' --data-binary "@$work/report" --write-out '\n%{http_code}' \
    "$SERVERBOX_URL/api/agents/docker/report") || fail "the report was not sent"
  status=${answer##*$'\n'}
  [ "$status" = 200 ] || fail "the report was refused: HTTP $status ${answer%$'\n'*}"
}

once() {
  collect
  if [ "$print" = yes ]; then cat "$work/report"; else send; fi
}

result=0
while :; do
  SECONDS=0
  (once) || result=1 # a report that failed does not keep the next one from being tried
  times=$((times - 1))
  [ "$times" -gt 0 ] || exit "$result"
  [ "$SECONDS" -ge "$PERIOD_SECONDS" ] || sleep $((PERIOD_SECONDS - SECONDS))
  result=0
done
