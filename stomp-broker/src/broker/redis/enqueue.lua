-- Appends messages to queues, all or none.
-- KEYS: set of the queues that hold messages, mark of this batch, then stream and counts of the queue of each message.
-- ARGV: node, queues at most, time to live of the mark in milliseconds, command that publishes; then for each message:
-- name and channel of the queue, messages and octets at most, and the envelope.
-- Returns 0, the place of a message whose queue is full, or the negative place of one whose queue would be one too many.
if redis.call('EXISTS', KEYS[2]) == 1 then
  return 0
end
local queues = {}
local count = redis.call('SCARD', KEYS[1])
for i = 5, #ARGV, 5 do
  local place, name = i / 5, ARGV[i]
  local queue = queues[name]
  if not queue then
    local stream, counts = KEYS[2 * place + 1], KEYS[2 * place + 2]
    queue = {
      stream = stream,
      counts = counts,
      channel = ARGV[i + 1],
      messages = redis.call('XLEN', stream),
      octets = tonumber(redis.call('HGET', counts, 'octets') or 0),
    }
    queues[name] = queue
    if queue.messages == 0 then
      count = count + 1
      if count > tonumber(ARGV[2]) then
        return -place
      end
    end
  end
  if queue.messages >= tonumber(ARGV[i + 2]) or queue.octets >= tonumber(ARGV[i + 3]) then
    return place
  end
  queue.messages = queue.messages + 1
  queue.octets = queue.octets + #ARGV[i + 4]
end
if ARGV[3] ~= '0' then
  redis.call('SET', KEYS[2], '', 'PX', ARGV[3])
end
for i = 5, #ARGV, 5 do
  redis.call('XADD', queues[ARGV[i]].stream, '0-*', 'm', ARGV[i + 4])
end
for name, queue in pairs(queues) do
  redis.call('HSET', queue.counts, 'octets', queue.octets)
  redis.call('SADD', KEYS[1], name)
  redis.call(ARGV[4], queue.channel, ARGV[1])
end
return 0
