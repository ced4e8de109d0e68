import { readFileSync } from 'node:fs';

export type SystemUser = { name: string; uid: number; gid: number };

/** The first of these users that this system has, read from /etc/passwd. */
export const findSystemUser = (names: readonly string[]): SystemUser | undefined => {
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const wanted of names) {
    const [name, , uid, gid] = users.find((fields) => fields[0] === wanted) ?? [];
    if (name !== undefined) return { name, uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
};

/** Whether this process may start daemons as other users and change the kernel's network. */
export const isRoot = (): boolean => process.getuid?.() === 0;
