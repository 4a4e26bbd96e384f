package sqlite

import (
	"errors"

	"gorm.io/gorm"
	"gorm.io/gorm/callbacks"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/migrator"
	"gorm.io/gorm/schema"
	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// A Dialector lets GORM speak SQLite over a handle that Open made.
type Dialector struct {
	Conn gorm.ConnPool // the writer or the reader of Handles
}

// Interfaces that GORM looks for at run time.
var (
	_ gorm.Dialector                     = Dialector{}
	_ gorm.ErrorTranslator               = Dialector{}
	_ gorm.SavePointerDialectorInterface = Dialector{}
)

// Name gives "sqlite".
func (Dialector) Name() string { return "sqlite" }

// Initialize hands the connection to GORM and registers its callbacks.
func (d Dialector) Initialize(db *gorm.DB) error {
	if d.Conn == nil {
		return errors.New("sqlite dialector without a connection")
	}
	db.ConnPool = d.Conn
	callbacks.RegisterDefaultCallbacks(db, &callbacks.Config{
		CreateClauses: []string{"INSERT", "VALUES", "ON CONFLICT", "RETURNING"},
		UpdateClauses: []string{"UPDATE", "SET", "FROM", "WHERE", "RETURNING"},
		DeleteClauses: []string{"DELETE", "FROM", "WHERE", "RETURNING"},
	})
	db.ClauseBuilders["FOR"] = buildFor
	db.ClauseBuilders["LIMIT"] = buildLimit
	return nil
}

// buildFor drops FOR UPDATE: the one writer has the database to itself.
func buildFor(c clause.Clause, b clause.Builder) {
	if _, locking := c.Expression.(clause.Locking); !locking {
		c.Build(b)
	}
}

// buildLimit writes LIMIT -1 before a bare OFFSET, which SQLite's grammar wants.
func buildLimit(c clause.Clause, b clause.Builder) {
	limit, ok := c.Expression.(clause.Limit)
	if !ok {
		c.Build(b)
		return
	}
	bounded := limit.Limit != nil && *limit.Limit >= 0
	switch {
	case bounded:
		_, _ = b.WriteString("LIMIT ")
		b.AddVar(b, *limit.Limit)
	case limit.Offset > 0:
		_, _ = b.WriteString("LIMIT -1")
	}
	if limit.Offset > 0 {
		_, _ = b.WriteString(" OFFSET ")
		b.AddVar(b, limit.Offset)
	}
}

// Migrator gives GORM's generic migrator for look-ups; the schema is changed by
// storage/migrations alone.
func (d Dialector) Migrator(db *gorm.DB) gorm.Migrator {
	return migrator.Migrator{Config: migrator.Config{DB: db, Dialector: d}}
}

// DataTypeOf names the column type of a field as the migrations spell it.
func (Dialector) DataTypeOf(f *schema.Field) string {
	switch f.DataType {
	case schema.Bool:
		return "boolean"
	case schema.Int, schema.Uint:
		return "integer"
	case schema.Float:
		return "real"
	case schema.Time:
		return "datetime"
	case schema.Bytes:
		return "blob"
	case schema.String:
		return "text"
	}
	return string(f.DataType)
}

// DefaultValueOf is what an INSERT writes for a column that was left out.
func (Dialector) DefaultValueOf(*schema.Field) clause.Expression {
	return clause.Expr{SQL: "NULL"}
}

// BindVarTo writes the placeholder of a variable.
func (Dialector) BindVarTo(w clause.Writer, _ *gorm.Statement, _ any) {
	_ = w.WriteByte('?')
}

// QuoteTo quotes an identifier; a dot separates table and column, and a quote
// within a name is doubled.
func (Dialector) QuoteTo(w clause.Writer, name string) {
	_ = w.WriteByte('"')
	for i := range len(name) {
		switch name[i] {
		case '.':
			_, _ = w.WriteString(`"."`)
		case '"':
			_, _ = w.WriteString(`""`)
		default:
			_ = w.WriteByte(name[i])
		}
	}
	_ = w.WriteByte('"')
}

// Explain renders a statement with its values for GORM's logger, which the
// program keeps silent because the values are personal data.
func (Dialector) Explain(query string, vars ...any) string {
	return logger.ExplainSQL(query, nil, `'`, vars...)
}

// SavePoint opens a nested transaction.
func (Dialector) SavePoint(tx *gorm.DB, name string) error {
	return tx.Exec("savepoint " + name).Error
}

// RollbackTo undoes what happened since the savepoint.
func (Dialector) RollbackTo(tx *gorm.DB, name string) error {
	return tx.Exec("rollback to savepoint " + name).Error
}

// Translate turns constraint violations into GORM's errors, as the PostgreSQL
// dialector does; the original error stays reachable for errors.As.
func (Dialector) Translate(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() {
	case lib.SQLITE_CONSTRAINT_UNIQUE, lib.SQLITE_CONSTRAINT_PRIMARYKEY, lib.SQLITE_CONSTRAINT_ROWID:
		return errors.Join(gorm.ErrDuplicatedKey, err)
	case lib.SQLITE_CONSTRAINT_FOREIGNKEY:
		return errors.Join(gorm.ErrForeignKeyViolated, err)
	case lib.SQLITE_CONSTRAINT_CHECK, lib.SQLITE_CONSTRAINT_NOTNULL:
		return errors.Join(gorm.ErrCheckConstraintViolated, err)
	}
	return err
}

// Constraint reports whether err is a violated constraint, after which SQLite
// has undone the statement and nothing else.
func Constraint(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == lib.SQLITE_CONSTRAINT
}

// Unavailable reports whether err says that the database cannot work at the
// moment (locked by another process for longer than the wait, disk full,
// read-only or unreadable disk), so that the same call may succeed later.
func Unavailable(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() & 0xff {
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED, lib.SQLITE_FULL, lib.SQLITE_IOERR,
		lib.SQLITE_CANTOPEN, lib.SQLITE_READONLY, lib.SQLITE_PROTOCOL, lib.SQLITE_NOMEM:
		return true
	}
	return false
}
