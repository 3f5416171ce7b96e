-- Up Migration
CREATE TABLE "session" (
  sid VARCHAR NOT NULL PRIMARY KEY,
  sess JSON NOT NULL,
  expire TIMESTAMP(6) NOT NULL
);
CREATE INDEX "IDX_session_expire" ON "session"(expire);

-- Down Migration
DROP TABLE IF EXISTS "session";
