import type { User } from '@serverbox/contract/auth';
import type { Permission } from '@serverbox/contract/permissions';
import { createContext, use } from 'react';

export const ViewerContext = createContext<User | undefined>(undefined);

/** Who is signed in. Only inside the frame, which renders nothing before it knows. */
export const useViewer = (): User => {
  const viewer = use(ViewerContext);
  if (viewer === undefined) throw new Error('useViewer is used outside the signed-in frame.');
  return viewer;
};

/** Whether to offer an act at all. The core decides again when it is asked. */
export const useCan = (permission: Permission): boolean => useViewer().permissions.includes(permission);
