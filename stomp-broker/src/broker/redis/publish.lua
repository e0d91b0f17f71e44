-- Keeps messages in the histories of their topics and publishes them, as one step.
-- KEYS: number of the node's last message, then the log of each topic.
-- ARGV: number of the first and of the last message here, time to live of that number in milliseconds, command that
-- publishes, channel that all messages go to as well (or ''); then for each topic: channel, length, time to live in
-- milliseconds, count, and as many envelopes.
-- Returns the id of each topic's first message, or why it was refused; or the number of the last message that came in
-- before, of which some are here again because of a connection that failed.
local before = redis.call('GET', KEYS[1])
if before and tonumber(before) >= tonumber(ARGV[1]) then
  return tonumber(before)
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
local function tell(channel, id, envelope)
  redis.call(ARGV[4], channel, id .. ':' .. envelope)
  if ARGV[5] ~= '' then
    redis.call(ARGV[4], ARGV[5], id .. ':' .. envelope)
  end
end
local answers, at = {}, 6
for topic = 2, #KEYS do
  local log, channel, length = KEYS[topic], ARGV[at], ARGV[at + 1]
  local first, last = at + 4, at + 3 + ARGV[at + 3]
  local id = redis.pcall('XADD', log, 'MAXLEN', '~', length, '*', 'm', ARGV[first])
  if type(id) == 'table' then
    answers[topic - 1] = id.err
  else
    -- Epochs are in microseconds and Redis counts on from an id that is ahead of its clock: only a new log begins by 0.
    if string.sub(id, -2) == '-0' then
      redis.call('DEL', log)
      local time = redis.call('TIME')
      id = redis.call('XADD', log, time[1] .. string.format('%06d', time[2]) .. '-1', 'm', ARGV[first])
    end
    answers[topic - 1] = id
    tell(channel, id, ARGV[first])
    for message = first + 1, last do
      id = redis.call('XADD', log, 'MAXLEN', '~', length, '*', 'm', ARGV[message])
      tell(channel, id, ARGV[message])
    end
    redis.call('PEXPIRE', log, ARGV[at + 2])
  end
  at = last + 1
end
return answers
