-- Ends an epoch whose log has gone back: the next message begins another one.
-- KEYS: log, state. ARGV: the epoch.
if redis.call('HGET', KEYS[2], 'e') == ARGV[1] then
  redis.call('DEL', KEYS[1], KEYS[2])
end
