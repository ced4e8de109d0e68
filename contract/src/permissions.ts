/** What a caller may do. A procedure names exactly one; a role is a set of them; nothing is implied. */
export const PERMISSIONS = {
  'self.manage': 'See and change the own account, sessions and preferences',
  'system.read': 'See the overview, events and health of Server Box itself',
  'nodes.read': 'See nodes, their inventory, status and activity',
  'nodes.manage': 'Add, rename, tag and remove nodes',
  'nodes.access': 'See and change how nodes are reached: SSH access, host keys, tokens of agents',
  'nodes.exec': 'Run commands on nodes',
  'runs.read': 'See fleet commands and their output',
  'nodes.terminal': 'Open shells on nodes',
  'metrics.read': 'See metrics',
  'containers.read': 'See containers and their details, secrets masked',
  'containers.logs': 'Read container logs',
  'containers.operate': 'Start, stop, restart, kill, pause and unpause containers',
  'containers.remove': 'Remove containers',
  'containers.exec': 'Open shells in containers',
  'containers.reveal': 'See unmasked environment values of containers',
  'audit.read': 'Read the audit trail',
} as const;
export type Permission = keyof typeof PERMISSIONS;
export const ALL_PERMISSIONS = Object.keys(PERMISSIONS) as Permission[];

export const ROLES = ['admin'] as const;
export type Role = (typeof ROLES)[number];
export const ROLE_PERMISSIONS: Record<Role, readonly Permission[]> = { admin: ALL_PERMISSIONS };
