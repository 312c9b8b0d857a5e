/** Why a live connection ends, as WebSocket close codes (RFC 6455, section 7.4.2: 4000 to 4999 are the application's). */
export const TOKEN_REFUSED = 4401;
/**
 * Try again later: for five seconds the process could not prove that the token is not revoked, or too many sockets
 * waited for their first message.
 */
export const VIEW_UNPROVEN = 4503;

export interface Ending {
  readonly code: typeof TOKEN_REFUSED | typeof VIEW_UNPROVEN;
  /** Safe to show; fits a close frame. */
  readonly reason: 'revoked' | 'expired' | 'refused' | 'unproven' | 'crowded';
}
