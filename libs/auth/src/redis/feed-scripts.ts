/**
 * KEYS of all feed scripts except those of the registry: the stream, the index (a hash; the head is one of its fields),
 * the expiry of the index (a sorted set), and a key that may be written at any time.
 */

/** How long one can tell that something was written: the longest `maxStaleness`. */
const WRITTEN_MS = 10_000;

/**
 * ARGV from `first` on: field, value, expiresAt (milliseconds) of each row. The greatest value
 * wins, in any order.
 */
const RAISE = `
local function raise_from(first)
  for i = first, #ARGV, 3 do
    local field, value, expiry = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
    local known = redis.call('HGET', KEYS[2], field)
    if known then
      local known_value, known_expiry = string.match(known, '^(%d+):(%d+)$')
      if known_value then
        value = math.max(value, tonumber(known_value))
        expiry = math.max(expiry, tonumber(known_expiry))
      end
    end
    local text = string.format('%.0f:%.0f', value, expiry)
    redis.call('HSET', KEYS[2], field, text)
    redis.call('ZADD', KEYS[3], string.format('%.0f', expiry), field)
    redis.call('XADD', KEYS[1], '*', 'r', field, 'v', text)
  end
end
`;

const PUBLISH_SCRIPT = `${RAISE}
raise_from(1)
return 1
`;

/**
 * ARGV: expected head id ('' for none), new head id, new head, the time by which rows have expired,
 * age to trim at (ms), then rows. Returns false if it was appended, otherwise the current head. Expired entries are
 * removed from the index in small steps. The stream is trimmed by age, never by length. The rows
 * before a heartbeat are trimmed together with that heartbeat (`#trim` marks it while it is young).
 * If only some rows of a step were trimmed and its heartbeat remained, a reader at the heartbeat
 * before would find every link and not notice the loss.
 */
const APPEND_SCRIPT = `${RAISE}
local id = redis.call('HGET', KEYS[2], '#id') or ''
if id ~= ARGV[1] then return {0, redis.call('HGET', KEYS[2], '#head') or ''} end
raise_from(6)
redis.call('HSET', KEYS[2], '#id', ARGV[2], '#head', ARGV[3])
redis.call('SET', KEYS[4], '', 'PX', ${String(WRITTEN_MS)})
local beat = redis.call('XADD', KEYS[1], '*', 'h', ARGV[3])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local ms, seq = string.match(redis.call('HGET', KEYS[2], '#trim') or '', '^(%d+)-(%d+)$')
if not ms or now - tonumber(ms) > tonumber(ARGV[5]) then
  if ms then redis.call('XTRIM', KEYS[1], 'MINID', string.format('%s-%.0f', ms, tonumber(seq) + 1)) end
  redis.call('HSET', KEYS[2], '#trim', beat)
end
local spent = math.min(now, tonumber(ARGV[4]))
for _, field in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', string.format('(%.0f', spent), 'LIMIT', 0, 500)) do
  redis.call('HDEL', KEYS[2], field)
  redis.call('ZREM', KEYS[3], field)
end
return {1, ''}
`;

/**
 * Identifies the server process, and its time as a primary. A process that starts has a new run id,
 * one that is promoted or attached has a new replication id, and no id is used again. Empty for a
 * replica, and if the user may not ask (ACL).
 */
export const LINEAGE = `
local function lineage()
  local server, replication = redis.pcall('INFO', 'server'), redis.pcall('INFO', 'replication')
  if type(server) ~= 'string' or type(replication) ~= 'string' then return '' end
  local run, id = string.match(server, 'run_id:(%w+)'), string.match(replication, 'master_replid:(%w+)')
  if not run or not id or string.match(replication, 'role:(%w+)') ~= 'master' then return '' end
  return run .. ':' .. id
end
`;

/**
 * The lineage of a server that takes what is written. One that refuses, for whatever reason (it is
 * full, its disk is, its cluster is down), still answers, and what is revoked does not arrive there.
 * A user without the right to write relies on what another process has written within its own `maxStaleness`.
 * ARGV[1]: that, in milliseconds.
 */
