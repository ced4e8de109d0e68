/** A real nginx on loopback in front of another server: one that lets WebSockets through, or one that does not. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Daemon } from './daemon.ts';
import { startDaemon } from './daemon.ts';
import { findFreePort } from './free-port.ts';
import { getProgram } from './programs.ts';
import { isRoot } from './system-user.ts';
import { openTempDir } from './temp-dir.ts';

export type NginxOptions = {
  /** Where requests go, e.g. `http://127.0.0.1:3000`. */
  upstream: string;
  /** Whether the upgrade to a WebSocket is passed on. nginx does not unless it is told to. */
  passesUpgrades: boolean;
  /** The path below which the other server is seen, e.g. `/box`. */
  prefix?: string;
  /** https with a certificate of an authority of its own. */
  isTls?: boolean;
};

export type Nginx = Daemon & {
  /** The other server as it is seen through this one. */
  url: string;
  /** The certificate of the authority, in PEM form; undefined without TLS. */
  caPath: string | undefined;
  /** Changes what is passed on; connections that are open stay as they are. */
  setUpgrades(passesUpgrades: boolean): Promise<void>;
  /** Cuts every connection that is open. */
  cut(): Promise<void>;
};

const run = promisify(execFile);
const RELOAD_MS = 300;

const UPGRADE = ['proxy_set_header Upgrade $http_upgrade;', 'proxy_set_header Connection $connection_upgrade;'];

const configOf = (dir: string, port: number, { upstream, passesUpgrades, prefix = '', isTls = false }: NginxOptions) =>
  `${isRoot() ? 'user root root;' : ''}
worker_processes 1;
pid ${dir}/pid;
error_log stderr notice;
events { worker_connections 256; }
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${dir}/${name};`).join('\n  ')}
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  server {
    listen 127.0.0.1:${port}${isTls ? ' ssl' : ''};
    ${isTls ? `ssl_certificate ${dir}/cert.pem; ssl_certificate_key ${dir}/key.pem;` : ''}
    location ${prefix}/ {
      proxy_pass ${upstream}/;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      ${passesUpgrades ? UPGRADE.join('\n      ') : ''}
    }
  }
}
`;

/** A certificate for 127.0.0.1 that is its own authority. */
const createCertificate = async (dir: string): Promise<void> => {
  const subject = ['-subj', '/CN=serverbox-lab', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', join(dir, 'key.pem')];
  await run(getProgram('openssl'), ['req', '-x509', '-days', '2', ...key, ...subject, '-out', join(dir, 'cert.pem')]);
};

/** Starts nginx; `stop` removes its files. */
export const startNginx = async (options: NginxOptions): Promise<Nginx> => {
  const port = await findFreePort();
  const dir = await openTempDir('nginx');
  const path = join(dir.path, 'nginx.conf');
  const write = (passesUpgrades: boolean) => writeFile(path, configOf(dir.path, port, { ...options, passesUpgrades }));
  try {
    if (options.isTls === true) await createCertificate(dir.path);
    await mkdir(join(dir.path, 'client_body'));
    await write(options.passesUpgrades);
    const daemon = await startDaemon({
      argv: [getProgram('nginx'), '-c', path, '-p', dir.path, '-e', 'stderr', '-g', 'daemon off;'],
      readyLine: /start worker process \d/,
      stopSignal: 'SIGTERM',
    });
    const signal = async (name: NodeJS.Signals): Promise<void> => {
      process.kill(daemon.pid, name);
      await sleep(RELOAD_MS); // the new worker takes over beside the old one, and nothing says when
    };
    return {
      ...daemon,
      url: `http${options.isTls === true ? 's' : ''}://127.0.0.1:${port}${options.prefix ?? ''}`,
      caPath: options.isTls === true ? join(dir.path, 'cert.pem') : undefined,
      setUpgrades: async (passesUpgrades) => {
        await write(passesUpgrades);
        await signal('SIGHUP');
      },
      cut: async () => {
        const workers = await readFile(`/proc/${daemon.pid}/task/${daemon.pid}/children`, 'utf8');
        // The master starts another one at once.
        for (const pid of workers.trim().split(' ')) process.kill(Number(pid), 'SIGKILL');
        await sleep(RELOAD_MS);
      },
      stop: () => daemon.stop().then(dir.remove),
    };
  } catch (error) {
    await dir.remove();
    throw error;
  }
};
