package storage

import (
	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// savedViewRow is a row of saved_views.
type savedViewRow struct {
	ID           int64                        `gorm:"primaryKey;autoIncrement:false;column:id"`
	OwnerID      int64                        `gorm:"column:owner_id"`
	Shared       bool                         `gorm:"column:shared"`
	Departments  list[ticketing.DepartmentID] `gorm:"column:departments"`
	Name         string                       `gorm:"column:name"`
	Place        int64                        `gorm:"column:place"`
	List         string                       `gorm:"column:list"`
	DepartmentID int64                        `gorm:"column:department_id"`
	CategoryID   int64                        `gorm:"column:category_id"`
	DistrictID   int64                        `gorm:"column:district_id"`
	Channel      string                       `gorm:"column:channel"`
	Priority     string                       `gorm:"column:priority"`
	AssigneeID   int64                        `gorm:"column:assignee_id"`
	Tag          string                       `gorm:"column:tag"`
	Sort         string                       `gorm:"column:sort"`
	Falling      bool                         `gorm:"column:falling"`
	Version      int64                        `gorm:"column:version"`
}

// TableName names the table.
func (savedViewRow) TableName() string { return "saved_views" }

func savedViewRowOf(v *ticketing.SavedView) savedViewRow {
	f := &v.Filter
	return savedViewRow{
		ID: int64(v.ID), OwnerID: int64(v.Owner), Shared: v.Shared, Departments: v.Departments, Name: clean(v.Name), Place: int64(v.Place),
		List: clean(string(f.List)), DepartmentID: int64(f.Department), CategoryID: int64(f.Category), DistrictID: int64(f.District),
		Channel: clean(string(f.Channel)), Priority: clean(f.Priority), AssigneeID: int64(f.Assignee), Tag: clean(f.Tag), Sort: clean(string(f.Sort)),
		Falling: f.Desc, Version: v.Version,
	}
}

func (r *savedViewRow) view() ticketing.SavedView {
	return ticketing.SavedView{
		ID: ticketing.ViewID(r.ID), Owner: ticketing.AgentID(r.OwnerID), Shared: r.Shared, Departments: r.Departments, Name: r.Name, Place: int(r.Place),
		Filter: ticketing.ViewFilter{
			List: ticketing.ListName(r.List), Department: ticketing.DepartmentID(r.DepartmentID), Category: ticketing.CategoryID(r.CategoryID),
			District: ticketing.DistrictID(r.DistrictID), Channel: ticketing.Channel(r.Channel), Priority: r.Priority,
			Assignee: ticketing.AgentID(r.AssigneeID), Tag: r.Tag, Sort: ticketing.Sort(r.Sort), Desc: r.Falling,
		},
		Version: r.Version,
	}
}

// templateRow is a row of templates.
type templateRow struct {
	ID           int64                        `gorm:"primaryKey;autoIncrement:false;column:id"`
	Name         string                       `gorm:"column:name"`
	DepartmentID int64                        `gorm:"column:department_id"`
	Texts        dictionary[lang.Tag, string] `gorm:"column:texts"`
	Disabled     bool                         `gorm:"column:disabled"`
	Version      int64                        `gorm:"column:version"`
}

// TableName names the table.
func (templateRow) TableName() string { return "templates" }

func (r *templateRow) template() ticketing.Template {
	return ticketing.Template{
		ID: ticketing.TemplateID(r.ID), Name: r.Name, Department: ticketing.DepartmentID(r.DepartmentID), Texts: r.Texts, Disabled: r.Disabled,
		Version: r.Version,
	}
}

// questionRow is a row of questions.
type questionRow struct {
	DepartmentID int64 `gorm:"primaryKey;autoIncrement:false;column:department_id"`
	TicketID     int64 `gorm:"primaryKey;autoIncrement:false;column:ticket_id"`
}

// TableName names the table.
func (questionRow) TableName() string { return "questions" }
