/** The lines that a person pastes on the machine. The token goes through standard input into a file of root's alone. */
import type { PushSetup } from '@serverbox/contract/onboarding';
import type { Secret } from '../../lib/log.ts';

export interface SetupParts {
  baseUrl: string;
  hostId: string;
  /** Letters, digits and `_`: never anything that a shell would read. */
  token: Secret;
}

const PROGRAM = '/usr/local/bin/serverbox-push';
const CONFIG = '/etc/serverbox-push.conf';

const install = ({ baseUrl, hostId, token }: SetupParts): string => `sudo sh -c 'umask 077 && cat >${CONFIG} &&
  curl -fsSL ${baseUrl}/push.sh -o ${PROGRAM}.new &&
  chmod 755 ${PROGRAM}.new && mv ${PROGRAM}.new ${PROGRAM} && ${PROGRAM}' <<'EOF'
SERVERBOX_URL=${baseUrl}
SERVERBOX_HOST_ID=${hostId}
SERVERBOX_TOKEN=${token.reveal()}
EOF`;

/** Cron knows no seconds: the script reports, waits and reports again within its minute. */
const CRON = `echo '* * * * * root ${PROGRAM} --twice >/dev/null' | sudo tee /etc/cron.d/serverbox-push`;

const SYSTEMD = `sudo sh -c 'cat >/etc/systemd/system/serverbox-push.service && cat >/etc/systemd/system/serverbox-push.timer <<EOF
[Unit]
Description=Reports containers to Server Box every 30 seconds
[Timer]
OnActiveSec=0
OnUnitActiveSec=30
AccuracySec=1
[Install]
WantedBy=timers.target
EOF
systemctl daemon-reload && systemctl enable --now serverbox-push.timer' <<'EOF'
[Unit]
Description=Report containers to Server Box
After=docker.service network-online.target
Wants=network-online.target
[Service]
Type=oneshot
ExecStart=${PROGRAM}
TimeoutStartSec=60
PrivateTmp=yes
NoNewPrivileges=yes
EOF`;

export const pushSetup = (parts: SetupParts): PushSetup => ({
  hostId: parts.hostId,
  token: parts.token.reveal(),
  commands: { install: install(parts), cron: CRON, systemd: SYSTEMD },
});
