const tokens = (name, ...specs) => part('verify/tokens', name, specs);
const keys = (name, ...specs) => part('verify/keys', name, specs);
const revocation = (name, ...specs) => part('verify/revocation', name, specs);
const sessions = (name, ...specs) => part('issue/sessions', name, specs);

function part(folder, name, specs) {
  return {
    file: `libs/auth/src/${folder}/${name}.ts`,
    specs: specs.map((spec) => `libs/auth/src/${folder}/${spec}.spec.ts`),
  };
}

/**
 * One file after the other, each with the specs that have to see its mutations: few, so that a mutation takes a second
 * or two.
 */
export const SLICES = {
  tokens: [
    tokens('strict-json', 'strict-json'),
    tokens('base64url', 'jws'),
    tokens('jws', 'jws', 'access-token-verifier.service', 'signatures'),
    tokens('verification-policy', 'verification-policy-rules'),
    tokens('access-token-verifier.service', 'access-token-outcomes'),
    tokens('verified-token-cache', 'verified-token-cache'),
    tokens('encrypted-token', 'encrypted-token', 'forged-encrypted-tokens'),
    tokens('custom-claims', 'custom-claims'),
    tokens('foreign-claims', 'foreign-claims'),
    part('verify/legacy', 'legacy-check.service', ['legacy-check']),
    part('verify/legacy', 'legacy-tokens', ['legacy-tokens', 'forged-legacy-tokens']),
    part('verify/legacy', 'legacy-key', ['legacy-key']),
  ],
  revocation: [
    revocation('revocation-checker.service', 'revocation-checker', 'revocation-checker-sources'),
    revocation('protocol/revoked-set', 'protocol/revoked-set', 'protocol/revocation-view'),
    revocation('protocol/expiring-values', 'protocol/expiring-values', 'protocol/revoked-set'),
    revocation('protocol/heartbeat-clock', 'protocol/heartbeat-clock', 'protocol/revocation-view'),
    revocation('protocol/ledger-neighbours', 'protocol/ledger-neighbours', 'protocol/ledger-sync'),
    revocation('protocol/ledger-sync', 'protocol/ledger-sync', 'protocol/ledger-sync-steps'),
    revocation('protocol/feed-writer', 'protocol/feed-writer'),
    revocation(
      'protocol/revocation-view',
      'protocol/revocation-view-state',
      'protocol/revocation-view',
      'protocol/feed-answer',
    ),
    revocation('protocol/feed-interruptions', 'protocol/feed-answer'),
    revocation('protocol/ledger-availability', 'protocol/revocation-view'),
    revocation('protocol/expiry-clock', 'protocol/expiry-clock'),
    revocation('protocol/instant', 'protocol/instant'),
    revocation(
      'revocation-sync.service',
      'revocation-sync.service',
      'revocation-sync-feed',
      'revocation-sync-stop',
    ),
  ],
  keys: [
    keys('signature', 'signature'),
    keys('key-fitness', 'key-fitness', 'static-keys', 'refused-keys'),
    keys('key-material', 'key-material', 'pem'),
    keys('pem', 'pem'),
    keys('verification-keys', 'verification-keys'),
    keys('static-keys', 'known-static-keys'),
    keys('keyring.service', 'keyring.service'),
    keys('same-key', 'same-key'),
    keys('jwk-members', 'jwk-members'),
    keys('fetched-jwks', 'fetched-jwks'),
    keys('remote-keys.service', 'remote-keys-schedule'),
    keys('source-keys', 'source-keys'),
    keys('encryption-ring', 'encryption-ring'),
    keys('remote-signature', 'remote-signature'),
    keys('algorithms', 'algorithms'),
    keys('thumbprint', 'thumbprint'),
  ],
  sessions: [
    sessions('refresh-token', 'refresh-token'),
    sessions('successor', 'successor'),
    sessions('rotation-outcome', 'rotation-outcome'),
    sessions('refresh-secrets', 'refresh-secrets'),
    sessions('retry-key', 'refresh-token'),
    sessions('rotation.service', 'rotation.service'),
    sessions('revocation.service', 'revocation.service'),
    sessions('session-access.service', 'session-access.service'),
    sessions('session-limits.service', 'session-limits.service'),
    sessions('session.service', 'session-secrets', 'session.service.work'),
    sessions('work-together', 'work-together'),
    sessions('session-opener.service', 'session-opener.service'),
    sessions('session-clean-up.service', 'session-clean-up.service'),
    sessions('announcer.service', 'announcer.service'),
    sessions('token-version.guard', 'token-version.guard'),
    sessions('storage-check', 'storage-check'),
  ],
};
