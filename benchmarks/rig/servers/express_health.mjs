// Be the other side of health.py: the same endpoint as a Node service, with the pool settings of config.py.
import express from "express";
import pg from "pg";
import pino from "pino";

const log = pino();
const pool = new pg.Pool({ max: 20, idleTimeoutMillis: 30_000, connectionTimeoutMillis: 5_000 });
pool.on("error", (err) => log.error({ err }, "idle connection lost"));

async function test() {
  const started = performance.now();
  try {
    const { rowCount } = await pool.query("SELECT NOW()");
    const latencyMs = Math.round(performance.now() - started);
    log.debug({ latencyMs, rowCount }, "query");
    return { connected: true, latencyMs };
  } catch (err) {
    log.error({ err }, "the database does not answer");
    return { connected: false, error: "The database can't be reached right now." };
  }
}

let last = null;
if (process.env.PROBE) {
  last = await test();
  setInterval(async () => { last = await test(); }, 1_000);
}

const app = express();
app.disable("x-powered-by");
app.get("/api/health", async (_request, response) => {
  const database = last ?? (await test());
  response.json({ status: "ok", timestamp: new Date().toISOString(), database });
});
app.listen(Number(process.env.PORT), "127.0.0.1");
