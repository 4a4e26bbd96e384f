package ticketingtest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/calendar"
	"github.com/sistem48/system48/ticketing/lang"
)

// Zone is the zone of the test city.
func Zone() *time.Location {
	zone, err := calendar.LoadZone("Europe/Podgorica")
	if err != nil {
		panic(err) // the zone database is embedded
	}
	return zone
}

// A City is who works in the test city and for what. All rows are as stored.
type City struct {
	Bureau, Lighting, Roads, Cleaning, Water ticketing.Department

	// Other is the default category, in the bureau's custody; WaterBurst has a
	// crew on call; Streetlight wants an answer as proof, Pothole a photo.
	Other, Streetlight, Pothole, Waste, WaterBurst ticketing.Category

	Ana, Boris   ticketing.Agent // call-centre agents: see everything
	Oskar, Olga  ticketing.Agent // officers of Lighting and of Roads
	Hana         ticketing.Agent // head of Lighting and Roads
	Adam         ticketing.Agent // admin
	Aida         ticketing.Agent // auditor
	Former       ticketing.Agent // disabled officer of Lighting
	PasswordHash string          // of all of them; of no real password
}

// passwordHash has the form of a hash of argon2id; nothing verifies against it.
const passwordHash = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// Settle writes departments, promises, categories and staff into an empty
// store, in one transaction, and gives them back. The default promise is the
// named profile, "24x7" when it is "".
func Settle(ctx context.Context, s ticketing.Store, at time.Time, profile string) (*City, error) {
	if profile == "" {
		profile = "24x7"
	}
	var c *City
	err := s.InTx(ctx, func(tx ticketing.Tx) error {
		c = &City{PasswordHash: passwordHash}
		if err := ticketing.EnterRules(ctx, tx, Profiles(), Calendars(), profile, at); err != nil {
			return err
		}
		if err := c.saveDepartments(ctx, tx); err != nil {
			return err
		}
		if err := c.saveCategories(ctx, tx); err != nil {
			return err
		}
		return c.saveAgents(ctx, tx, at)
	})
	if err != nil {
		return nil, fmt.Errorf("settle the test city: %w", err)
	}
	return c, nil
}

