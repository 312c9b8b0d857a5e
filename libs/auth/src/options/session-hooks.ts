import type { TokenDelivery } from '../contract/index.js';

/** A session that is about to open: whose, how the user signed in, and from which client. */
export interface OpeningSession {
  readonly userId: string;
  readonly role?: string;
  readonly permissions: readonly string[];
  /** Whose user it is, where the directory keeps tenants. */
  readonly tenant?: string;
  /** "Remember me". */
  readonly rememberMe: boolean;
  readonly transport: TokenDelivery;
  /** How the user proved who they are (RFC 8176). */
  readonly amr: readonly string[];
  /** Who acts as the user (`openSession` with `actor`); undefined: the user. */
  readonly actorId?: string;
  readonly ip?: string;
  readonly userAgent?: string;
}

/** Gives claims that stay with the session; the names are held to the rules of the `claims` hook. */
export type SessionClaimsHook = (
  session: OpeningSession,
) => Readonly<Record<string, unknown>> | Promise<Readonly<Record<string, unknown>>>;
