-- Keeps a message in the history of its topic and publishes it, as one step.
-- KEYS: log, state. ARGV: envelope, length, time to live in milliseconds, node, number, command that publishes, channels.
local state = redis.call('HMGET', KEYS[2], 'e', ARGV[4])
local epoch = state[1]
-- A node numbers its messages in order: what is not beyond its last one came in before, by a connection that failed.
if epoch and state[2] and tonumber(state[2]) >= tonumber(ARGV[5]) then
  return {epoch, '0'}
end
if not epoch then
  redis.call('DEL', KEYS[1])
end
local offset = string.sub(redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '0-*', 'm', ARGV[1]), 3)
if offset == '1' then
  local time = redis.call('TIME')
  epoch = time[1] .. string.format('%06d', time[2])
  redis.call('DEL', KEYS[2])
end
redis.call('HSET', KEYS[2], 'e', epoch, ARGV[4], ARGV[5])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
for i = 7, #ARGV do
  redis.call(ARGV[6], ARGV[i], epoch .. ':' .. offset .. ':' .. ARGV[1])
end
return {epoch, offset}
