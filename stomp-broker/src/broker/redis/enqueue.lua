-- Appends messages to queues, all or none.
-- KEYS: the streams of the messages, one each.
-- ARGV: node, command that publishes, then limit, channel and envelope of each message.
for i = 1, #KEYS do
  if redis.call('XLEN', KEYS[i]) >= tonumber(ARGV[3 * i]) then
    return i
  end
end
local told = {}
for i = 1, #KEYS do
  redis.call('XADD', KEYS[i], '0-*', 'm', ARGV[3 * i + 2])
  told[ARGV[3 * i + 1]] = true
end
for channel in pairs(told) do
  redis.call(ARGV[2], channel, ARGV[1])
end
return 0
