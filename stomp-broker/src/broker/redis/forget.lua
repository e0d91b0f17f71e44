-- Ends an epoch whose log has gone back: the next message begins another one.
-- KEYS: log. ARGV: the epoch.
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
if newest and string.match(newest[1], '%d+') == ARGV[1] then
  redis.call('DEL', KEYS[1])
end
