import { LINEAGE } from './feed-scripts.js';

/**
 * Remembers a proof. An epoch is an unbroken memory: it has a random id, the lineage of the server that keeps it, and when it began; a flush, a
 * restart from an old dump and a replica that is promoted begin another one. A proof passes without a nonce when it was made after the epoch began
 * whatever the clocks; with the epoch's id as its nonce it was. KEYS epoch, proof; ARGV now, a random id, `iat`, window (all times milliseconds),
 * nonce or empty. Answers `{verdict, id}`.
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
