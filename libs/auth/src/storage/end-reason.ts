/** Why a session ended. */
export type EndReason =
  | 'logout'
  | 'logout_all'
  | 'ended_by_user'
  | 'ended_by_admin'
  | 'ended_by_host'
  | 'password_changed'
  /** The mailbox of the account was proven for the first time, by a browser that never signed in to it: whoever registered it may be somebody else. */
  | 'account_claimed'
  | 'user_disabled'
  | 'user_deleted'
  /** The user directory does not find the user any more. That is no order to delete: what signs in stays, for a user who was hidden for a while. */
  | 'user_not_found'
  | 'reuse'
  | 'limit'
  | 'restored'
  /** Whoever acted as the user was signed out, disabled or deleted, or has other rights now. */
  | 'actor_ended'
  /** No access token can be made of it any more: today's rules refuse the claims that it keeps, or the token is too large. */
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

/** Whether one-time tokens of the user die with the sessions. The other reasons end sessions alone: a link in a mailbox stays good. */
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
