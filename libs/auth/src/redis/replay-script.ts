import { LINEAGE } from './feed-scripts.js';

/**
 * Remembers a proof. An epoch is a time without loss of memory. It has a random id, the lineage of
 * the server and a start time. A flush, a restart from an old dump or the promotion of a replica
 * begins another epoch, by the later of the server's clock and the process's: with one that is
 * behind, proofs from before the flush would work again. Without a nonce, a proof passes if it was
 * certainly made after the epoch began, even with wrong clocks. A proof that has the epoch's id as its nonce was made
 * in the epoch. KEYS epoch, proof; ARGV now, a random id, `iat`, window (all times in milliseconds), nonce or empty.
 * Returns `{verdict, id}`.
 */
export const REPLAY_SCRIPT = `${LINEAGE}
local own = lineage()
if own == '' then return {'unknown', ''} end
local id, kept, began = unpack(redis.call('HMGET', KEYS[1], 'id', 'lineage', 'began'))
if not id or kept ~= own then
  local time = redis.pcall('TIME')
  local now = tonumber(time[1] or 0) * 1000 + math.floor(tonumber(time[2] or 0) / 1000)
  id, began = ARGV[2], string.format('%.0f', math.max(tonumber(ARGV[1]), now))
  redis.call('HSET', KEYS[1], 'id', id, 'lineage', own, 'began', began)
end
if ARGV[5] ~= id and (ARGV[5] ~= '' or tonumber(ARGV[3]) <= tonumber(began) + 2 * tonumber(ARGV[4])) then
  return {'nonce_needed', id}
end
if redis.call('SET', KEYS[2], '1', 'NX', 'PX', 3 * tonumber(ARGV[4])) then return {'first', id} end
return {'replayed', id}
`;
