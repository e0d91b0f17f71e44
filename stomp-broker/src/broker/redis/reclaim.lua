-- Takes back what nobody has: what dead nodes had out, and what this one never heard of because an answer was lost.
-- KEYS: stream, back, counts. ARGV: prefix of the keys of living nodes, octets that say who it was, channel, node, how
-- long something is out at least before it counts as unheard of in milliseconds, command that publishes, then the ids
-- that this node has.
local consumers = redis.pcall('XINFO', 'CONSUMERS', KEYS[1], 'g')
if consumers.err then
  return 0
end
local has = {}
for i = 7, #ARGV do
  has[ARGV[i]] = true
end
local back = 0
local function give_back(id, deliveries)
  redis.call('XCLAIM', KEYS[1], 'g', 'none', 0, id, 'JUSTID')
  if not redis.call('ZSCORE', KEYS[2], id) then
    if deliveries > 0 then
      redis.call('HINCRBY', KEYS[3], id, deliveries)
    end
    redis.call('ZADD', KEYS[2], string.sub(id, 3), id)
    back = back + 1
  end
end
for _, consumer in ipairs(consumers) do
  local name = consumer[2]
  if name == ARGV[4] then
    for _, pending in ipairs(redis.call('XPENDING', KEYS[1], 'g', 'IDLE', ARGV[5], '-', '+', 1000000, name)) do
      if not has[pending[1]] then
        give_back(pending[1], 0)
      end
    end
  elseif name ~= 'none' and redis.call('EXISTS', ARGV[1] .. name) == 0 then
    for _, pending in ipairs(redis.call('XPENDING', KEYS[1], 'g', '-', '+', 1000000, name)) do
      -- In doubt it was delivered: it may have been what broke the node.
      give_back(pending[1], 1)
    end
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], 'g', name)
  end
end
if back > 0 then
  redis.call(ARGV[6], ARGV[3], ARGV[2])
end
return back