// NewCity is Settle for tests.
func NewCity(t testing.TB, s ticketing.Store, at time.Time, profile string) *City {
	t.Helper()
	c, err := Settle(context.Background(), s, at, profile)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func names(latin, sq, en string) map[lang.Tag]string {
	return map[lang.Tag]string{lang.SrLatn: latin, lang.Sq: sq, lang.En: en}
}

func (c *City) saveDepartments(ctx context.Context, tx ticketing.Tx) error {
	c.Bureau = ticketing.Department{Code: "bureau", Names: names("Biro Sistem 48", "Zyra Sistemi 48", "System 48 bureau"), Intake: true}
	c.Lighting = ticketing.Department{Code: "lighting", Names: names("Javna rasvjeta", "Ndriçimi publik", "Street lighting"), Email: "rasvjeta@grad.example"}
	c.Roads = ticketing.Department{Code: "roads", Names: names("Putevi", "Rrugët", "Roads"), Email: "putevi@grad.example", Digest: true}
	c.Cleaning = ticketing.Department{Code: "cleaning", Names: names("Čistoća", "Pastërtia", "Cleaning")}
	c.Water = ticketing.Department{Code: "water", Names: names("Vodovod i kanalizacija", "Ujësjellësi", "Waterworks"), Email: "vodovod@grad.example"}
	for _, d := range []*ticketing.Department{&c.Bureau, &c.Lighting, &c.Roads, &c.Cleaning, &c.Water} {
		if err := tx.SaveDepartment(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

func (c *City) saveCategories(ctx context.Context, tx ticketing.Tx) error {
	c.Other = ticketing.Category{Code: "other", Names: names("Ostalo", "Të tjera", "Other"), Department: c.Bureau.ID, ResolveDays: 15, Default: true}
	c.Streetlight = ticketing.Category{Code: "street-light", Names: names("Ulična svjetiljka", "Llambë rruge", "Street light"), Department: c.Lighting.ID, ResolveDays: 4, Proof: ticketing.ProofAnswer}
	c.Pothole = ticketing.Category{Code: "pothole", Names: names("Udarna rupa", "Gropë", "Pothole"), Department: c.Roads.ID, ResolveDays: 7, Proof: ticketing.ProofPhoto}
	c.Waste = ticketing.Category{Code: "waste", Names: names("Otpad", "Mbeturina", "Waste"), Department: c.Cleaning.ID, ResolveDays: 2}
	c.WaterBurst = ticketing.Category{Code: "water-burst", Names: names("Pucanje cijevi", "Çarje tubi", "Burst pipe"), Department: c.Water.ID, OnCall: true}
	for _, k := range []*ticketing.Category{&c.Other, &c.Streetlight, &c.Pothole, &c.Waste, &c.WaterBurst} {
		if err := tx.SaveCategory(ctx, k); err != nil {
			return err
		}
	}
	return nil
}

func (c *City) saveAgents(ctx context.Context, tx ticketing.Tx, at time.Time) error {
	staff := func(a *ticketing.Agent, name string, r ticketing.Role, in ...ticketing.DepartmentID) error {
		*a = ticketing.Agent{
			Email: lang.Fold(name) + "@grad.example", Name: name + " Službenik", Role: r, Departments: in,
			PasswordHash: passwordHash, Language: lang.SrLatn, SingleKeys: true, CreatedAt: at, Disabled: a == &c.Former,
		}
		return tx.SaveAgent(ctx, a)
	}
	for _, save := range []func() error{
		func() error { return staff(&c.Ana, "Ana", ticketing.RoleAgent) },
		func() error { return staff(&c.Boris, "Boris", ticketing.RoleAgent) },
		func() error { return staff(&c.Oskar, "Oskar", ticketing.RoleOfficer, c.Lighting.ID) },
		func() error { return staff(&c.Olga, "Olga", ticketing.RoleOfficer, c.Roads.ID) },
		func() error { return staff(&c.Hana, "Hana", ticketing.RoleHead, c.Lighting.ID, c.Roads.ID) },
		func() error { return staff(&c.Adam, "Adam", ticketing.RoleAdmin) },
		func() error { return staff(&c.Aida, "Aida", ticketing.RoleAuditor) },
		func() error { return staff(&c.Former, "Filip", ticketing.RoleOfficer, c.Lighting.ID) },
	} {
		if err := save(); err != nil {
			return err
		}
	}
	return nil
}

// Profiles are the five promises shipped, in version 1.
func Profiles() []ticketing.Profile {
	const target = 48 * time.Hour
	return []ticketing.Profile{
		{Name: "24x7", Version: 1, Start: ticketing.FromReceipt, Calendar: "24x7", Target: target, WorkCalendar: "working-days"},
		{Name: "barajevo", Version: 1, Start: ticketing.FromReceipt, Calendar: "24x7", Target: target, WorkCalendar: "working-days"},
		{
			Name: "tivat", Version: 1, Start: ticketing.FromValidation, Calendar: "working-days", Target: target,
			ValidationCalendar: "office-hours", ValidationTarget: 8 * time.Hour,
		},
		{
			Name: "podgorica", Version: 1, Start: ticketing.FromReceipt, Calendar: "working-days", Target: target,
			Cutoff: &calendar.Cutoff{Weekdays: []time.Weekday{time.Friday, time.Saturday, time.Sunday}, Holidays: true},
		},
		{Name: "office-hours", Version: 1, Start: ticketing.FromReceipt, Calendar: "office-hours", Target: 16 * time.Hour, WorkCalendar: "working-days"},
	}
}

// Calendars are the calendars the profiles name, in version 1; "24x7" is built
// into every rulebook.
func Calendars() []calendar.Spec {
	holidays, err := calendar.Montenegro(calendar.FirstYear, calendar.LastYear)
	if err != nil {
		panic(err) // the years are the package's own
	}
	return []calendar.Spec{
		{
			Name: "working-days", Version: 1, Zone: "Europe/Podgorica", Holidays: holidays,
			Weekly: calendar.WeekdaysFrom(time.Monday, time.Friday, 0, calendar.EndOfDay),
		},
		{
			Name: "office-hours", Version: 1, Zone: "Europe/Podgorica", Holidays: holidays,
			Weekly: calendar.WeekdaysFrom(time.Monday, time.Friday, 7*60, 15*60),
		},
	}
}

// Rulebook is the shipped promises and calendars, without a store.
func Rulebook(t testing.TB, profile string) *ticketing.Rulebook {
	t.Helper()
	var made []*calendar.Calendar
	for _, spec := range Calendars() {
		c, err := calendar.New(spec)
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, c)
	}
	b, err := ticketing.NewRulebook(Zone(), Profiles(), made, profile)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
