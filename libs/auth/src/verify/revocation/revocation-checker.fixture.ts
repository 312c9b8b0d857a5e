import { FEED_VERSION, type Heartbeat } from '../../storage/revocation-feed.port.js';

export const token = {
  tokenId: 't',
  sessionId: 's',
  subject: 'u',
  tokenVersion: 1,
  keyId: 'k',
  issuedAt: 1,
};
export const position = { ledger: 'ours', timeline: 1, snapshot: '5:5:' };
export const head: Heartbeat = {
  version: FEED_VERSION,
  id: 'h',
  prev: 'g',
  before: [],
  position,
  kind: 'whole',
};
