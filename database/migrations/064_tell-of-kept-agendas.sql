-- Up Migration
-- The page of the meeting, which is kept until the mirror's version changes, offers the agendas that were kept.
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON kept_agendas
FOR EACH STATEMENT EXECUTE FUNCTION note_mirror_change();

-- Down Migration
DROP TRIGGER IF EXISTS note_change ON kept_agendas;
