-- Takes messages out for a node: those that came back first, then new ones.
-- KEYS: stream, back, counts. ARGV: node, number of messages.
if redis.call('EXISTS', KEYS[1]) == 0 then
  return {}
end
redis.pcall('XGROUP', 'CREATE', KEYS[1], 'g', '0')
local leased = {}
local function add(entry)
  local count = redis.call('HGET', KEYS[3], entry[1])
  leased[#leased + 1] = {entry[1], entry[2][2], tonumber(count or 0)}
end
local max = tonumber(ARGV[2])
for _, member in ipairs(redis.call('ZRANGE', KEYS[2], 0, max - 1)) do
  redis.call('ZREM', KEYS[2], member)
  local claimed = redis.call('XCLAIM', KEYS[1], 'g', ARGV[1], 0, member, 'FORCE')
  if claimed[1] then
    add(claimed[1])
  end
end
if #leased < max then
  local new = redis.call('XREADGROUP', 'GROUP', 'g', ARGV[1], 'COUNT', max - #leased, 'STREAMS', KEYS[1], '>')
  for _, entry in ipairs(new and new[1] and new[1][2] or {}) do
    add(entry)
  end
end
return leased
