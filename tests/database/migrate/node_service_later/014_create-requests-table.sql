-- Up Migration
CREATE TYPE request_business_impact AS ENUM ('critical', 'high', 'medium', 'low');
CREATE TYPE request_status AS ENUM ('submitted', 'reviewing', 'approved', 'rejected', 'merged');
CREATE TABLE requests (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id INTEGER NOT NULL REFERENCES users(id),
  title VARCHAR(500) NOT NULL,
  description TEXT NOT NULL,
  business_impact request_business_impact NOT NULL,
  category VARCHAR(255),
  urgency VARCHAR(50),
  status request_status NOT NULL DEFAULT 'submitted',
  admin_notes TEXT,
  rejection_reason TEXT,
  reviewed_by INTEGER REFERENCES users(id),
  linear_issue_id VARCHAR(255),
  created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW()
);

-- Down Migration
DROP TABLE IF EXISTS requests;
DROP TYPE IF EXISTS request_status;
DROP TYPE IF EXISTS request_business_impact;
