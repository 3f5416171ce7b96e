-- Ask for pages as signed-in viewers do, and print what wrk.py reads.
-- Arguments: a file of lines "path<tab>cookie", "tags" to send back each page's ETag as a browser does that has it
-- already ("-" not to), how long each viewer looks at a page on average, in ms (0: asks for the next at once), and
-- the encoding that the viewers accept.
function init(args)
  asked, encoding = {}, args[4]
  for line in io.lines(args[1]) do
    local path, cookie = line:match("^([^\t]*)\t(.*)$")
    asked[#asked + 1] = { path = path, cookie = cookie, request = ask(path, cookie) }
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

function ask(path, cookie, tag)
  return wrk.format("GET", path, { Cookie = cookie, ["Accept-Encoding"] = encoding, ["If-None-Match"] = tag })
end

function request()
  local one = asked[math.random(#asked)]
  if tag then
    return ask(one.path, one.cookie, tag)
  end
  return one.request
end

done = function(summary, latency)
  local failed = summary.errors
  io.write(string.format("\n%d %d %d %d %d %d\n", summary.requests, summary.duration, summary.bytes,
    latency:percentile(50), latency:percentile(99),
    failed.connect + failed.read + failed.write + failed.status + failed.timeout))
end
