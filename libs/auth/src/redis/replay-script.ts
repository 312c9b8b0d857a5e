import { LINEAGE } from './feed-scripts.js';

/**
 * Remembers a proof. An epoch is a time without loss of memory. It has a random id, the lineage of
 * the server and a start time. A flush, a restart from an old dump or the promotion of a replica
 * begins another epoch. Without a nonce, a proof passes if it was certainly made after the epoch
 * began, even with wrong clocks. A proof that has the epoch's id as its nonce was made in the
 * epoch. KEYS epoch, proof; ARGV now, a random id, `iat`, window (all times in milliseconds), nonce
 * or empty. Returns `{verdict, id}`.
 */
export const REPLAY_SCRIPT = `${LINEAGE}
local own = lineage()
if own == '' then return {'unknown', ''} end
local id, kept, began = unpack(redis.call('HMGET', KEYS[1], 'id', 'lineage', 'began'))
if not id or kept ~= own then
  id, began = ARGV[2], ARGV[1]
  redis.call('HSET', KEYS[1], 'id', id, 'lineage', own, 'began', began)
end
if ARGV[5] ~= id and (ARGV[5] ~= '' or tonumber(ARGV[3]) <= tonumber(began) + 2 * tonumber(ARGV[4])) then
  return {'nonce_needed', id}
end
if redis.call('SET', KEYS[2], '1', 'NX', 'PX', 3 * tonumber(ARGV[4])) then return {'first', id} end
return {'replayed', id}
`;
