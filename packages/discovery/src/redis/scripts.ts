/*
 * What Redis holds, under a prefix:
 *
 * - `leases`: a sorted set, id of a host -> when its lease lapses (milliseconds, Redis' clock)
 * - `hosts`: a hash, id -> record
 * - `epoch:<id>`: the fence: nobody with a lower epoch may change the host
 * - channel `changes`: `+id` when a host has come or changed, `-id` when it has left
 *
 * Each script is one step for everybody, and by Redis' clock alone.
 */

export interface Keys {
  leases: string;
  hosts: string;
  changes: string;
  fence(id: string): string;
}

export function keysOf(prefix: string): Keys {
  return {
    leases: `${prefix}leases`,
    hosts: `${prefix}hosts`,
    changes: `${prefix}changes`,
    fence: (id) => `${prefix}epoch:${id}`,
  };
}

/** Milliseconds that a fence outlives the last who passed it. */
export const fenceLasts = 24 * 60 * 60 * 1000;

const common = `
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function whole(number) return string.format('%.0f', number) end
local function mend(key, kind)
  local found = redis.call('TYPE', key).ok
  if found ~= kind and found ~= 'none' then redis.call('DEL', key) end
end
local function fence(key)
  mend(key, 'string')
  local epoch = tonumber(redis.call('GET', key) or '0') or 0
  if epoch < 0 or epoch > 9e15 then return 0 end
  return epoch
end
`;

/**
 * KEYS: fence. ARGV: how long the fence lasts.
 *
 * Returns a new epoch. It is at least Redis' time, so that it is a new one even if Redis has lost
 * all that it knew.
 */
export const takeEpoch = `${common}
local epoch = whole(math.max(fence(KEYS[1]) + 1, now()))
redis.call('SET', KEYS[1], epoch, 'PX', ARGV[1])
return epoch
`;

/**
 * KEYS: fence, leases, hosts. ARGV: how long the fence lasts, epoch, id, milliseconds of the lease,
 * record, channel, whether to announce it ('1').
 *
 * Returns '0', or the higher epoch that forbids it.
 */
export const renew = `${common}
local last, epoch, id = fence(KEYS[1]), tonumber(ARGV[2]), ARGV[3]
if last > epoch then return whole(last) end
mend(KEYS[2], 'zset')
mend(KEYS[3], 'hash')
local time = now()
for _, lapsed in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', time, 'LIMIT', 0, 100)) do
  redis.call('ZREM', KEYS[2], lapsed)
  redis.call('HDEL', KEYS[3], lapsed)
end
local isNew = redis.call('HEXISTS', KEYS[3], id) == 0
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[1])
redis.call('ZADD', KEYS[2], whole(time + ARGV[4]), id)
redis.call('HSET', KEYS[3], id, ARGV[5])
if isNew or ARGV[7] == '1' then redis.call('PUBLISH', ARGV[6], '+' .. id) end
return '0'
`;

/**
 * KEYS: fence, leases, hosts. ARGV: how long the fence lasts, epoch, id, channel.
 *
 * Returns '0', or the higher epoch that forbids it. The fence is raised: what we have sent over a
 * connection that was given up may arrive after this.
 */
export const remove = `${common}
local last, epoch, id = fence(KEYS[1]), tonumber(ARGV[2]), ARGV[3]
if last > epoch then return whole(last) end
mend(KEYS[2], 'zset')
mend(KEYS[3], 'hash')
redis.call('SET', KEYS[1], whole(epoch + 1), 'PX', ARGV[1])
redis.call('ZREM', KEYS[2], id)
redis.call('HDEL', KEYS[3], id)
redis.call('PUBLISH', ARGV[4], '-' .. id)
return '0'
`;

/**
 * KEYS: leases, hosts. ARGV: hosts at the most, bytes of an id or a record at the most.
 *
 * Returns for each host whose lease has not lapsed: id, milliseconds left, record. One that is too
 * large has an empty record.
 */
export const list = `${common}
local time = now()
local found = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. whole(time), '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[1])
local hosts = {}
for index = 1, #found, 2 do
  local id, bytes = found[index], tonumber(ARGV[2])
  local record = ''
  if #id <= bytes and redis.call('HSTRLEN', KEYS[2], id) <= bytes then
    record = redis.call('HGET', KEYS[2], id) or ''
  end
  hosts[#hosts + 1] = { string.sub(id, 1, 300), whole(math.min(found[index + 1] - time, 1e9)), record }
end
return hosts
`;
