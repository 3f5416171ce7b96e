-- Up Migration
-- squawk-ignore-file changing-column-type
-- A number is taken for each sign-in, each link that anybody asks for, each mail, and each look at the changes (an INSERT
-- takes one where the row is there already, too). The tables are small: what is in them goes again.
LOCK TABLE sessions, sign_in_links, outgoing_mails, user_preferences IN ACCESS EXCLUSIVE MODE;
ALTER TABLE sessions ALTER COLUMN id TYPE BIGINT;
ALTER TABLE sign_in_links ALTER COLUMN id TYPE BIGINT;
ALTER TABLE outgoing_mails ALTER COLUMN id TYPE BIGINT;
ALTER TABLE user_preferences ALTER COLUMN id TYPE BIGINT;
ALTER SEQUENCE user_preferences_id_seq AS BIGINT;

-- Down Migration
LOCK TABLE sessions, sign_in_links, outgoing_mails, user_preferences IN ACCESS EXCLUSIVE MODE;
ALTER TABLE sessions ALTER COLUMN id TYPE INTEGER;
ALTER TABLE sign_in_links ALTER COLUMN id TYPE INTEGER;
ALTER TABLE outgoing_mails ALTER COLUMN id TYPE INTEGER;
ALTER TABLE user_preferences ALTER COLUMN id TYPE INTEGER;
ALTER SEQUENCE user_preferences_id_seq AS INTEGER;