const WRITING = `${LINEAGE}
local function writing()
  local said = redis.pcall('SET', KEYS[4], '', 'PX', ${String(WRITTEN_MS)})
  local why = type(said) == 'table' and said.err
  if not why then return lineage() end
  local barred = string.find(why, 'NOPERM', 1, true) or string.find(why, 'user executing the script', 1, true)
  local left = barred and redis.pcall('PTTL', KEYS[4])
  if type(left) == 'number' and left > ${String(WRITTEN_MS)} - tonumber(ARGV[1]) then return lineage() end
  return ''
end
`;

const LINEAGE_SCRIPT = `${WRITING}
return writing()
`;

/** ARGV from 2 on: fields of the index. */
const LOOKUP_SCRIPT = `${WRITING}
return {writing(), redis.call('HMGET', KEYS[2], unpack(ARGV, 2))}
`;

const HEAD_SCRIPT = `${WRITING}
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
return {last[1] and last[1][1] or '0-0', redis.call('HGET', KEYS[2], '#head') or '', writing()}
`;

/**
 * ARGV[2] and [3]: cursor, count. The lineage distinguishes pages of two servers, because their cursors have different
 * meanings.
 */
const PAGE_SCRIPT = `${WRITING}
local page = redis.call('HSCAN', KEYS[2], ARGV[2], 'COUNT', ARGV[3])
return {writing(), page[1], page[2]}
`;

/**
 * KEYS: copies, on Cluster only one (their slots differ). ARGV: value and expiresAt (milliseconds)
 * of each. Neither the value nor the lifetime is ever lowered.
 */
const COPY_SCRIPT = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
for i, key in ipairs(KEYS) do
  local value, expiry = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local known = tonumber(redis.call('GET', key) or '')
  if known then
    value = math.max(value, known)
    local ttl = redis.call('PTTL', key)
    if ttl > 0 then expiry = math.max(expiry, now + ttl) end
  end
  redis.call('SET', key, string.format('%.0f', value), 'PXAT', string.format('%.0f', expiry))
end
return 1
`;

/** KEYS of the registry: ledgers, and signers with their ledger, each with the time of its announcement. */
const LASTS_MS = 10_000;
const LATELY = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local from, to = now - ${String(LASTS_MS)}, now + ${String(LASTS_MS)}
`;

/** ARGV: a ledger, its signers. Returns every ledger that was announced recently. */
const ANNOUNCE_SCRIPT = `${LATELY}
redis.call('ZADD', KEYS[1], now, ARGV[1])
for i = 2, #ARGV do redis.call('ZADD', KEYS[2], now, ARGV[i] .. ' ' .. ARGV[1]) end
for _, key in ipairs(KEYS) do
  redis.call('ZREMRANGEBYSCORE', key, '-inf', '(' .. from)
  redis.call('ZREMRANGEBYSCORE', key, '(' .. to, '+inf')
  redis.call('PEXPIRE', key, ${String(LASTS_MS)})
end
return redis.call('ZRANGE', KEYS[1], 0, -1)
`;

const SIGNERS_SCRIPT = `${LATELY}
return redis.call('ZRANGEBYSCORE', KEYS[2], from, to)
`;

/** Commands of Tokenward's own clients. After the first use on a connection they are sent by their hash. */
export const FEED_COMMANDS = {
  tokenwardPublish: PUBLISH_SCRIPT,
  tokenwardAppend: APPEND_SCRIPT,
  tokenwardHead: HEAD_SCRIPT,
  tokenwardLineage: LINEAGE_SCRIPT,
  tokenwardLookup: LOOKUP_SCRIPT,
  tokenwardAnnounce: ANNOUNCE_SCRIPT,
  tokenwardSigners: SIGNERS_SCRIPT,
  tokenwardPage: PAGE_SCRIPT,
  tokenwardCopy: COPY_SCRIPT,
} as const;
