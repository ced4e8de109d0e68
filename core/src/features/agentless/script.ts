/**
 * What runs on a node that has no agent, as long as the SSH connection stands: a loop in `sh` that waits for a question and
 * prints kernel files in answer. It decides nothing and keeps nothing; when the connection goes, `read` finds the end of its
 * input and the loop is over, so nothing is left behind. Works with dash, bash and busybox.
 *
 * A question is a number and letters: `s` what changes each second, `d` disks, interfaces and sensors, `f` facts. The
 * answer stands between `@frame:<number>` and `@end:<number>`; each line of it is `<file>:<text>` or `@<name>:<text>`.
 */

/** File systems that hold data on the node's own disks: one on the network may hang, and would hang the loop. */
export const LOCAL_FILE_SYSTEMS = [
  ...['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'zfs', 'f2fs', 'jfs', 'reiserfs', 'bcachefs', 'vfat', 'exfat', 'ntfs'],
  ...['ntfs3', 'hfsplus', 'ufs', 'nilfs2', 'ocfs2', 'gfs2', 'fuseblk', 'virtiofs'],
];
const TYPES = LOCAL_FILE_SYSTEMS.join('|');

// `grep` is the one program that prints many files with their names. /proc/stat's line of interrupts is as long as the rest.
const SCRIPT = String.raw`
LC_ALL=C; PATH=$PATH:/usr/local/bin:/usr/sbin:/sbin; export LC_ALL PATH
command -v timeout >/dev/null || timeout() { shift; "$@"; }
show() { grep -sv '^intr ' "$@" /dev/null; }
sample() {
  show /proc/stat /proc/meminfo /proc/loadavg /proc/uptime /proc/diskstats /proc/net/dev /proc/net/snmp
  set -- /proc/[0-9]*; echo "@processes:$#"
}
disks() {
  grep -E '^[^ ]+ [^ ]+ [^ ]+ [^ ]+ / | / [^ ]+ [^ ]+ .*- (${TYPES}) | - btrfs ' /proc/self/mountinfo | head -n 256 | {
    set --
    while read -r id parent device root point rest; do
      echo "@mount:$id $parent $device $root $point $rest"
      case $point in *\\*) point=$(printf '%b' "$point");; esac
      set -- "$@" "$point"
    done
    [ $# -eq 0 ] || timeout 5 stat -f -c '@fs:%S %b %f %c %d %n' "$@" 2>/dev/null
  }
}
detail() {
  echo "@date:$(date +%s)"
  show /sys/class/hwmon/hwmon*/name /sys/class/hwmon/hwmon*/temp*_input /sys/class/hwmon/hwmon*/temp*_label
  show /sys/class/thermal/thermal_zone*/type /sys/class/thermal/thermal_zone*/temp
  show /sys/class/net/*/operstate /sys/class/net/*/speed
  for path in /sys/block/*/device /sys/class/net/*/device; do echo "@device:$path"; done
  disks
}
facts() {
  show /etc/os-release /proc/sys/kernel/hostname /proc/sys/kernel/osrelease /run/systemd/container /sys/hypervisor/type
  show /sys/class/dmi/id/sys_vendor /sys/class/dmi/id/product_name
  show /sys/devices/system/clocksource/clocksource0/available_clocksource
  grep -sm1 '^model name' /proc/cpuinfo /dev/null
  echo "@arch:$(uname -m)"
  [ ! -e /.dockerenv ] || echo "@dockerenv:"
  ip -o addr show up scope global 2>/dev/null | head -n 64 | sed 's/^/@address:/'
  if command -v docker >/dev/null
  then timeout 5 docker version --format '{{.Server.Version}}' 2>&1 | head -n 5 | sed 's/^/@docker:/'
  fi
  [ ! -d /run/systemd/system ] || echo "@systemd:"
  timeout 5 systemctl list-units --state=failed --plain --no-legend --no-pager 2>/dev/null | head -n 256 | sed 's/^/@unit:/'
}
while read -r number what; do
  echo "@frame:$number"
  case $what in *s*) sample;; esac
  case $what in *d*) detail;; esac
  case $what in *f*) facts;; esac
  echo "@end:$number"
done
`;

export const SAMPLER: readonly [string, ...string[]] = ['sh', '-c', SCRIPT];
