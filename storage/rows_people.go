package storage

import (
	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// citizenRow is a row of citizens.
type citizenRow struct {
	ID        int64    `gorm:"primaryKey;autoIncrement:false;column:id"`
	Name      string   `gorm:"column:name"`
	Label     string   `gorm:"column:label"`
	Language  string   `gorm:"column:language"`
	Preferred string   `gorm:"column:preferred"`
	IntoID    optional `gorm:"column:into_id"`
	StaysID   int64    `gorm:"column:stays_id"`
	CreatedAt instant  `gorm:"column:created_at;autoCreateTime:false"`
	Version   int64    `gorm:"column:version"`
}

// TableName names the table.
func (citizenRow) TableName() string { return "citizens" }

// citizenWordRow is a row of citizen_words.
type citizenWordRow struct {
	Word      string `gorm:"primaryKey;column:word"`
	CitizenID int64  `gorm:"primaryKey;autoIncrement:false;column:citizen_id"`
}

// TableName names the table.
func (citizenWordRow) TableName() string { return "citizen_words" }

// contactRow is a row of contacts.
type contactRow struct {
	ID            int64       `gorm:"primaryKey;autoIncrement:false;column:id"`
	CitizenID     int64       `gorm:"column:citizen_id"`
	Kind          string      `gorm:"column:kind"`
	Address       string      `gorm:"column:address"`
	Digits        string      `gorm:"column:digits"`
	Reversed      string      `gorm:"column:reversed"`
	AutoSent      list[int64] `gorm:"column:auto_sent"`
	Undeliverable bool        `gorm:"column:undeliverable"`
	OptedOutAt    instant     `gorm:"column:opted_out_at"`
}

// TableName names the table.
func (contactRow) TableName() string { return "contacts" }

// departmentRow is a row of departments.
type departmentRow struct {
	ID       int64                        `gorm:"primaryKey;autoIncrement:false;column:id"`
	Code     string                       `gorm:"column:code"`
	Names    dictionary[lang.Tag, string] `gorm:"column:names"`
	Email    string                       `gorm:"column:email"`
	Digest   bool                         `gorm:"column:digest"`
	Intake   bool                         `gorm:"column:intake"`
	Disabled bool                         `gorm:"column:disabled"`
	Version  int64                        `gorm:"column:version"`
	LegHours int16                        `gorm:"column:leg_hours"`
	Sharing  string                       `gorm:"column:sharing"`
}

// TableName names the table.
func (departmentRow) TableName() string { return "departments" }

// categoryRow is a row of categories.
type categoryRow struct {
	ID           int64                        `gorm:"primaryKey;autoIncrement:false;column:id"`
	Code         string                       `gorm:"column:code"`
	Names        dictionary[lang.Tag, string] `gorm:"column:names"`
	DepartmentID int64                        `gorm:"column:department_id"`
	OnCall       bool                         `gorm:"column:on_call"`
	Profile      string                       `gorm:"column:profile"`
	ResolveDays  int16                        `gorm:"column:resolve_days"`
	Proof        string                       `gorm:"column:proof"`
	ByDefault    bool                         `gorm:"column:by_default"`
	Disabled     bool                         `gorm:"column:disabled"`
	Version      int64                        `gorm:"column:version"`
	Passes       list[ticketing.Passable]     `gorm:"column:passes"`
}

// TableName names the table.
func (categoryRow) TableName() string { return "categories" }

// agentRow is a row of agents.
type agentRow struct {
	ID           int64                        `gorm:"primaryKey;autoIncrement:false;column:id"`
	Email        string                       `gorm:"column:email"`
	Name         string                       `gorm:"column:name"`
	Role         string                       `gorm:"column:role"`
	Departments  list[ticketing.DepartmentID] `gorm:"column:departments"`
	PasswordHash string                       `gorm:"column:password_hash"`
	Language     string                       `gorm:"column:language"`
	Theme        string                       `gorm:"column:theme"`
	SingleKeys   bool                         `gorm:"column:single_keys"`
	Disabled     bool                         `gorm:"column:disabled"`
	CreatedAt    instant                      `gorm:"column:created_at;autoCreateTime:false"`
	LastSeenAt   instant                      `gorm:"column:last_seen_at"`
	Version      int64                        `gorm:"column:version"`
	Extension    string                       `gorm:"column:extension"`
}

// TableName names the table.
func (agentRow) TableName() string { return "agents" }

// sessionRow is a row of sessions.
type sessionRow struct {
	Hash      digest  `gorm:"primaryKey;column:hash"`
	AgentID   int64   `gorm:"column:agent_id"`
	Data      []byte  `gorm:"column:data"`
	CreatedAt instant `gorm:"column:created_at;autoCreateTime:false"`
	SeenAt    instant `gorm:"column:seen_at"`
	ExpiresAt instant `gorm:"column:expires_at"`
	IP        string  `gorm:"column:ip"`
	Browser   string  `gorm:"column:browser"`
}

// TableName names the table.
func (sessionRow) TableName() string { return "sessions" }

// tokenRow is a row of tokens.
type tokenRow struct {
	ID         int64                 `gorm:"primaryKey;autoIncrement:false;column:id"`
	Hash       digest                `gorm:"column:hash"`
	Name       string                `gorm:"column:name"`
	AgentID    int64                 `gorm:"column:agent_id"`
	System     bool                  `gorm:"column:system"`
	Rights     list[ticketing.Right] `gorm:"column:rights"`
	CreatedAt  instant               `gorm:"column:created_at;autoCreateTime:false"`
	ExpiresAt  instant               `gorm:"column:expires_at"`
	RevokedAt  instant               `gorm:"column:revoked_at"`
	LastUsedAt instant               `gorm:"column:last_used_at"`
}

// TableName names the table.
func (tokenRow) TableName() string { return "tokens" }

// passRow is a row of passes.
type passRow struct {
	Hash      digest  `gorm:"primaryKey;column:hash"`
	Purpose   string  `gorm:"column:purpose"`
	AgentID   int64   `gorm:"column:agent_id"`
	ExpiresAt instant `gorm:"column:expires_at"`
	UsedAt    instant `gorm:"column:used_at"`
}

// TableName names the table.
func (passRow) TableName() string { return "passes" }
