import { z } from 'zod';
import { SessionId, UserId } from './ids.ts';
import { ALL_PERMISSIONS, ROLES } from './permissions.ts';
import { Preferences } from './preferences.ts';

export const MIN_PASSWORD_CHARS = 10;
/** Refused before hashing: a long password must not buy the server's time (UTF-8 bytes). */
export const MAX_PASSWORD_BYTES = 1024;

export const Email = z
  .string()
  .trim()
  .toLowerCase()
  .max(254)
  .pipe(z.email({ error: 'is not an e-mail address' }));

const withinBytes = (text: string) => new TextEncoder().encode(text).length <= MAX_PASSWORD_BYTES;
export const PresentedPassword = z.string().min(1).refine(withinBytes, 'is longer than 1024 bytes');
export const NewPassword = z
  .string()
  .min(MIN_PASSWORD_CHARS, `has fewer than ${MIN_PASSWORD_CHARS} characters`)
  .refine(withinBytes, 'is longer than 1024 bytes');

export const User = z.object({
  id: UserId,
  email: z.string(),
  role: z.enum(ROLES),
  permissions: z.array(z.enum(ALL_PERMISSIONS as [(typeof ALL_PERMISSIONS)[number]])),
  preferences: Preferences,
  createdAt: z.iso.datetime(),
});
export type User = z.infer<typeof User>;

export const SetupState = z.object({
  needed: z.boolean(),
  /** The request came with a token of a session, be it one that has ended: whoever has none need not ask further. */
  hasSession: z.boolean(),
});
export const SetupInput = z.strictObject({ code: z.string().max(64), email: Email, password: NewPassword });
export const LoginInput = z.strictObject({ email: Email, password: PresentedPassword });
/** Browsers carry the refresh token in a cookie; tools send it in the body. */
export const RefreshInput = z.strictObject({ refreshToken: z.string().max(200).optional() });
export const SignedIn = z.object({
  accessToken: z.string(),
  refreshToken: z.string(),
  expiresInSeconds: z.int(),
  user: User,
});
export type SignedIn = z.infer<typeof SignedIn>;

export const ChangePasswordInput = z.strictObject({ currentPassword: PresentedPassword, newPassword: NewPassword });
export const Session = z.object({
  id: SessionId,
  current: z.boolean(),
  userAgent: z.string(), // hostile text: shown as text only
  ip: z.string(),
  createdAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
});
export type Session = z.infer<typeof Session>;
export const RevokeSessionInput = z.strictObject({ sessionId: SessionId });
