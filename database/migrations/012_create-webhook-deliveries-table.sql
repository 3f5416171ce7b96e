-- Up Migration
-- What Linear's webhooks brought: an inbox until it is applied, then what tells a repeated delivery from a new one.
-- node is the changed fields of the row as JSON (no jsonb: that refuses texts that JSON allows) until it is applied;
-- happened_at is Linear's time of the change; outcome is applied, ignored or failed, null until then.
CREATE TABLE webhook_deliveries (
  id TEXT COLLATE "C" PRIMARY KEY,
  type TEXT NOT NULL,
  action TEXT NOT NULL,
  entity_id TEXT COLLATE "C",
  node TEXT,
  happened_at TIMESTAMPTZ NOT NULL,
  received_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  applied_at TIMESTAMPTZ,
  outcome TEXT,
  reason TEXT
);
CREATE INDEX idx_webhook_deliveries_happened_at ON webhook_deliveries (happened_at) WHERE applied_at IS NULL;
CREATE INDEX idx_webhook_deliveries_entity_id ON webhook_deliveries (entity_id) WHERE action = 'remove';
CREATE INDEX idx_webhook_deliveries_applied_at ON webhook_deliveries (applied_at);

-- Down Migration
DROP TABLE IF EXISTS webhook_deliveries;
