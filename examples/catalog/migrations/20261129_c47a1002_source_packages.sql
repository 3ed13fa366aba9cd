-- revision: c47a1002
-- parents: c47a1001
-- message: source packages, and what is built into others

-- up sqlite
ALTER TABLE package ADD COLUMN source TEXT;
CREATE INDEX ix_package_source ON package (source);
-- rebuild dependency
CREATE TABLE dependency (
    package_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    kind ENUM_TEXT NOT NULL,
    alternative BOOLEAN NOT NULL,
    relation TEXT,
    version TEXT,
    CONSTRAINT pk_dependency PRIMARY KEY (package_id, position),
    CONSTRAINT fk_dependency_package_id FOREIGN KEY (package_id) REFERENCES package (id) ON DELETE CASCADE,
    CONSTRAINT fk_dependency_target_id FOREIGN KEY (target_id) REFERENCES package (id),
    CONSTRAINT ck_dependency_kind CHECK (kind IN ('pre-depends', 'depends', 'recommends', 'suggests', 'enhances', 'breaks', 'conflicts', 'replaces', 'provides', 'built-using'))
);

-- down sqlite
-- destructive
DELETE FROM dependency WHERE kind = 'built-using';
-- rebuild dependency
CREATE TABLE dependency (
    package_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    kind ENUM_TEXT NOT NULL,
    alternative BOOLEAN NOT NULL,
    relation TEXT,
    version TEXT,
    CONSTRAINT pk_dependency PRIMARY KEY (package_id, position),
    CONSTRAINT fk_dependency_package_id FOREIGN KEY (package_id) REFERENCES package (id) ON DELETE CASCADE,
    CONSTRAINT fk_dependency_target_id FOREIGN KEY (target_id) REFERENCES package (id),
    CONSTRAINT ck_dependency_kind CHECK (kind IN ('pre-depends', 'depends', 'recommends', 'suggests', 'enhances', 'breaks', 'conflicts', 'replaces', 'provides'))
);
DROP INDEX ix_package_source;
-- destructive
ALTER TABLE package DROP COLUMN source;

-- up postgresql
ALTER TABLE package ADD COLUMN source TEXT;
-- The rows that are there are looked at beside those who write.
ALTER TABLE dependency DROP CONSTRAINT ck_dependency_kind, ADD CONSTRAINT ck_dependency_kind CHECK (kind IN ('pre-depends', 'depends', 'recommends', 'suggests', 'enhances', 'breaks', 'conflicts', 'replaces', 'provides', 'built-using')) NOT VALID;
-- no transaction
ALTER TABLE dependency VALIDATE CONSTRAINT ck_dependency_kind;
-- no transaction
CREATE INDEX CONCURRENTLY ix_package_source ON package (source);

-- down postgresql
-- no transaction
DROP INDEX CONCURRENTLY ix_package_source;
-- In the order in which requests read the tables.
-- destructive
ALTER TABLE package DROP COLUMN source;
-- destructive
DELETE FROM dependency WHERE kind = 'built-using';
ALTER TABLE dependency DROP CONSTRAINT ck_dependency_kind, ADD CONSTRAINT ck_dependency_kind CHECK (kind IN ('pre-depends', 'depends', 'recommends', 'suggests', 'enhances', 'breaks', 'conflicts', 'replaces', 'provides'));
