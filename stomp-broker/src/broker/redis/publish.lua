-- Keeps messages in the histories of their topics and publishes them, as one step.
-- KEYS: number of the node's last message, then the log of each topic.
-- ARGV: number of the first and of the last message here, time to live of that number in milliseconds, command that
-- publishes, channel that all messages go to as well (or ''); then for each topic: channel, length, time to live in
-- milliseconds, count, and as many envelopes.
-- Returns the id of each topic's first message, or why it was refused; or the number of the last message that came in
-- before, of which some are here again because of a connection that failed.
-- Most often it is about one message that others wait for: what counts then is how often Redis is called. So logs that
-- are there already live longer by commands of their own, outside.
local before = redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3], 'GET')
if before and tonumber(before) >= tonumber(ARGV[1]) then
  redis.call('SET', KEYS[1], before, 'PX', ARGV[3])
  return tonumber(before)
end
-- Publishes messages that follow each other: the position of the first one, and all envelopes.
local function tell(channel, run)
  local push = table.concat(run)
  redis.call(ARGV[4], channel, push)
  if ARGV[5] ~= '' then
    redis.call(ARGV[4], ARGV[5], push)
  end
end
-- Redis trims in blocks: to have it look at every tenth message is enough.
local function trim(log, length, id)
  if string.sub(id, -1) == '0' then
    redis.call('XTRIM', log, 'MAXLEN', '~', length)
  end
end
local answers, at = {}, 6
for topic = 2, #KEYS do
  local log, channel, length = KEYS[topic], ARGV[at], ARGV[at + 1]
  local first, last = at + 4, at + 3 + ARGV[at + 3]
  local id = redis.pcall('XADD', log, '*', 'm', ARGV[first])
  if type(id) == 'table' then
    answers[topic - 1] = id.err
  else
    -- Epochs are in microseconds and Redis counts on from an id that is ahead of its clock: only a new log begins by 0.
    if string.sub(id, -2) == '-0' then
      redis.call('DEL', log)
      local time = redis.call('TIME')
      id = redis.call('XADD', log, time[1] .. string.format('%06d', time[2]) .. '-1', 'm', ARGV[first])
      redis.call('PEXPIRE', log, ARGV[at + 2])
    end
    trim(log, length, id)
    answers[topic - 1] = id
    local run, octets = {id, ':', ARGV[first]}, #ARGV[first]
    for message = first + 1, last do
      local envelope = ARGV[message]
      id = redis.call('XADD', log, '*', 'm', envelope)
      trim(log, length, id)
      if octets < 8192 then
        run[#run + 1] = envelope
        octets = octets + #envelope
      else
        tell(channel, run)
        run, octets = {id, ':', envelope}, #envelope
      end
    end
    tell(channel, run)
  end
  at = last + 1
end
return answers
