package storage

import (
	"context"

	"gorm.io/gorm"
)

// query reads without a transaction; several queries see one snapshot. A lost
// connection is tried again for as long as the caller waits.
func (db *DB) query(ctx context.Context, queries ...statement) error {
	for i := range queries {
		cleanArgs(queries[i].args)
		if db.explain != nil {
			if err := db.explain(queries[i].query, queries[i].args); err != nil {
				return err
			}
		}
	}
	return db.retry(ctx, func() error {
		if db.engine == sqliteEngine {
			return translate(db.readFile(ctx, queries))
		}
		return translate(db.readServer(ctx, queries))
	})
}

// find reads one row by GORM; NotFound when there is none.
func find[T any](ctx context.Context, db *DB, condition string, args ...any) (T, error) {
	var row T
	err := db.retry(ctx, func() error {
		row = *new(T)
		return translate(db.read.WithContext(ctx).Where(condition, args...).Take(&row).Error)
	})
	return row, err
}

// findAll reads rows by GORM.
func findAll[T any](ctx context.Context, db *DB, shape func(g *gorm.DB) *gorm.DB) ([]T, error) {
	var list []T
	err := db.retry(ctx, func() error {
		list = nil
		return translate(shape(db.read.WithContext(ctx)).Find(&list).Error)
	})
	return list, err
}
