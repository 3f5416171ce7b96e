-- Print what health.py reads: requests, microseconds they took, p99 in microseconds, failed ones.
done = function(summary, latency)
  local failed = summary.errors
  io.write(string.format("\n%d %d %d %d\n", summary.requests, summary.duration, latency:percentile(99),
    failed.connect + failed.read + failed.write + failed.status + failed.timeout))
end
