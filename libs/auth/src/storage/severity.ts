import type { AuthEvent, EventSeverity } from './auth-event.js';

const SEVERITY: Partial<Record<AuthEvent['type'], EventSeverity>> = {
  'refresh.reused': 'high',
  'everything.revoked': 'high',
  'key.revoked': 'high',
  'user.ambiguous': 'high',
  'password.hash_unusable': 'high',
  'passkey.counter_went_back': 'high',
  'device.refused': 'high',
  'factor.refused': 'warning',
  'recovery_code.used': 'warning',
  'login.failed': 'warning',
  'link.refused': 'warning',
  'mail.failed': 'warning',
  'mail.throttled': 'warning',
  'login.throttled': 'warning',
  'refresh.refused': 'warning',
  'password.refused': 'warning',
};

export function severityOf(type: AuthEvent['type']): EventSeverity {
  return SEVERITY[type] ?? 'info';
}
