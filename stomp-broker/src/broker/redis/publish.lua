-- Keeps a message in the history of its topic and publishes it, as one step.
-- KEYS: log, state. ARGV: channel, envelope, length, time to live in milliseconds, node, number.
local state = redis.call('HMGET', KEYS[2], 'e', ARGV[5])
local epoch = state[1]
-- A node numbers its messages in order: what is not beyond its last one came in before, by a connection that failed.
if epoch and state[2] and tonumber(state[2]) >= tonumber(ARGV[6]) then
  return {epoch, '0'}
end
if not epoch then
  redis.call('DEL', KEYS[1])
end
local offset = string.sub(redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], '0-*', 'm', ARGV[2]), 3)
if offset == '1' then
  local time = redis.call('TIME')
  epoch = time[1] .. string.format('%06d', time[2])
  redis.call('DEL', KEYS[2])
end
redis.call('HSET', KEYS[2], 'e', epoch, ARGV[5], ARGV[6])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
redis.call('PUBLISH', ARGV[1], epoch .. ':' .. offset .. ':' .. ARGV[2])
return {epoch, offset}
