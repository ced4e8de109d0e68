# shellcheck shell=dash
# What a lab host runs instead of an init: prepares cgroups for a Docker engine of its own, then starts what $LAB_SSHD
# (openssh, dropbear or none) and $LAB_DOCKER (yes or no) name. Says "host ready" on standard output when all of it answers.
set -u
unset LAB_INIT
trap 'exit 0' TERM

# The containers in here are put below the host's own cgroup, so that its limits hold for them, too.
own=$(sed -n 's/^0:://p; s/^[0-9]*:memory://p' /proc/self/cgroup | tail -n 1)
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  # A cgroup (v2) with processes of its own may not hand controllers down.
  mkdir -p "/sys/fs/cgroup$own/init"
  while read -r pid; do echo "$pid" >"/sys/fs/cgroup$own/init/cgroup.procs"; done <"/sys/fs/cgroup$own/cgroup.procs"
fi

allow() {
  mkdir -p "$1/.ssh"
  printf '%s\n' "$LAB_AUTHORIZED_KEY" >"$1/.ssh/authorized_keys"
  chmod 0700 "$1/.ssh"
  chmod 0600 "$1/.ssh/authorized_keys"
  chown -R "$(stat -c %U "$1"):" "$1/.ssh"
}
for home in /root /home/ops /home/guest; do allow "$home"; done

# Starts it again when it ends: that is how a test gives it another host key.
keep() { while :; do "$@"; sleep 0.1; done; }

case $LAB_SSHD in
  openssh)
    mkdir -p /run/sshd
    ssh-keygen -A >/dev/null
    keep /usr/sbin/sshd -D -e -o PidFile=/run/lab-sshd.pid 2>>/var/log/sshd.log &
    ;;
  dropbear)
    # -R makes the host keys when the first client comes.
    keep dropbear -F -E -R -P /run/lab-sshd.pid 2>>/var/log/sshd.log &
    ;;
esac

if [ "$LAB_DOCKER" = yes ]; then
  dockerd --iptables=false --ip6tables=false --ip-masq=false --ip-forward=false --cgroup-parent="$own/nested" \
    >/var/log/dockerd.log 2>&1 &
  engine=$! tries=0
  until docker version >/dev/null 2>&1; do
    tries=$((tries + 1))
    if [ "$tries" -gt 150 ] || ! kill -0 "$engine" 2>/dev/null; then
      echo "host without docker: $(tail -n 1 /var/log/dockerd.log | cut -c 1-300)"
      break
    fi
    sleep 0.2
  done
fi

# The lab's only image, serverbox-lab/busybox, without a registry.
import_image() {
  root=$(mktemp -d)
  mkdir "$root/bin" "$root/tmp" "$root/root"
  for applet in $(busybox --list); do ln -sf busybox "$root/bin/$applet"; done
  rm -f "$root/bin/busybox" && cp /bin/busybox "$root/bin/busybox"
  tar -C "$root" -c . | docker import - serverbox-lab/busybox >/dev/null
  rm -rf "$root"
}
if docker version >/dev/null 2>&1 && ! docker image inspect serverbox-lab/busybox >/dev/null 2>&1; then import_image; fi

# Runs what is installed as a service: after a reboot an agent comes back as on any other machine.
mkdir -p /run/openrc
touch /run/openrc/softlevel
openrc default >/dev/null 2>&1

if [ "$LAB_SSHD" != none ]; then
  until [ -e /run/lab-sshd.pid ]; do sleep 0.05; done
fi
echo 'host ready'
while :; do
  sleep 3600 &
  wait $!
done
