// Be the other side of express.py: the first page of the list as an Express service would make it, of the very rows.
// page.json has the statements of our page with their parameters, and what stands around its lines.
import { readFileSync } from "node:fs";
import { createHash } from "node:crypto";
import compression from "compression";
import express from "express";
import pg from "pg";

const pool = new pg.Pool({ max: 20, idleTimeoutMillis: 30_000, connectionTimeoutMillis: 5_000 });
const page = JSON.parse(readFileSync(new URL("page.json", import.meta.url), "utf8"));

const app = express();
app.disable("x-powered-by");
app.use(compression());
app.set("view engine", "ejs");
app.set("views", new URL(".", import.meta.url).pathname);

async function visitor(request) {
  const token = /(?:^|; )slb_session=([^;]+)/.exec(request.headers.cookie ?? "")?.[1] ?? "";
  const { rows } = await pool.query({
    name: "visitor",
    text: `SELECT u.id, u.email FROM sessions s JOIN users u ON u.id = s.user_id
           WHERE s.token_hash = $1 AND u.is_approved AND NOT u.is_disabled`,
    values: [createHash("sha256").update(token).digest()],
  });
  return rows[0];
}

app.get("/ready", (_request, response) => response.end());
app.get("/", async (request, response) => {
  if (!(await visitor(request))) return response.status(401).end();
  const { rows } = await pool.query({ name: "listed", text: page.text, values: page.values });
  response.set("Cache-Control", "private, no-cache");
  response.render("express_list", { items: rows.slice(0, 50), now: new Date(), before: page.before, after: page.after, ...words });
});

const priorities = ["No priority", "Urgent", "High", "Medium", "Low"];
const words = {
  priorities,
  ago(at, now) {
    const seconds = (now - at) / 1000;
    if (seconds < 60) return "just now";
    if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
    if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
    const day = `${at.getUTCDate()} ${months[at.getUTCMonth()]}`;
    return at.getUTCFullYear() === now.getUTCFullYear() ? day : `${day} ${at.getUTCFullYear()}`;
  },
  exact: (at) => `${at.getUTCDate()} ${months[at.getUTCMonth()]} ${at.getUTCFullYear()}, ${at.toISOString().slice(11, 16)} UTC`,
  ranks: page.ranks,
  initials: (name) => name.split(" ").map((word) => word[0]).slice(0, 2).join("").toUpperCase(),
  toned: (color) => page.toned[color] ?? "#8a8f98",
};
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec"];

app.listen(Number(process.env.PORT), "127.0.0.1");
