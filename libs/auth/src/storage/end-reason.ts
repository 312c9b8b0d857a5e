/** Why a session ended. */
export type EndReason =
  | 'logout'
  | 'logout_all'
  | 'ended_by_user'
  | 'ended_by_admin'
  | 'ended_by_host'
  | 'password_changed'
  | 'user_disabled'
  | 'user_deleted'
  | 'reuse'
  | 'limit'
  | 'restored';
