/** Why a session ended. */
export type EndReason =
  | 'logout'
  | 'logout_all'
  | 'ended_by_user'
  | 'ended_by_admin'
  | 'ended_by_host'
  | 'password_changed'
  /**
   * The email of the account was verified for the first time, by a browser that never signed in to the account:
   * somebody else may have registered it.
   */
  | 'account_claimed'
  | 'user_disabled'
  | 'user_deleted'
  /**
   * The user directory does not find the user any more. Passkeys, second factors, API keys and identities stay, because
   * the user may only be hidden for a while.
   */
  | 'user_not_found'
  | 'reuse'
  | 'limit'
  | 'restored'
  /** The actor was signed out, disabled or deleted, or the actor's role or permissions changed. */
  | 'actor_ended'
  /**
   * No access token can be issued for the session any more: the current rules refuse its stored claims, or the token
   * is too large.
   */
  | 'unissuable'
  /** The person was signed out at the provider that vouched for them. */
  | 'provider_logout';

const ENDS_TOKENS: ReadonlySet<EndReason> = new Set([
  'password_changed',
  'account_claimed',
  'user_disabled',
  'user_deleted',
]);
const ENDS_WAYS_IN: ReadonlySet<EndReason> = new Set(['account_claimed', 'user_deleted']);

/**
 * Whether the user's one-time tokens end with the sessions. For other reasons only sessions end, and a mailed link
 * stays valid.
 */
export function endsTokens(reason: EndReason): boolean {
  return ENDS_TOKENS.has(reason);
}

/** Whether the user's factors, recovery codes and API keys are removed in the same transaction. */
export function endsWaysIn(reason: EndReason): boolean {
  return ENDS_WAYS_IN.has(reason);
}

/** Whether another password was set. */
export function setsPassword(reason: EndReason): boolean {
  return reason === 'password_changed' || reason === 'account_claimed';
}
