package storage

import "github.com/sistem48/system48/ticketing"

// callFileRow is a row of call_files.
type callFileRow struct {
	ID        int64   `gorm:"primaryKey;autoIncrement:false;column:id"`
	Source    string  `gorm:"column:source"`
	Name      string  `gorm:"column:name"`
	Followed  bool    `gorm:"column:followed"`
	Identity  string  `gorm:"column:identity"`
	Head      string  `gorm:"column:head"`
	HeadLen   int64   `gorm:"column:head_len"`
	Offset    int64   `gorm:"column:offset_bytes"`
	Memo      string  `gorm:"column:memo"`
	State     string  `gorm:"column:state"`
	Lines     int64   `gorm:"column:lines"`
	Legs      int64   `gorm:"column:legs"`
	Known     int64   `gorm:"column:known"`
	Ignored   int64   `gorm:"column:ignored"`
	Rejected  int64   `gorm:"column:rejected"`
	Since     instant `gorm:"column:since"`
	LastAt    instant `gorm:"column:last_at"`
	StartedAt instant `gorm:"column:started_at"`
	UpdatedAt instant `gorm:"column:updated_at;autoUpdateTime:false"`
	Version   int64   `gorm:"column:version"`
}

// TableName names the table.
func (callFileRow) TableName() string { return "call_files" }

func callFileRowOf(f *ticketing.CallFile) callFileRow {
	return callFileRow{
		ID: int64(f.ID), Source: clean(f.Source), Name: clean(f.Name), Followed: f.Followed, Identity: clean(f.Identity), Head: f.Head,
		HeadLen: int64(f.HeadLen), Offset: f.Offset, Memo: clean(f.Memo), State: string(f.State), Lines: f.Lines, Legs: f.Legs, Known: f.Known,
		Ignored: f.Ignored, Rejected: f.Rejected, Since: instant(f.Since), LastAt: instant(f.LastAt), StartedAt: never1970(f.StartedAt),
		UpdatedAt: never1970(f.UpdatedAt), Version: f.Version,
	}
}

func (r *callFileRow) file() ticketing.CallFile {
	return ticketing.CallFile{
		ID: ticketing.CallFileID(r.ID), Source: r.Source, Name: r.Name, Followed: r.Followed, Identity: r.Identity, Head: r.Head,
		HeadLen: int(r.HeadLen), Offset: r.Offset, Memo: r.Memo, State: ticketing.CallFileState(r.State), Lines: r.Lines, Legs: r.Legs,
		Known: r.Known, Ignored: r.Ignored, Rejected: r.Rejected, Since: r.Since.time(), LastAt: r.LastAt.time(),
		StartedAt: r.StartedAt.orNone(), UpdatedAt: r.UpdatedAt.orNone(), Version: r.Version,
	}
}

func callFilesIn(rows []callFileRow) []ticketing.CallFile {
	out := make([]ticketing.CallFile, len(rows))
	for i := range rows {
		out[i] = rows[i].file()
	}
	return out
}

// callLegRow is a row of call_legs.
type callLegRow struct {
	Source string `gorm:"primaryKey;column:source"`
	Leg    string `gorm:"primaryKey;column:leg"`
}

// TableName names the table.
func (callLegRow) TableName() string { return "call_legs" }

// callRejectRow is a row of call_rejects.
type callRejectRow struct {
	FileID int64  `gorm:"primaryKey;autoIncrement:false;column:file_id"`
	Line   int64  `gorm:"primaryKey;autoIncrement:false;column:line"`
	Kind   string `gorm:"column:kind"`
	Column string `gorm:"column:column_name"`
	Value  string `gorm:"column:value"`
}

// TableName names the table.
func (callRejectRow) TableName() string { return "call_rejects" }
