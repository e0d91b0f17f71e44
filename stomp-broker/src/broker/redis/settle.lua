-- Ends leases of a node.
-- KEYS: stream, back, counts, stream of dead letters.
-- ARGV: node, settlement, deliveries, channel, channel of dead letters (or ''), command that
-- publishes, then id and dead letter of each message.
-- Returns whether messages came back, and how many became dead letters.
local back, dead = 0, 0
for i = 7, #ARGV, 2 do
  local id = ARGV[i]
  local pending = redis.pcall('XPENDING', KEYS[1], 'g', id, id, 1, ARGV[1])
  -- Another node may have it by now.
  if not pending.err and pending[1] and not redis.call('ZSCORE', KEYS[2], id) then
    local is_over = ARGV[2] == 'consumed'
    if ARGV[2] == 'refused' and redis.call('HINCRBY', KEYS[3], id, 1) >= tonumber(ARGV[3]) then
      is_over = true
      if ARGV[5] ~= '' then
        redis.call('XADD', KEYS[4], '0-*', 'm', ARGV[i + 1])
        dead = dead + 1
      end
    end
    if is_over then
      redis.call('XACK', KEYS[1], 'g', id)
      redis.call('XDEL', KEYS[1], id)
      redis.call('HDEL', KEYS[3], id)
    else
      redis.call('ZADD', KEYS[2], string.sub(id, 3), id)
      back = back + 1
    end
  end
end
if redis.call('EXISTS', KEYS[1]) == 1 and redis.call('XLEN', KEYS[1]) == 0 then
  redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
end
if back > 0 then
  redis.call(ARGV[6], ARGV[4], ARGV[1])
end
if dead > 0 then
  redis.call(ARGV[6], ARGV[5], ARGV[1])
end
return {back, dead}
