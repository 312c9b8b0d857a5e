/**
 * A sliding window. Each bucket is a sorted set of tries by the time at which they were counted
 * (Redis's own, in milliseconds); no bucket has more tries than its limit. KEYS the buckets; ARGV
 * the try's id, the window in milliseconds, and the limit of each bucket. Returns 0 if the try was
 * counted in every bucket. Otherwise it was counted in none, and the result is the time in
 * milliseconds until it can be.
 */
export const TAKE_SCRIPT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local window = tonumber(ARGV[2])
local wait = 0
for i, key in ipairs(KEYS) do
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now - window)
  local limit = tonumber(ARGV[2 + i])
  local count = redis.call('ZCARD', key)
  if count >= limit then
    local blocking = redis.call('ZRANGE', key, count - limit, count - limit, 'WITHSCORES')
    local leaves = window
    if blocking[2] then leaves = tonumber(blocking[2]) + window - now end
    wait = math.max(wait, leaves, 1)
  end
end
if wait > 0 then return wait end
for _, key in ipairs(KEYS) do
  redis.call('ZADD', key, now, ARGV[1])
  redis.call('PEXPIRE', key, window)
end
return 0
`;

/**
 * KEYS the buckets; ARGV the try's id. Changes nothing for a try that was never counted or was
 * given back before.
 */
export const GIVE_BACK_SCRIPT = `
for _, key in ipairs(KEYS) do redis.call('ZREM', key, ARGV[1]) end
return 0
`;
