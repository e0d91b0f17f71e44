-- Ends leases of a node.
-- KEYS: stream, back, counts, set of the queues that hold messages, stream and counts of dead letters.
-- ARGV: node, settlement, deliveries, name of the queue, its channel; name of the queue of dead letters (or ''), its
-- channel, messages and octets at most there, command that publishes; then id and dead letter of each message.
-- Returns how many messages came back, how many became dead letters, and how many of those were dropped for newer ones.
local function drop(stream, counts, id)
  local entry = redis.call('XRANGE', stream, id, id)[1]
  if entry then
    redis.call('XDEL', stream, id)
    redis.call('HINCRBY', counts, 'octets', -#entry[2][2])
  end
  redis.call('HDEL', counts, id)
end

-- The oldest dead letters make room for new ones: nobody may be reading them.
local function bury(letter)
  local stream, counts, dropped = KEYS[5], KEYS[6], 0
  while redis.call('XLEN', stream) >= tonumber(ARGV[8])
    or tonumber(redis.call('HGET', counts, 'octets') or 0) >= tonumber(ARGV[9]) do
    local oldest = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
    if not oldest then
      break
    end
    drop(stream, counts, oldest[1])
    dropped = dropped + 1
  end
  redis.call('XADD', stream, '0-*', 'm', letter)
  redis.call('HINCRBY', counts, 'octets', #letter)
  redis.call('SADD', KEYS[4], ARGV[6])
  return dropped
end

local back, dead, dropped = 0, 0, 0
for i = 11, #ARGV, 2 do
  local id = ARGV[i]
  local pending = redis.pcall('XPENDING', KEYS[1], 'g', id, id, 1, ARGV[1])
  -- Another node may have it by now.
  if not pending.err and pending[1] and not redis.call('ZSCORE', KEYS[2], id) then
    local is_over = ARGV[2] == 'consumed'
    if ARGV[2] == 'refused' and redis.call('HINCRBY', KEYS[3], id, 1) >= tonumber(ARGV[3]) then
      is_over = true
      if ARGV[6] ~= '' then
        dropped = dropped + bury(ARGV[i + 1])
        dead = dead + 1
      end
    end
    if is_over then
      redis.call('XACK', KEYS[1], 'g', id)
      drop(KEYS[1], KEYS[3], id)
    else
      redis.call('ZADD', KEYS[2], string.sub(id, 3), id)
      back = back + 1
    end
  end
end
if redis.call('XLEN', KEYS[1]) == 0 then
  redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
  redis.call('SREM', KEYS[4], ARGV[4])
end
if back > 0 then
  redis.call(ARGV[10], ARGV[5], ARGV[1])
end
if dead > 0 then
  redis.call(ARGV[10], ARGV[7], ARGV[1])
end
return {back, dead, dropped}
