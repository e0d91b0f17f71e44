-- Takes back what dead nodes had out.
-- KEYS: stream, back, counts. ARGV: prefix of the keys of living nodes, node, channel, command that publishes.
local consumers = redis.pcall('XINFO', 'CONSUMERS', KEYS[1], 'g')
if consumers.err then
  return 0
end
local back = 0
for _, consumer in ipairs(consumers) do
  local name = consumer[2]
  if name ~= 'none' and redis.call('EXISTS', ARGV[1] .. name) == 0 then
    for _, pending in ipairs(redis.call('XPENDING', KEYS[1], 'g', '-', '+', 1000000, name)) do
      local id = pending[1]
      redis.call('XCLAIM', KEYS[1], 'g', 'none', 0, id, 'JUSTID')
      -- In doubt it was delivered: it may have been what broke the node.
      if not redis.call('ZSCORE', KEYS[2], id) then
        redis.call('HINCRBY', KEYS[3], id, 1)
        redis.call('ZADD', KEYS[2], string.sub(id, 3), id)
        back = back + 1
      end
    end
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], 'g', name)
  end
end
if back > 0 then
  redis.call(ARGV[4], ARGV[3], ARGV[2])
end
return back
