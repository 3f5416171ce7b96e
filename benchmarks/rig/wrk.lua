-- Ask for pages as signed-in viewers do, and print what wrk.py reads.
-- Arguments: a file of lines "path<tab>cookie", "tags" to send back each page's ETag as a browser does that has it
-- already ("-" not to), and how long each viewer looks at a page on average, in ms (0: asks for the next at once).
function init(args)
  asked = {}
  for line in io.lines(args[1]) do
    local path, cookie = line:match("^([^\t]*)\t(.*)$")
    asked[#asked + 1] = { path = path, cookie = cookie, request = wrk.format("GET", path, { Cookie = cookie }) }
  end
  if args[2] == "tags" then
    -- Of one page only, as wrk does not tell which request an answer is for.
    response = function(_, headers) tag = headers["etag"] or headers["ETag"] or tag end
  end
  local pause_ms = tonumber(args[3])
  if pause_ms > 0 then
    delay = function() return math.random(0, 2 * pause_ms) end
  end
end

function request()
  local one = asked[math.random(#asked)]
  if tag then
    return wrk.format("GET", one.path, { Cookie = one.cookie, ["If-None-Match"] = tag })
  end
  return one.request
end

done = function(summary, latency)
  local failed = summary.errors
  io.write(string.format("\n%d %d %d %d %d %d\n", summary.requests, summary.duration, summary.bytes,
    latency:percentile(50), latency:percentile(99),
    failed.connect + failed.read + failed.write + failed.status + failed.timeout))
end
