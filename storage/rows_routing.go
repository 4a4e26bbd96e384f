package storage

import "github.com/sistem48/system48/ticketing"

// routingRow is a row of routings.
type routingRow struct {
	Kind    string  `gorm:"primaryKey;column:kind"`
	Version int64   `gorm:"primaryKey;autoIncrement:false;column:version"`
	At      instant `gorm:"column:at"`
	Actor   string  `gorm:"column:actor"`
	Body    string  `gorm:"column:body"`
}

// TableName names the table.
func (routingRow) TableName() string { return "routings" }

func (r *routingRow) version() ticketing.RoutingVersion {
	return ticketing.RoutingVersion{
		Kind: ticketing.RoutingKind(r.Kind), Version: r.Version, At: r.At.orNone(), By: r.Actor, Body: r.Body,
	}
}

// turnRow is a row of turns.
type turnRow struct {
	DepartmentID int64 `gorm:"primaryKey;autoIncrement:false;column:department_id"`
	AgentID      int64 `gorm:"column:agent_id"`
}

// TableName names the table.
func (turnRow) TableName() string { return "turns" }

// absenceRow is a row of absences.
type absenceRow struct {
	ID           int64   `gorm:"primaryKey;autoIncrement:false;column:id"`
	AgentID      int64   `gorm:"column:agent_id"`
	FromAt       instant `gorm:"column:from_at"`
	UntilAt      instant `gorm:"column:until_at"`
	SubstituteID int64   `gorm:"column:substitute_id"`
	HandOver     bool    `gorm:"column:hand_over"`
	BegunAt      instant `gorm:"column:begun_at"`
	Version      int64   `gorm:"column:version"`
}

// TableName names the table.
func (absenceRow) TableName() string { return "absences" }

func (r *absenceRow) absence() ticketing.Absence {
	return ticketing.Absence{
		ID: ticketing.AbsenceID(r.ID), Agent: ticketing.AgentID(r.AgentID), From: r.FromAt.orNone(), Until: r.UntilAt.orNone(),
		Substitute: ticketing.AgentID(r.SubstituteID), HandOver: r.HandOver, BegunAt: r.BegunAt.time(), Version: r.Version,
	}
}
